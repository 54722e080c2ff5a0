"""How large a REST request may be (Azure docs: `signalr-reference-data-plane-rest-api.md`, troubleshooting guide)."""

import re
from http import HTTPStatus

from serverless_hub.protocol.rest import MAX_BODY_BYTES
from serverless_hub.service.asgi import Receive, Scope, header_of
from serverless_hub.service.rest_answers import RestRefusal, bad_request
from serverless_hub.service.rest_bodies import Body

__all__ = ["MAX_HEADER_BYTES", "MAX_URL_BYTES", "check_head", "read_body"]

MAX_HEADER_BYTES = 16 * 1024
"""Names and values of all headers."""
MAX_URL_BYTES = 12 * 1024
"""Path and query."""
_LENGTH = re.compile(r"[0-9]{1,18}", re.ASCII)


def check_head(scope: Scope) -> None:
    """Check what comes before the body.

    Raises:
        RestRefusal: 414 or 431, it is too large.
    """
    if len(scope.get("raw_path") or scope["path"]) + len(scope["query_string"]) > MAX_URL_BYTES:
        raise bad_request(f"the URL has more than {MAX_URL_BYTES} bytes", HTTPStatus.REQUEST_URI_TOO_LONG)
    if sum(len(name) + len(value) for name, value in scope["headers"]) > MAX_HEADER_BYTES:
        raise bad_request(
            f"the headers have more than {MAX_HEADER_BYTES} bytes", HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE
        )


async def read_body(scope: Scope, receive: Receive) -> Body:
    """Return the whole body.

    Raises:
        RestRefusal: 413 as soon as it is too large, 415 when it is compressed.
        ConnectionError: the caller is gone.
    """
    if (header_of(scope, b"content-encoding") or "identity").lower() != "identity":
        raise bad_request("the body must not be compressed", HTTPStatus.UNSUPPORTED_MEDIA_TYPE)
    if _announced(scope) > MAX_BODY_BYTES:
        raise _too_large()
    data = bytearray()
    more = True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ConnectionError("the caller is gone")
        data += message.get("body", b"")
        if len(data) > MAX_BODY_BYTES:
            raise _too_large()
        more = message.get("more_body", False)
    media_type = (header_of(scope, b"content-type") or "").partition(";")[0].strip().lower()
    return Body(media_type, bytes(data))


def _announced(scope: Scope) -> int:
    """Return the length that the head gives; what is no number is for the server to refuse."""
    length = _LENGTH.fullmatch(header_of(scope, b"content-length") or "")
    return int(length[0]) if length is not None else 0


def _too_large() -> RestRefusal:
    return bad_request(f"the body has more than {MAX_BODY_BYTES} bytes", HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
