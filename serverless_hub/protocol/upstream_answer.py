"""What the app answers to an upstream call, both ends (the table of "The upstream contract" in the documentation)."""

from http import HTTPStatus

import msgspec

from serverless_hub.protocol.codec import JSON, HubProtocol
from serverless_hub.protocol.messages import Completion
from serverless_hub.protocol.upstream import ERROR_HEADER

__all__ = ["UpstreamAnswer", "completion_answer", "read_refusal", "refusal_answer"]

_MAX_REFUSAL_BYTES = 1024
_OK, _METHOD_NOT_ALLOWED = HTTPStatus.OK, HTTPStatus.METHOD_NOT_ALLOWED
"""By name, since Python 3.11 needs half a microsecond to find a member of an enumeration."""


class UpstreamAnswer(msgspec.Struct, frozen=True):
    """An HTTP response."""

    status: HTTPStatus
    body: bytes = b""
    media_type: str = JSON.media_type
    error_code: str | None = None
    """Why the event failed, as one word: never text, which might say more than a client should know."""

    def to_headers(self) -> list[tuple[bytes, bytes]]:
        """Return the headers of the response."""
        headers = [
            (b"content-length", b"%d" % len(self.body)),
            (b"content-type", self.media_type.encode()),
        ]
        if self.status is _METHOD_NOT_ALLOWED:
            headers.append((b"allow", b"POST"))
        if self.error_code is not None:
            headers.append((ERROR_HEADER.lower().encode(), self.error_code.encode()))
        return headers


def completion_answer(completion: Completion, protocol: HubProtocol, error_code: str | None = None) -> UpstreamAnswer:
    """Return the answer to a call that waits for its completion; it goes out with its frame."""
    return UpstreamAnswer(_OK, protocol.encode(completion), protocol.media_type, error_code)


def refusal_answer(text: str, error_code: str) -> UpstreamAnswer:
    """Return the answer to a `connected` event whose client is refused, for the reason `text`."""
    return UpstreamAnswer(HTTPStatus.FORBIDDEN, JSON.encode_value({"error": text}), JSON.media_type, error_code)


class _Refusal(msgspec.Struct):
    error: str


def read_refusal(body: bytes) -> str | None:
    """Return the reason in the body of a refusal; None where there is none, or it is longer than 1 KiB."""
    if len(body) > _MAX_REFUSAL_BYTES:
        return None
    try:
        return msgspec.json.decode(body, type=_Refusal).error or None
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None
