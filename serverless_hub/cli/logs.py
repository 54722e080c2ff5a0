"""What the service writes to stderr: lines for people, or lines of JSON for programs; without secrets."""

import json
import logging
from datetime import UTC, datetime
from typing import Any

from serverless_hub.routing.redaction import QueryRedaction, redact

__all__ = ["JsonFormatter", "is_no_hurry", "log_to_stderr"]

_FIELDS = ("connection", "hub", "transport", "category", "event", "status", "duration")
"""What records of the service have besides their text; the duration is in seconds."""


class JsonFormatter(logging.Formatter):
    """Makes one line of JSON of a record: `time` (UTC), `level`, `logger`, `message`, and what else is known."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line."""
        said: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": redact(record.getMessage()),
        }
        said |= {name: record.__dict__[name] for name in _FIELDS if name in record.__dict__}
        if record.exc_info:
            said["exception"] = redact(self.formatException(record.exc_info))
        return json.dumps(said, default=str)


def is_no_hurry(record: logging.LogRecord) -> bool:
    """Tell whether a record is anything but uvicorn's traceback of the end that a second Ctrl+C has asked for."""
    return record.name != "uvicorn.error" or not record.getMessage().rstrip().endswith("CancelledError")


def log_to_stderr(level: str, *, as_json: bool = False) -> None:
    """Write what the service has to say, from `level` on, and what goes wrong in uvicorn; at `debug`, requests too."""
    handler = logging.StreamHandler()
    handler.addFilter(QueryRedaction())
    handler.addFilter(is_no_hurry)
    lines = logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s")
    handler.setFormatter(JsonFormatter() if as_json else lines)
    logging.basicConfig(handlers=[handler])
    logging.getLogger("serverless_hub").setLevel(level.upper())
    logging.getLogger("uvicorn").setLevel("INFO" if level == "debug" else "WARNING")
