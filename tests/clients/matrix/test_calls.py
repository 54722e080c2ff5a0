"""Every client in every way that it has: what it calls, what calls it, and what it answers."""

import asyncio
import json
import math
from datetime import UTC, datetime
from typing import Any

import pytest
from fastapi import FastAPI

from serverless_hub import EmbeddedService
from tests.clients.chat_hub import make_app
from tests.clients.matrix.agent import KEY, ClientError, agent
from tests.clients.matrix.table import Cell, played
from tests.support.server import serving

pytestmark = pytest.mark.node

_VALUES: list[Any] = [
    None, True, False, 0, -1, 2**53 - 1, -(2**53 - 1), 0.1, -2.5, math.ulp(0.0), 1.7976931348623157e308,
    "", "Grüße, 世界 🎉 \U0001d4b3", '\u2028\u2029\n\r\t\x00\x1e\x1f"\\/', [], {}, {"": {}},
    [[], [None, [1.5, {"a": [{"ä": []}]}]]],
]  # fmt: skip
_DAY = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


def _app() -> FastAPI:
    return make_app(EmbeddedService(access_key=KEY))


@pytest.mark.requirement("transports.offered", "completion.invoke", "completion.void", "completion.error.text")
@played("values")
async def test_values_of_all_kinds_and_sizes_go_there_and_back(cell: Cell) -> None:
    async with serving(_app()) as url, agent(cell, url) as client:
        await client.start("ann")
        for value in [*_VALUES, _VALUES]:
            assert json.dumps(await client.invoke("ann", "echo", value)) == json.dumps(value)
        for size in (60 * 1024, 1024 * 1024):
            large = "ä" + "x" * (size - 2)
            assert await client.invoke("ann", "echo", large) == large
        assert await client.invoke("ann", "nothing") is None
        with pytest.raises(ClientError, match=r"Not today\.$"):
            await client.invoke("ann", "refuse")
        with pytest.raises(ClientError, match="status code 404"):
            await client.invoke("ann", "missing")


@pytest.mark.requirement("binding.bytes")
@played("values")
async def test_bytes_and_dates_go_there_and_back_in_the_form_of_the_protocol(cell: Cell) -> None:
    is_binary = cell.protocol == "messagepack"
    async with serving(_app()) as url, agent(cell, url) as client:
        await client.start("ann")
        sent, back = (b"\x00\x7f\x80\xff", b"\xff\x80\x7f\x00") if is_binary else ("AH+A/w==", "/4B/AA==")
        assert await client.invoke("ann", "reversed", sent) == back
        # In JSON a date is text; in MessagePack only the official client writes its own type.
        day = _DAY if cell.client == "javascript" else _DAY.isoformat()
        told = await client.invoke("ann", "echo", day)
        assert (told if isinstance(told, datetime) else datetime.fromisoformat(told)) == _DAY


@played("in flight")
async def test_ten_calls_are_under_way_at_once(cell: Cell) -> None:
    async with serving(_app()) as url, agent(cell, url) as client:
        await client.start("ann")
        results = await asyncio.gather(*(client.invoke("ann", "add", n, n) for n in range(10)))
        assert results == list(range(0, 20, 2))


@pytest.mark.requirement("class-model.clients", "class-model.caller", "class-model.groups")
@played("delivery")
async def test_the_server_calls_everybody_others_groups_users_and_connections(cell: Cell) -> None:
    async with serving(_app()) as url, agent(cell, url) as client:
        for name in ("ann", "ben"):
            await client.start(name)
        ben = await client.invoke("ben", "connectionId")
        for name in ("ann", "ben"):
            await client.invoke(name, "join", "room")
        for method, *arguments in (
            ("tellAll", "all"),
            ("tellOthers", "others"),
            ("tellGroup", "room", "group"),
            ("tellOthersInGroup", "room", "others in group"),
            ("tellUser", "ben", "user"),
            ("tellConnection", ben, "connection"),
        ):
            await client.send("ann", method, *arguments)
        await client.invoke("ann", "leave", "room")
        await client.send("ben", "tellGroup", "room", "after leaving")
        await client.invoke("ben", "tellAll", "last")
        heard = {"ann": ["all", "group", "last"]}
        heard["ben"] = ["all", "others", "group", "others in group", "user", "connection", "after leaving", "last"]
        for name, texts in heard.items():
            assert [await client.next(name, "heard") for _ in texts] == texts


@played("client results")
async def test_a_client_answers_the_server(cell: Cell) -> None:
    async with serving(_app()) as url, agent(cell, url) as client:
        await client.start("ann")
        assert await client.invoke("ann", "ask", "colour") == "green"
        assert "no idea" in await client.invoke("ann", "askInVain", "throw")
        assert "Client didn't provide a result." in await client.invoke("ann", "askInVain", "nothing")
