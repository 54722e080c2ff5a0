"""What the service says when it has started."""

import json
from dataclasses import dataclass, field
from importlib.metadata import version

from rich.console import Console
from rich.text import Text

from serverless_hub.cli.access_key import DEVELOPMENT_KEY

__all__ = ["StartReport"]

_HIDDEN = "…"


@dataclass(frozen=True, slots=True)
class StartReport:
    """How to reach the service."""

    url: str
    """Where it listens."""
    public_url: str
    """Where others reach it."""
    access_key: str = field(repr=False)
    upstream: str | None
    """Where events go, without secrets."""

    @property
    def connection_string(self) -> str:
        """What an app is told; a secret key is for whoever has chosen it to put in."""
        key = DEVELOPMENT_KEY if self.access_key == DEVELOPMENT_KEY else _HIDDEN
        return f"Endpoint={self.public_url};AccessKey={key};Version=1.0;"

    def to_json(self) -> str:
        """Return one line."""
        said = {"url": self.url, "connectionString": self.connection_string, "upstream": self.upstream}
        return json.dumps(said, ensure_ascii=False)

    def print(self, console: Console) -> None:
        """Write it for people."""
        title = f"serverless-hub {version('serverless-hub')} at {self.url}"
        console.print(Text(title, style="bold green"), soft_wrap=True)
        rows = {
            "connection string": self.connection_string,
            "events go to": self.upstream or "nowhere: say with --upstream where your app is",
        }
        for name, value in rows.items():
            console.print(Text.assemble(f"  {name:<18} ", (value, "bold")), soft_wrap=True)  # in one line, to be copied
        if self.access_key == DEVELOPMENT_KEY:
            warning = "  Everybody knows the access key: only this machine is served."
            console.print(warning, style="yellow", soft_wrap=True)
        console.print("  Ctrl+C ends it.", style="dim", soft_wrap=True)
