"""Tokens signed with the access key, as a service verifies them."""

from typing import Any

import pytest

from serverless_hub.management.access_key_tokens import AccessKeyTokens
from serverless_hub.management.rest_sender import RestSender
from serverless_hub.protocol.endpoint import Endpoint
from serverless_hub.protocol.tokens import verify_token
from tests.management.wire import KEY, Request, client_of, endpoint_at, listening, wired
from tests.support.clock import ManualClock

URL = "https://name.service.signalr.net/api/hubs/chat/users/a/:send"


def claims_of(token: str, audience: str, now: float = 1_000_000_000.0) -> dict[str, Any]:
    return verify_token(token, [KEY], now=now, is_audience=audience.__eq__)


def token_of(request: Request) -> str:
    scheme, _, token = request.headers["authorization"].partition(" ")
    assert scheme == "Bearer"
    return token


@pytest.mark.requirement("rest-client.audience")
async def test_the_audience_is_the_url_without_its_query() -> None:
    clock = ManualClock()
    async with wired(clock=clock) as (wire, sender):
        await sender.add_user_to_group("A/n", "g", 5)
    audience = f"{wire.url}/api/hubs/chat/users/A%2Fn/groups/g"
    now = 1_000_000_000
    assert claims_of(token_of(wire.requests[0]), audience) == {
        "aud": audience,
        "iat": now,
        "nbf": now,
        "exp": now + 3600,
    }


@pytest.mark.requirement("rest-client.audience")
async def test_behind_a_proxy_the_audience_is_the_service_itself() -> None:
    async with listening() as wire:
        endpoint = Endpoint("https://name.service.signalr.net", KEY, client_url="", server_url=f"{wire.url}/gate")
        async with client_of(endpoint, ManualClock()) as client:
            await RestSender(endpoint, "Chat", client).exists("users", "a")
    [request] = wire.requests
    assert request.path == "/gate/api/hubs/chat/users/a"
    claims_of(token_of(request), "https://name.service.signalr.net/api/hubs/chat/users/a")


@pytest.mark.requirement("rest-client.tokens")
async def test_a_token_is_signed_once_until_shortly_before_its_end() -> None:
    clock = ManualClock()
    tokens = AccessKeyTokens(KEY, clock)
    first = await tokens.get(URL)
    await clock.advance(3299)
    assert await tokens.get(URL) is first
    await clock.advance(1)
    second = await tokens.get(URL)
    assert claims_of(second, URL, clock.now)["exp"] == 1_000_000_000 + 3300 + 3600
    assert await tokens.get(URL) is second
    await tokens.close()


async def test_tokens_for_different_urls_differ_and_those_used_last_are_kept() -> None:
    tokens = AccessKeyTokens(KEY, ManualClock())
    kept, dropped = await tokens.get(URL), await tokens.get(f"{URL}0")
    assert kept != dropped
    for number in range(1, 1023):
        await tokens.get(f"{URL}{number}")
    assert await tokens.get(URL) is kept
    await tokens.get(f"{URL}1023")
    assert await tokens.get(URL) is kept
    assert await tokens.get(f"{URL}0") is not dropped
    assert await tokens.get(f"{URL}0") == dropped


@pytest.mark.requirement("rest-client.tokens")
async def test_sends_do_not_sign_each_time() -> None:
    async with wired(clock=ManualClock()) as (wire, sender):
        for _ in range(3):
            await sender.exists("users", "ann")
    assert len({request.headers["authorization"] for request in wire.requests}) == 1


async def test_the_key_is_not_shown() -> None:
    endpoint = endpoint_at("http://127.0.0.1:1")
    async with client_of(endpoint) as client:
        for thing in (endpoint, client, RestSender(endpoint, "chat", client), AccessKeyTokens(KEY, ManualClock())):
            assert KEY not in f"{thing} {thing!r}"
