"""What `serverless-hub dev` has been asked for, as it is handed from process to process."""

import json
from dataclasses import asdict, dataclass

__all__ = ["DevJob"]


@dataclass(frozen=True, slots=True, kw_only=True)
class DevJob:
    """One app, and how to serve it."""

    place: str
    folder: str
    """Where the module is looked for."""
    descriptor: int
    """Of the socket that listens."""
    url: str
    reload: bool
    first: bool
    """Whether nothing has been served before."""
    open: bool
    """Whether the page is to be opened then."""
    access_log: bool
    log_level: str
    as_json: bool
    lifeline: int | None = None
    """Descriptor of a pipe that ends when the process that starts this one does, in whatever way."""

    def to_json(self) -> str:
        """Return it as one argument of a process."""
        return json.dumps(asdict(self))
