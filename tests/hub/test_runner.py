"""How a method is called."""

import asyncio
import logging
import threading
from typing import Any

import anyio.from_thread
import anyio.to_thread
import pytest

from serverless_hub import InvocationContext, ServerlessHub
from serverless_hub.hub.ports import Receivers
from tests.support.clock import settle
from tests.support.hub_bench import Bench
from tests.support.recording import Sent


class Mixed(ServerlessHub):
    async def first(self, context: InvocationContext, text: str, log: logging.Logger, count: int = 5) -> list[Any]:
        return [context is self.context, text, log.name, count]

    async def last(self, text: str, *, log: logging.Logger, context: InvocationContext) -> list[Any]:
        return [context is self.context, text, log.name]

    async def around(self, log: logging.Logger, *texts: str, context: InvocationContext) -> list[Any]:
        return [context is self.context, list(texts), log.name]

    async def only(self, context: InvocationContext) -> str:
        return context.connection_id


LOGGER = f"{__name__}.Mixed"


def test_the_repr_of_a_call_shows_nothing_that_came_with_it() -> None:
    assert repr(Bench(Mixed).message("first", ["secret"])) == "<Call of Mixed.first>"


@pytest.mark.requirement("binding.injected.types")
async def test_injected_parameters_may_stand_among_arguments() -> None:
    assert await Bench(Mixed).result("first", "hi") == [True, "hi", LOGGER, 5]
    assert await Bench(Mixed).result("first", "hi", 6) == [True, "hi", LOGGER, 6]


async def test_they_may_be_keyword_only() -> None:
    assert await Bench(Mixed).result("last", "hi") == [True, "hi", LOGGER]


async def test_they_may_stand_on_both_sides_of_a_starred_parameter() -> None:
    assert await Bench(Mixed).result("around", "a", "b") == [True, ["a", "b"], LOGGER]
    assert await Bench(Mixed).result("around") == [True, [], LOGGER]


@pytest.mark.requirement("binding.injected.types")
async def test_they_do_not_count_as_arguments() -> None:
    assert await Bench(Mixed).result("only") == "c1"
    assert await Bench(Mixed).error("only", "x") == "'only' takes 0 arguments: 1 came"


async def test_the_logger_is_named_after_the_class() -> None:
    class Chat(ServerlessHub):
        async def where(self, log: logging.Logger) -> str:
            return log.name

    name = await Bench(Chat).result("where")
    assert name == f"{__name__}.test_the_logger_is_named_after_the_class.<locals>.Chat"


@pytest.mark.requirement("class-model.instance")
async def test_every_event_has_an_instance_of_its_own() -> None:
    seen: list[ServerlessHub] = []

    class Chat(ServerlessHub):
        async def send(self) -> None:
            seen.append(self)

    bench = Bench(Chat)
    await bench.send("send")
    await bench.send("send")
    assert seen[0] is not seen[1]


async def test_an_ordinary_method_runs_in_a_worker_thread() -> None:
    class Chat(ServerlessHub):
        def work(self) -> bool:
            return threading.current_thread() is threading.main_thread()

        async def wait(self) -> bool:
            return threading.current_thread() is threading.main_thread()

    assert await Bench(Chat).result("work") is False
    assert await Bench(Chat).result("wait") is True


async def test_the_loop_goes_on_while_an_ordinary_method_works() -> None:
    begun, go_on = asyncio.Event(), threading.Event()

    class Chat(ServerlessHub):
        def work(self) -> bool:
            anyio.from_thread.run_sync(begun.set)
            return go_on.wait(10)

    async with asyncio.timeout(10):
        answer = asyncio.create_task(Bench(Chat).result("work"))
        await begun.wait()
        go_on.set()
        assert await answer is True


async def test_an_ordinary_method_can_send_from_its_thread() -> None:
    class Chat(ServerlessHub):
        def work(self, text: str) -> None:
            anyio.from_thread.run(self.clients.all.send, "news", text)

    bench = Bench(Chat)
    assert (await bench.completion("work", "hi")).error is None
    assert bench.sender.sent == [Sent(Receivers("all"), "news", ("hi",))]


async def test_an_ordinary_method_takes_keyword_only_parameters_too() -> None:
    class Chat(ServerlessHub):
        def work(self, text: str, *, context: InvocationContext) -> str:
            return f"{text} {context.connection_id}"

    assert await Bench(Chat).result("work", "hi") == "hi c1"


async def test_what_an_ordinary_method_raises_is_treated_like_anything_else() -> None:
    class Chat(ServerlessHub):
        def work(self) -> None:
            raise StopIteration

    assert (await Bench(Chat).error("work")).startswith("An unexpected error occurred invoking 'work'")


async def test_a_hook_that_the_hub_does_not_have_does_nothing() -> None:
    class Chat(ServerlessHub): ...

    for answer in (await Bench(Chat).connect(), await Bench(Chat).disconnect("gone")):
        assert (answer.status, answer.body, answer.error_code) == (200, b"", None)


@pytest.mark.parametrize("is_async", [True, False])
async def test_hooks_may_be_async_or_ordinary(is_async: bool) -> None:
    seen: list[str] = []

    class Async(ServerlessHub):
        async def on_connected(self) -> None:
            seen.append(self.context.event)

        async def on_disconnected(self, error: str | None) -> None:
            seen.append(f"{self.context.event}: {error}")

    class Ordinary(ServerlessHub):
        def on_connected(self) -> None:
            seen.append(self.context.event)

        def on_disconnected(self, error: str | None) -> None:
            seen.append(f"{self.context.event}: {error}")

    bench = Bench(Async if is_async else Ordinary)
    await bench.connect()
    await bench.disconnect("gone")
    assert seen == ["connected", "disconnected: gone"]


async def test_synchronous_methods_have_a_limited_pool_apart_from_that_of_endpoints() -> None:
    running: list[int] = []
    release = threading.Event()
    full = asyncio.Event()
    loop = asyncio.get_running_loop()

    class Chat(ServerlessHub):
        def block(self) -> None:
            running.append(1)
            if len(running) == 40:
                loop.call_soon_threadsafe(full.set)
            assert release.wait(timeout=10)

    endpoints = anyio.to_thread.current_default_thread_limiter()
    for number in range(int(endpoints.total_tokens)):
        endpoints.acquire_on_behalf_of_nowait(number)  # every thread that endpoints may have is taken
    bench = Bench(Chat)
    calls = [asyncio.create_task(bench.completion("block")) for _ in range(60)]
    try:
        async with asyncio.timeout(10):
            await full.wait()
        await settle()
        assert len(running) == 40
    finally:
        release.set()
        await asyncio.gather(*calls)
        for number in range(int(endpoints.total_tokens)):
            endpoints.release_on_behalf_of(number)
    assert len(running) == 60
