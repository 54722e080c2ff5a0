"""Batches of commands, for those whom a filter takes."""

from collections.abc import AsyncGenerator

import pytest

from serverless_hub.errors import InvalidArgumentError
from serverless_hub.protocol.codec import MESSAGEPACK
from serverless_hub.protocol.commands import CloseConnection, Command, JoinGroup, LeaveGroup, SendMessage
from serverless_hub.service.hub import ServiceHub
from serverless_hub.service.settings import ServiceSettings
from tests.support.clock import ManualClock
from tests.support.service_bench import ServiceBench


@pytest.fixture
async def bench() -> AsyncGenerator[ServiceBench]:
    """Yield a hub with two connections of ann, one of ben, and one of nobody."""
    made = ServiceBench()
    for connection_id, user_id in (("a1", "ann"), ("a2", "ann"), ("b", "ben"), ("n", None)):
        await made.connect(connection_id, user_id)
    yield made
    await made.leave()


async def reached(bench: ServiceBench, text: bytes = b'"news"') -> list[str]:
    """Return who has got a message."""
    return [connection_id for connection_id in bench.lines if text in await bench.heard(connection_id)]


def group(bench: ServiceBench, name: str) -> list[str]:
    return [session.id for session in bench.hub.registry.select("groups", [name])]


async def test_without_a_filter_the_commands_are_for_all(bench: ServiceBench) -> None:
    await bench.connect("m", "max", protocol=MESSAGEPACK)
    bench.hub.execute([SendMessage("news", ["x"])], None)
    assert await reached(bench) == ["a1", "a2", "b", "n"]
    assert (await bench.heard("m")).endswith(b"\xa4news\x91\xa1x\x90")


@pytest.mark.parametrize(
    ("only", "expected"),
    [
        ("userId eq 'ann'", ["a1", "a2"]),
        ("userId eq null", ["n"]),
        ("connectionId in ('a2','b','unknown')", ["a2", "b"]),
        ("'g' in groups", ["a1", "b"]),
        ("'g' in groups and userId ne 'ben'", ["a1"]),
        ("not ('g' in groups)", ["a2", "n"]),
        ("startswith(connectionId, 'a')", ["a1", "a2"]),
        ("userId eq 'nobody'", []),
    ],
)
async def test_a_filter_sees_connection_user_and_groups(bench: ServiceBench, only: str, expected: list[str]) -> None:
    bench.hub.registry.join("a1", "g")
    bench.hub.users.add("ben", "g", None)
    bench.hub.execute([SendMessage("news")], only)
    assert await reached(bench) == expected


@pytest.mark.requirement("service.execute.atomic")
async def test_commands_are_done_in_order_for_those_whom_the_filter_takes_at_first(bench: ServiceBench) -> None:
    bench.hub.registry.join("a1", "old")
    commands: list[Command] = [LeaveGroup("old"), JoinGroup("new"), SendMessage("one"), SendMessage("two")]
    bench.hub.execute(commands, "'old' in groups")
    assert (group(bench, "old"), group(bench, "new")) == ([], ["a1"])
    heard = await bench.heard("a1")
    assert heard.index(b'"one"') < heard.index(b'"two"')
    bench.hub.execute([JoinGroup("brief"), LeaveGroup("brief")], None)
    assert group(bench, "brief") == []


@pytest.mark.requirement("service.execute.atomic")
@pytest.mark.parametrize("reason", ["bye", None])
async def test_a_close_is_the_last_that_a_client_hears_wherever_it_stands(
    bench: ServiceBench, reason: str | None
) -> None:
    commands: list[Command] = [SendMessage("one"), CloseConnection(reason), JoinGroup("g"), SendMessage("two")]
    bench.hub.execute(commands, "userId eq 'ann'")
    for connection_id in ("a1", "a2"):
        heard = await bench.heard(connection_id)
        assert heard.index(b'"one"') < heard.index(b'"two"') < heard.index(b'{"type":7')
        assert heard.endswith(b'{"type":7,"error":"bye","allowReconnect":true}\x1e' if reason else b'ect":true}\x1e')
    assert group(bench, "g") == []
    assert await reached(bench, b'"type":7') == ["a1", "a2"]


@pytest.mark.requirement("service.execute.atomic")
@pytest.mark.parametrize("only", ["", "userId", "userId eq", "drop table"])
async def test_a_filter_that_cannot_be_read_is_an_error_and_nothing_is_done(bench: ServiceBench, only: str) -> None:
    with pytest.raises(InvalidArgumentError, match="the filter cannot be read at character"):
        bench.hub.execute([JoinGroup("g"), CloseConnection()], only)
    assert group(bench, "g") == []
    assert await reached(bench, b'"type":7') == []


@pytest.mark.requirement("service.execute.atomic")
async def test_an_argument_that_cannot_be_sent_is_an_error_and_nothing_is_done(bench: ServiceBench) -> None:
    with pytest.raises(TypeError):
        bench.hub.execute([JoinGroup("g"), SendMessage("news", [object()])], None)
    assert group(bench, "g") == []
    with pytest.raises(TypeError):
        ServiceHub("chat", ManualClock()).execute([SendMessage("news", [object()])], None)


async def test_no_commands_are_no_error(bench: ServiceBench) -> None:
    bench.hub.execute([], None)
    assert await reached(bench, b"type") == []


@pytest.mark.requirement("limits.groups")
async def test_who_is_in_too_many_groups_does_not_join_another_and_everything_else_happens(
    caplog: pytest.LogCaptureFixture,
) -> None:
    bench = ServiceBench(ServiceSettings(max_groups_per_connection=1))
    await bench.connect("a1", "ann")
    bench.hub.registry.join("a1", "old")
    bench.hub.execute([JoinGroup("new"), SendMessage("news", [])], None)
    assert group(bench, "new") == []
    assert await reached(bench) == ["a1"]
    assert "connection a1 of hub chat has not joined a group: the connection is in 1 groups" in caplog.text
    await bench.leave()
