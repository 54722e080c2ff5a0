"""Reading a request's body, up to a limit."""

from http import HTTPStatus

from starlette.requests import ClientDisconnect
from starlette.types import Message, Receive

from serverless_hub.protocol.upstream import UpstreamRefusal

__all__ = ["check_size", "read_body", "replay"]


async def read_body(receive: Receive, limit: int) -> bytes:
    """Return the whole body.

    Raises:
        UpstreamRefusal: 413 as soon as it is larger than `limit` bytes.
        ClientDisconnect: the caller went away.
    """
    body = b""
    more = True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientDisconnect
        body += message.get("body", b"")
        check_size(body, limit)
        more = message.get("more_body", False)
    return body


def check_size(body: bytes, limit: int) -> None:
    """Raise `UpstreamRefusal`, 413, for a body that is larger than `limit` bytes."""
    if len(body) > limit:
        raise UpstreamRefusal(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"the body has more than {limit} bytes")


def replay(body: bytes, receive: Receive) -> Receive:
    """Return a `receive` that gives `body` once more, then goes on."""
    waiting: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def again() -> Message:
        return waiting.pop() if waiting else await receive()

    return again
