from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from serverless_hub.protocol.cors import CorsPolicy
from serverless_hub.service.asgi import Message
from serverless_hub.service.service import SignalRService
from serverless_hub.service.settings import ServiceSettings
from tests.support.client_tokens import client_token
from tests.support.clock import ManualClock

KEY = "an-access-key-of-some-length"


Ask = Callable[..., Awaitable[list[Message]]]


def asker(clock: ManualClock, **settings: Any) -> Ask:
    """Return what sends a POST to `negotiate` or `client` of a service, and returns what it answers."""
    service = SignalRService([KEY], ServiceSettings(**settings), clock, CorsPolicy())
    bearer = f"Bearer {client_token(KEY, now=clock.time(), user_id='ann')}".encode()

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

    return ask


def id_of(negotiated: list[Message]) -> bytes:
    body: bytes = negotiated[1]["body"]
    return body.split(b'"connectionId":"')[1].partition(b'"')[0]


async def test_one_that_posts_and_never_asks_for_a_way_back_keeps_its_place_for_a_while() -> None:
    clock = ManualClock()
    ask = asker(clock, max_pending_per_user=1)
    secret = id_of(await ask("negotiate", b""))
    await clock.advance(4)
    assert (await ask("client", b"&id=" + secret, {"type": "http.request", "body": b"x"}))[0]["status"] == 200
    await clock.advance(4)
    refused = await ask("negotiate", b"")
    assert refused[0]["status"] == 429
    assert (b"retry-after", b"5") in refused[0]["headers"]
    await clock.advance(1)
    assert (await ask("negotiate", b""))[0]["status"] == 200


@pytest.mark.requirement("transports.post.broken")
async def test_a_post_that_breaks_off_before_its_first_byte_does_no_harm() -> None:
    ask = asker(ManualClock())
    secret = id_of(await ask("negotiate", b""))
    await ask("client", b"&id=" + secret, {"type": "http.disconnect"})
    whole: Message = {"type": "http.request", "body": b"x"}
    assert (await ask("client", b"&id=" + secret, whole))[0]["status"] == 200
    half: Message = {"type": "http.request", "body": b"x", "more_body": True}
    await ask("client", b"&id=" + secret, half, {"type": "http.disconnect"})
    assert (await ask("client", b"&id=" + secret, whole))[0]["status"] == 404
