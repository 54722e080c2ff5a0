import asyncio
from collections.abc import Callable

import pytest

from serverless_hub.service.flusher import Flusher
from tests.support.clock import settle


class One:
    """Remembers that it was flushed."""

    def __init__(self, name: int, flushed: list[int], then: Callable[[], object] = lambda: None) -> None:
        self._name = name
        self._flushed = flushed
        self._then = then

    def flush(self) -> None:
        self._flushed.append(self._name)
        self._then()


async def test_nothing_is_flushed_before_all_that_runs_now_has_run() -> None:
    flusher, flushed = Flusher(), list[int]()
    for number in range(3):
        flusher.soon(One(number, flushed))
    assert flushed == []
    await asyncio.sleep(0)
    assert flushed == [0, 1, 2]


async def test_many_are_flushed_in_order_and_others_get_their_turn_between() -> None:
    flusher, flushed = Flusher(), list[int]()
    for number in range(1000):
        flusher.soon(One(number, flushed))
    seen: list[int] = []
    while len(flushed) < 1000:
        await asyncio.sleep(0)
        seen.append(len(flushed))
    assert flushed == list(range(1000))
    assert seen == [0, 256, 512, 768, 1000]


async def test_many_are_let_wait_for_what_others_have_for_them_in_the_next_turn() -> None:
    flusher, flushed = Flusher(), list[int]()
    for _ in range(2):
        for number in range(300):
            flusher.soon(One(number, flushed))
        await asyncio.sleep(0)
        assert flushed == []
        flusher.soon(One(300, flushed))
        await settle()
        assert flushed == list(range(301))
        flushed.clear()


async def test_who_asks_while_others_are_flushed_is_flushed_next() -> None:
    flusher, flushed = Flusher(), list[int]()
    flusher.soon(One(1, flushed, lambda: flusher.soon(One(2, flushed))))
    await asyncio.sleep(0)
    assert flushed == [1]
    await asyncio.sleep(0)
    assert flushed == [1, 2]
    flusher.soon(One(3, flushed))
    await settle()
    assert flushed == [1, 2, 3]


@pytest.mark.parametrize("asks", [True, False])
async def test_one_that_fails_does_not_keep_others_from_being_flushed(asks: bool) -> None:
    flusher, flushed = Flusher(), list[int]()

    def fail() -> None:
        if asks:
            flusher.soon(One(9, flushed))
        raise ZeroDivisionError("a bug")

    reported: list[object] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: reported.append(context["exception"]))
    for number in range(3):
        flusher.soon(One(number, flushed, fail if number == 1 else lambda: None))
    await settle()
    assert flushed == ([0, 1, 2, 9] if asks else [0, 1, 2])
    assert [type(error) for error in reported] == [ZeroDivisionError]
