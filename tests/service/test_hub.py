from typing import Any

import pytest

from serverless_hub.protocol.codec import JSON, MESSAGEPACK, HubProtocol
from serverless_hub.protocol.messages import Completion, StreamItem
from serverless_hub.protocol.rest import MemberKind
from serverless_hub.service.hub import ServiceHub
from tests.support.clock import ManualClock
from tests.support.service_bench import ServiceBench


@pytest.mark.requirement("msgpack-protocol.both")
async def test_each_receiver_gets_the_message_in_its_own_protocol() -> None:
    bench = ServiceBench()
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
    bench = ServiceBench()
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


@pytest.mark.requirement("msgpack-protocol.both")
async def test_what_one_of_the_protocols_cannot_say_is_sent_to_nobody() -> None:
    bench = ServiceBench()
    await bench.connect("m", protocol=MESSAGEPACK)
    await bench.connect("j")
    only_in_messagepack = {(1, 2): 3}
    with pytest.raises(TypeError):
        bench.hub.send("all", (), "news", [only_in_messagepack])
    assert await bench.heard("m") == b""
    assert await bench.heard("j") == b""
    await bench.leave()


async def test_closing_tells_each_client_why_but_for_those_that_are_left_out() -> None:
    bench = ServiceBench()
    for connection_id in ("a", "b", "c"):
        await bench.connect(connection_id, "ann")
    bench.hub.close("users", ["ann", "unknown"], "bye", excluded=["b"])
    farewell = b'{"type":7,"error":"bye","allowReconnect":true}\x1e'
    assert [await bench.heard(connection_id) for connection_id in ("a", "b", "c")] == [farewell, b"", farewell]
    await bench.leave()


async def test_closing_whoever_is_not_there_is_no_error() -> None:
    ServiceHub("chat", ManualClock()).close("connections", ["unknown"], "bye")


async def test_what_has_an_open_connection_exists() -> None:
    bench = ServiceBench()
    await bench.connect("a", "ann")
    bench.hub.registry.join("a", "g")
    there: list[tuple[MemberKind, str]] = [("connections", "a"), ("users", "ann"), ("groups", "g")]
    assert all(bench.hub.exists(kind, name) for kind, name in there)
    assert not any(bench.hub.exists(kind, "unknown") for kind, _ in there)
    await bench.leave()
    assert not any(bench.hub.exists(kind, name) for kind, name in there)


async def test_the_members_of_a_group_come_in_pages() -> None:
    bench = ServiceBench()
    for connection_id in ("c", "a", "b"):
        await bench.connect(connection_id, "ann")
        bench.hub.registry.join(connection_id, "g")
    first, continuation = bench.hub.members("g", 2, None)
    second, end = bench.hub.members("g", 2, continuation)
    assert [(session.id, session.user_id) for session in first] == [("a", "ann"), ("b", "ann")]
    assert [session.id for session in second] == ["c"]
    assert end is None
    assert bench.hub.members("unknown", 2, None) == ([], None)
    await bench.leave()


both_protocols = pytest.mark.parametrize("protocol", [JSON, MESSAGEPACK], ids=lambda protocol: protocol.name)


@pytest.mark.requirement("service.streams")
@both_protocols
async def test_a_stream_is_items_and_then_an_end(protocol: HubProtocol) -> None:
    bench = ServiceBench()
    await bench.connect("a", protocol=protocol)
    await bench.connect("b", protocol=protocol)
    assert bench.hub.send_stream_item("a", "s1", [1], completed=False)
    bench.hub.send_stream_item("a", "s1", "last", completed=True)
    bench.hub.complete_stream("a", "s2", "it broke")
    bench.hub.complete_stream("a", "s3", None)
    messages = [protocol.decode(payload) for payload in protocol.splitter(1000).feed(await bench.heard("a"))]
    items = [(m.invocation_id, protocol.decode_value(m.item)) for m in messages if isinstance(m, StreamItem)]
    assert items == [("s1", [1]), ("s1", "last")]
    assert messages[2:] == [Completion("s1"), Completion("s2", error="it broke"), Completion("s3")]
    assert await bench.heard("b") == b""
    await bench.leave()


async def test_a_stream_to_nobody_is_no_error_but_an_item_that_cannot_be_sent_is() -> None:
    hub = ServiceHub("chat", ManualClock())
    assert not hub.send_stream_item("unknown", "s", 1, completed=True)
    hub.complete_stream("unknown", "s", None)
    with pytest.raises(TypeError):
        hub.send_stream_item("unknown", "s", object(), completed=True)
