import asyncio

from serverless_hub.service.inbound import Inbound
from tests.support.clock import settle


async def test_what_is_put_in_comes_out_in_order_and_then_the_end() -> None:
    inbound = Inbound(10)
    assert await inbound.put(b"a")
    assert await inbound.put(b"b")
    inbound.end("gone")
    assert [await inbound.get() for _ in range(4)] == [b"a", b"b", None, None]
    assert inbound.loss == "gone"


async def test_who_reads_first_waits() -> None:
    inbound = Inbound(10)
    reading = asyncio.create_task(inbound.get())
    await settle()
    await inbound.put(b"a")
    assert await reading == b"a"


async def test_who_brings_too_much_waits_until_there_is_room() -> None:
    inbound = Inbound(10)
    assert await inbound.put(b"x" * 100)
    bringing = asyncio.create_task(inbound.put(b"y"))
    await settle()
    assert not bringing.done()
    await inbound.get()
    assert await bringing
    assert await inbound.get() == b"y"


async def test_nothing_is_taken_after_the_end_and_the_first_end_counts() -> None:
    inbound = Inbound(1)
    await inbound.put(b"x")
    waiting = asyncio.create_task(inbound.put(b"late"))
    await settle()
    inbound.end()
    inbound.end("again")
    assert not await waiting
    assert not await inbound.put(b"later")
    assert inbound.loss is None
