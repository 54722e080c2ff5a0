"""The official JavaScript client with stateful reconnect, over lines that are cut at random."""

import random
from typing import Any

import pytest
from fastapi import FastAPI

from serverless_hub import EmbeddedService, HubRouter, ServerlessHub, ServiceSettings
from tests.clients import chat_hub
from tests.clients.chat_hub import Chat
from tests.clients.node import both_protocols, play
from tests.support.proxy import proxied
from tests.support.server import serving

pytestmark = pytest.mark.node

_CALLS = 200
_CUTS = 25


class Journal(ServerlessHub, hub="chat", naming="camel"):
    """Writes down what happens to it, and says more than it is asked."""

    happened: list[Any]

    async def on_connected(self) -> None:
        self.happened.append("connected")
        await self.clients.caller.send("welcome", "hello")

    async def on_disconnected(self, error: str | None) -> None:
        self.happened.append(("disconnected", error))

    async def take(self, number: int, padding: str) -> int:
        assert padding
        self.happened.append(number)
        for part in (0, 1):
            await self.clients.caller.send("tick", 2 * number + part)
        return -number

    async def ask(self, number: int) -> int:
        answer: int = await self.clients.caller.invoke("double", number)
        return answer


def make_app(**settings: Any) -> FastAPI:
    app = FastAPI()
    service = EmbeddedService(settings=ServiceSettings(**settings))
    HubRouter(Journal, default_service=service).install(app)
    return app


@pytest.mark.requirement("stateful.once")
@both_protocols
@pytest.mark.parametrize("seed", range(3))
async def test_nothing_is_lost_and_nothing_doubled_over_a_line_that_is_cut_at_random(
    protocol: str, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    happened: list[Any] = []
    monkeypatch.setattr(Journal, "happened", happened, raising=False)
    points = random.Random(seed)  # noqa: S311 - a test that can be repeated
    cuts = (points.randrange(50, 6000) for _ in range(_CUTS))
    app = make_app(stateful_reconnect=True)
    # Compressed, all of it would be hardly longer than a few cuts.
    async with serving(app, ws_per_message_deflate=False) as target, proxied(target, cuts) as proxy:
        (told,) = await play("stateful", proxy.url, protocol, str(_CALLS))
        assert proxy.count > _CUTS // 2
    assert told == {
        "results": [-number for number in range(_CALLS)],
        "ticks": ["hello", *range(2 * _CALLS)],
        "asked": 42,
        "broken": [],
        "same": True,
    }
    assert happened[:-1] == ["connected", *range(_CALLS)]


@both_protocols
async def test_a_close_by_the_server_ends_a_stateful_connection_and_a_drop_does_not(
    protocol: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Chat, "events", events := list[tuple[str, str]]())
    app = FastAPI()
    service = EmbeddedService(settings=ServiceSettings(stateful_reconnect=True))
    HubRouter(Chat, default_service=service).install(app)
    async with serving(app) as target, proxied(target) as proxy:
        monkeypatch.setattr(chat_hub, "drop", proxy.cut)
        told = await play("stateful_ends", proxy.url, protocol)
    assert told == [
        ["closeMe", "another", True],
        ["dropMe", "the same", True],
        ["Server returned an error on close: Come back soon."],
    ]
    kinds, ids = zip(*events, strict=True)
    assert sorted(kinds) == ["connected", "connected", "disconnected", "lost"]
    assert len(set(ids)) == 2


async def test_where_it_is_off_a_client_that_asks_for_it_is_served_without(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Journal, "happened", list[Any](), raising=False)
    async with serving(make_app()) as url:
        (told,) = await play("stateful", url, "json", "20")
    assert told["results"] == [-number for number in range(20)]
