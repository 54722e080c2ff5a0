"""What a stateful client has sent, without a session around it."""

import pytest

from serverless_hub.errors import ProtocolError
from serverless_hub.protocol.messages import (
    Ack,
    CancelInvocation,
    Close,
    Completion,
    HubMessage,
    Invocation,
    Ping,
    Sequence,
    StreamInvocation,
    StreamItem,
)
from serverless_hub.service.received import ACK_BYTES, ACK_INTERVAL, Received
from tests.support.clock import ManualClock

NUMBERED = (Invocation("a"), StreamItem("s", 1), Completion("1"), StreamInvocation("a", "1"), CancelInvocation("1"))
OTHERS = (Ping(), Close(), Ack(0), Sequence(1))


class Bench:
    def __init__(self) -> None:
        self.clock = ManualClock()
        self.acknowledged: list[int] = []
        self.received = Received(self.clock, self.acknowledged.append)

    def take(self, message: HubMessage, size: int = 10) -> bool:
        """Let a message come; return whether it counts."""
        admitted = self.received.admits(message)
        if admitted:
            self.received.took(message, size)
        return admitted


async def test_messages_are_acknowledged_together_after_a_second_and_only_if_there_are_any() -> None:
    bench = Bench()
    for message in (*NUMBERED, *OTHERS):
        assert bench.take(message)
    await bench.clock.advance(ACK_INTERVAL - 0.1)
    assert bench.acknowledged == []
    await bench.clock.advance(0.1)
    assert bench.acknowledged == [5]
    bench.take(Ping())
    await bench.clock.advance(60)
    assert bench.acknowledged == [5]


async def test_many_bytes_are_acknowledged_at_once() -> None:
    bench = Bench()
    for _ in range(12):
        bench.take(Invocation("a"), ACK_BYTES // 5)
    assert bench.acknowledged == [5, 10]
    await bench.clock.advance(ACK_INTERVAL)
    assert bench.acknowledged == [5, 10, 12]


async def test_what_comes_again_does_not_count_again_and_is_acknowledged_again() -> None:
    bench = Bench()
    for _ in range(3):
        bench.take(Invocation("a"))
    bench.received.stop()
    bench.received.resume()
    assert bench.take(Sequence(2))
    bench.received.count_from(2)
    assert [bench.take(Invocation("a")) for _ in range(3)] == [False, False, True]
    await bench.clock.advance(ACK_INTERVAL)
    assert bench.acknowledged == [4]


@pytest.mark.parametrize("message", [*NUMBERED, Ping(), Close(), Ack(1)], ids=lambda message: type(message).__name__)
async def test_nothing_counts_on_a_new_line_before_the_client_has_said_what_comes_next(message: HubMessage) -> None:
    bench = Bench()
    bench.received.resume()
    assert not bench.take(message)
    assert bench.take(Sequence(1))
    bench.received.count_from(1)
    assert bench.take(message)


async def test_a_message_that_was_admitted_but_not_taken_when_the_line_broke_counts_the_next_time() -> None:
    bench = Bench()
    bench.take(Invocation("a"))
    assert bench.received.admits(Invocation("b"))
    bench.received.resume()
    assert bench.take(Sequence(1))
    bench.received.count_from(1)
    assert [bench.take(Invocation("a")), bench.take(Invocation("b"))] == [False, True]


@pytest.mark.parametrize("number", [0, -1, 3, 1 << 70])
async def test_a_number_that_leaves_a_gap_or_is_none_is_an_error(number: int) -> None:
    bench = Bench()
    bench.take(Invocation("a"))
    with pytest.raises(ProtocolError, match="before its Sequence"):
        bench.received.count_from(number)


async def test_a_client_may_name_any_message_up_to_the_next_even_twice() -> None:
    bench = Bench()
    for _ in range(3):
        bench.take(Invocation("a"))
    bench.received.count_from(1)
    bench.received.count_from(4)
    assert bench.take(Invocation("b"))
