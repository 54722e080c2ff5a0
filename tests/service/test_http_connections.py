from typing import Any

import pytest

from serverless_hub.protocol.cors import CorsPolicy
from serverless_hub.service.asgi import Message
from serverless_hub.service.service import SignalRService
from serverless_hub.service.settings import ServiceSettings
from tests.support.client_tokens import client_token
from tests.support.clock import ManualClock

KEY = "an-access-key-of-some-length"


@pytest.mark.requirement("transports.post.broken")
async def test_a_post_that_breaks_off_before_its_first_byte_does_no_harm() -> None:
    clock = ManualClock()
    service = SignalRService([KEY], ServiceSettings(), clock, CorsPolicy())
    bearer = f"Bearer {client_token(KEY, now=clock.time())}".encode()

    async def ask(path: str, query: bytes, *received: Message) -> list[Message]:
        scope: dict[str, Any] = {"type": "http", "method": "POST", "query_string": b"hub=chat" + query}
        scope["headers"] = [(b"authorization", bearer)]
        messages = iter(received)
        sent: list[Message] = []

        async def receive() -> Message:
            return next(messages)

        async def send(message: Message) -> None:
            sent.append(message)

        await (service.negotiate if path == "negotiate" else service.client)(scope, receive, send)
        return sent

    negotiated = await ask("negotiate", b"")
    secret = negotiated[1]["body"].split(b'"connectionId":"')[1].partition(b'"')[0]
    await ask("client", b"&id=" + secret, {"type": "http.disconnect"})
    whole: Message = {"type": "http.request", "body": b"x"}
    assert (await ask("client", b"&id=" + secret, whole))[0]["status"] == 200
    half: Message = {"type": "http.request", "body": b"x", "more_body": True}
    await ask("client", b"&id=" + secret, half, {"type": "http.disconnect"})
    assert (await ask("client", b"&id=" + secret, whole))[0]["status"] == 404
