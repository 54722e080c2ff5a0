import asyncio
from typing import Any

import pytest

from serverless_hub.protocol.codec import JSON, MESSAGEPACK, HubProtocol
from serverless_hub.service.client import Client
from serverless_hub.service.hub import ServiceHub
from serverless_hub.service.session import Session
from serverless_hub.service.settings import ServiceSettings
from tests.support.clock import ManualClock, settle
from tests.support.line import FakeLine
from tests.support.scripted_app import ScriptedApp


class Bench:
    """A hub and the lines of its connections, by id."""

    def __init__(self) -> None:
        self.clock = ManualClock()
        self.hub = ServiceHub("chat", self.clock)
        self.lines: dict[str, FakeLine] = {}
        self.tasks: list[asyncio.Task[None]] = []

    async def connect(self, connection_id: str, user_id: str | None = None, protocol: HubProtocol = JSON) -> None:
        line = self.lines[connection_id] = FakeLine()
        session = Session(
            Client(connection_id, "chat", user_id), protocol, self.hub.registry, ScriptedApp(),
            keys=["a-key-for-signatures"], settings=ServiceSettings(), clock=self.clock,
        )  # fmt: skip
        self.tasks.append(asyncio.create_task(session.run(line, b"")))
        await settle()

    async def heard(self, connection_id: str) -> bytes:
        """Return what came behind the answer to the handshake."""
        await settle()
        return self.lines[connection_id].heard.partition(b"\x1e")[2]

    async def leave(self) -> None:
        for line in self.lines.values():
            line.leave()
        await asyncio.gather(*self.tasks)


async def test_each_receiver_gets_the_message_in_its_own_protocol() -> None:
    bench = Bench()
    await bench.connect("j1")
    await bench.connect("j2")
    await bench.connect("m", protocol=MESSAGEPACK)
    bench.hub.send("all", (), "news", ["hä", b"\x00"], excluded=["j2"])
    json_text = b'{"type":1,"target":"news","arguments":["h\xc3\xa4","AA=="]}\x1e'
    assert await bench.heard("j1") == json_text
    assert await bench.heard("j2") == b""
    assert (await bench.heard("m")).endswith(b"\x92\xa3h\xc3\xa4\xc4\x01\x00\x90")
    await bench.leave()


async def test_receivers_are_chosen_by_connection_group_and_user() -> None:
    bench = Bench()
    for connection_id, user_id in (("a1", "ann"), ("a2", "ann"), ("b", "ben")):
        await bench.connect(connection_id, user_id)
    bench.hub.registry.join("b", "g")
    bench.hub.send("users", ["ann"], "user", [], excluded=["a2"])
    bench.hub.send("groups", ["g"], "group", [])
    bench.hub.send("connections", ["a2"], "connection", [])
    heard = {connection_id: await bench.heard(connection_id) for connection_id in bench.lines}
    assert {key: value.count(b"\x1e") for key, value in heard.items()} == {"a1": 1, "a2": 1, "b": 1}
    assert b'"user"' in heard["a1"]
    assert b'"connection"' in heard["a2"]
    assert b'"group"' in heard["b"]
    await bench.leave()


@pytest.mark.parametrize("argument", [object(), [{"a": object()}], "\ud800"])
async def test_what_cannot_be_sent_is_an_error_even_when_there_is_nobody(argument: Any) -> None:
    with pytest.raises(TypeError):
        ServiceHub("chat", ManualClock()).send("all", (), "news", [argument])


async def test_what_one_of_the_protocols_cannot_say_is_sent_to_nobody() -> None:
    bench = Bench()
    await bench.connect("m", protocol=MESSAGEPACK)
    await bench.connect("j")
    only_in_messagepack = {(1, 2): 3}
    with pytest.raises(TypeError):
        bench.hub.send("all", (), "news", [only_in_messagepack])
    assert await bench.heard("m") == b""
    assert await bench.heard("j") == b""
    await bench.leave()


async def test_closing_tells_each_client_why_but_for_those_that_are_left_out() -> None:
    bench = Bench()
    for connection_id in ("a", "b", "c"):
        await bench.connect(connection_id, "ann")
    bench.hub.close("users", ["ann", "unknown"], "bye", excluded=["b"])
    farewell = b'{"type":7,"error":"bye","allowReconnect":true}\x1e'
    assert [await bench.heard(connection_id) for connection_id in ("a", "b", "c")] == [farewell, b"", farewell]
    await bench.leave()


async def test_closing_whoever_is_not_there_is_no_error() -> None:
    ServiceHub("chat", ManualClock()).close("connections", ["unknown"], "bye")
