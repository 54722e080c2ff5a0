"""What went over the wire in a test, for people to read when a wait fails."""

import re
from collections import deque
from typing import Any

from serverless_hub.protocol.codec import JSON, HubProtocol
from serverless_hub.protocol.messages import Completion, HubMessage, Invocation, NoResult

__all__ = ["ExpectationError", "Transcript"]

_MOST_LINES = 400
_LONGEST_LINE = 400
_TOKEN = re.compile(r"\beyJ[\w-]+\.[\w-]+\.[\w-]*")
"""A JSON Web Token: its header begins with a brace and a quotation mark, in base64."""


class ExpectationError(AssertionError):
    """What a test waited for did not come, or something came that it did not want; the text ends in the transcript."""


class Transcript:
    """The latest messages of all clients, both ways, and the events that reached the app; without access tokens."""

    def __init__(self) -> None:
        self._lines: deque[str] = deque(maxlen=_MOST_LINES)

    def sent(self, who: str, message: HubMessage, protocol: HubProtocol) -> None:
        """Add what a client sent."""
        self._add(f"{who} -> {_shown(message, protocol)}")

    def received(self, who: str, message: HubMessage, protocol: HubProtocol) -> None:
        """Add what a client received."""
        self._add(f"{who} <- {_shown(message, protocol)}")

    def note(self, who: str, text: str) -> None:
        """Add what is no message."""
        self._add(f"{who} -- {text}")

    def __str__(self) -> str:
        return "\n".join(f"  {line}" for line in self._lines) or "  (nothing)"

    def failure(self, text: str) -> ExpectationError:
        """Return an error that says `text` and what has happened so far."""
        return ExpectationError(f"{text}\nWhat went over the wire (-> sent by a client, <- received by it):\n{self}")

    def _add(self, line: str) -> None:
        line = _TOKEN.sub("<token>", line)
        self._lines.append(line if len(line) <= _LONGEST_LINE else f"{line[:_LONGEST_LINE]}...")


def _shown(message: HubMessage, protocol: HubProtocol) -> str:
    """Return a message as its JSON, whatever the client speaks."""
    parts: list[Any] = [type(message).__name__]
    match message:
        case Invocation():
            parts += [message.target, _value(message.arguments, protocol)]
        case Completion() if message.error is not None:
            parts += ["error", repr(message.error)]
        case Completion():
            parts.append(
                "without a result" if isinstance(message.result, NoResult) else _value(message.result, protocol)
            )
        case _:
            return repr(message)
    if message.invocation_id is not None:
        parts.append(f"(id {message.invocation_id})")
    return " ".join(parts)


def _value(value: Any, protocol: HubProtocol) -> str:
    """Return a value as JSON; `value` may be encoded in `protocol` already."""
    plain = protocol.decode_value(protocol.encode_value(value))
    return JSON.encode_value(plain).decode()
