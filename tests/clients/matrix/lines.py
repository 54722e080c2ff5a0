"""How a client in a process of its own is driven: one JSON value per line, commands in, answers and events out.

A command is `{"id", "do", "name", ...}`, its answer `{"id", "result"}` or `{"id", "error"}`; what happens to the
connection `name` is `{"event", "name", "value"}`. Bytes are `{"$bytes": base64}`, dates `{"$date": iso}`.
"""

import json
import sys
from base64 import b64decode, b64encode
from datetime import UTC, datetime
from typing import Any

__all__ = ["pack", "say", "unpack"]


def pack(value: Any) -> Any:
    """Return `value` in JSON's terms."""
    match value:
        case bytes():
            return {"$bytes": b64encode(value).decode()}
        case datetime():
            return {"$date": value.astimezone(UTC).isoformat()}
        case list():
            return [pack(item) for item in value]  # pyright: ignore[reportUnknownVariableType] - its items may be anything
        case dict():
            return {key: pack(item) for key, item in value.items()}  # pyright: ignore[reportUnknownVariableType] - its items may be anything
        case _:
            # The clients in Python have MessagePack's own type for times, whose library tells nobody its types.
            to_datetime = getattr(value, "to_datetime", None)
            return value if to_datetime is None else pack(to_datetime())


def unpack(value: Any) -> Any:
    """Return what `pack` has packed."""
    match value:
        case {"$bytes": str(text)}:
            return b64decode(text)
        case {"$date": str(text)}:
            return datetime.fromisoformat(text)
        case list():
            return [unpack(item) for item in value]  # pyright: ignore[reportUnknownVariableType] - its items may be anything
        case dict():
            return {key: unpack(item) for key, item in value.items()}  # pyright: ignore[reportUnknownVariableType] - its items may be anything
        case _:
            return value


def say(**what: Any) -> None:
    """Write a line, at once."""
    sys.stdout.write(json.dumps(what) + "\n")
    sys.stdout.flush()
