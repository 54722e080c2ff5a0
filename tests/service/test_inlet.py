import pytest

from serverless_hub.errors import ProtocolError
from serverless_hub.protocol.codec import JSON
from serverless_hub.protocol.messages import HubMessage, Invocation
from serverless_hub.service.inlet import Inlet
from tests.support.clock import settle


class Taker:
    """Takes messages while it has room."""

    def __init__(self, room: int) -> None:
        self.room = room
        self.taken: list[str] = []
        self.offers = 0
        self.caught_up = 0
        self.errors: list[ProtocolError] = []
        self.closes_at = ""
        self.inlet = Inlet(JSON, 1000, take=self._take, caught_up=self._count, failed=self.errors.append)

    def _take(self, message: HubMessage, size: int) -> bool:
        assert isinstance(message, Invocation)
        assert size == len(JSON.encode(message)) - 1
        self.offers += 1
        if message.target == self.closes_at:
            self.inlet.close()
        if not self.room:
            return False
        self.room -= 1
        self.taken.append(message.target)
        return True

    def _count(self) -> None:
        self.caught_up += 1


def calls(targets: str) -> bytes:
    return b"".join(JSON.encode(Invocation(target)) for target in targets)


async def test_messages_are_taken_in_order_and_what_there_is_no_room_for_is_offered_again() -> None:
    taker = Taker(room=2)
    taker.inlet.feed(calls("abcd"))
    assert (taker.taken, taker.inlet.busy, taker.caught_up) == (["a", "b"], True, 0)
    taker.room = 1
    taker.inlet.look_again()
    assert (taker.taken, taker.inlet.busy) == (["a", "b", "c"], True)
    taker.room = 5
    taker.inlet.look_again()
    assert (taker.taken, taker.inlet.busy, taker.caught_up) == (["a", "b", "c", "d"], False, 1)


async def test_what_comes_while_something_waits_waits_behind_it_and_is_not_offered() -> None:
    taker = Taker(room=0)
    taker.inlet.feed(calls("ab"))
    taker.inlet.feed(calls("cd"))
    assert taker.offers == 1
    taker.room = 9
    taker.inlet.look_again()
    assert taker.taken == ["a", "b", "c", "d"]
    taker.inlet.look_again()
    assert taker.taken == ["a", "b", "c", "d"]


async def test_no_more_than_64_are_taken_in_a_row() -> None:
    taker = Taker(room=1000)
    taker.inlet.feed(calls("a" * 100))
    assert (len(taker.taken), taker.inlet.busy) == (64, True)
    taker.inlet.feed(calls("b"))
    assert len(taker.taken) == 64
    await settle()
    assert ("".join(taker.taken), taker.inlet.busy, taker.caught_up) == ("a" * 100 + "b", False, 1)


async def test_what_waits_is_offered_no_second_time_after_64_that_were_all_there_was() -> None:
    taker = Taker(room=64)
    taker.inlet.feed(calls("a" * 64))
    assert (taker.inlet.busy, taker.caught_up) == (False, 1)
    taker.inlet.feed(calls("b"))
    await settle()
    assert (taker.offers, taker.inlet.busy, taker.caught_up) == (65, True, 1)


async def test_nothing_is_taken_after_the_end_not_even_what_waited() -> None:
    taker = Taker(room=64)
    taker.inlet.feed(calls("a" * 100))
    taker.inlet.close()
    await settle()
    taker.inlet.feed(calls("b"))
    taker.inlet.look_again()
    assert (len(taker.taken), taker.inlet.busy) == (64, False)


@pytest.mark.parametrize("room", [0, 9])
async def test_a_message_that_ends_it_is_the_last(room: int) -> None:
    taker = Taker(room)
    taker.closes_at = "a"
    taker.inlet.feed(calls("ab"))
    await settle()
    assert (taker.offers, taker.inlet.busy) == (1, False)


@pytest.mark.parametrize("garbage", [b"{}\x1e", b"x" * 2000])
async def test_what_is_no_message_fails_it_once(garbage: bytes) -> None:
    taker = Taker(room=9)
    taker.inlet.feed(calls("a"))
    taker.inlet.feed(garbage)
    taker.inlet.feed(garbage)
    assert taker.taken == ["a"]
    assert len(taker.errors) == 1


async def test_messages_of_unknown_types_are_passed_over() -> None:
    taker = Taker(room=9)
    taker.inlet.feed(b'{"type":99}\x1e' + calls("a"))
    assert taker.taken == ["a"]
