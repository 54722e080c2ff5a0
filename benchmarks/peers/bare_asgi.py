"""The limit: an ASGI app that reads the body and answers with fixed bytes."""

from typing import Any

__all__ = ["app"]

_ANSWER = b'{"type":3,"invocationId":"7","result":10}\x1e'
_HEADERS = [(b"content-type", b"application/json"), (b"content-length", str(len(_ANSWER)).encode())]


async def app(scope: Any, receive: Any, send: Any) -> None:
    if scope["type"] != "http":  # There is no lifespan.
        raise NotImplementedError
    while (await receive()).get("more_body", False):
        pass
    await send({"type": "http.response.start", "status": 200, "headers": _HEADERS})
    await send({"type": "http.response.body", "body": _ANSWER})
