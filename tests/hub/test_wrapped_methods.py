"""Methods inside of decorators: what runs in the event loop, and what in a thread."""

import asyncio
import functools
import threading
from collections.abc import Callable
from typing import Any

import pytest

from serverless_hub import ConnectionRejected, ServerlessHub, hub_method
from tests.support.hub_bench import Bench


def plainly(function: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(function)
    def wrapper(*arguments: Any, **keywords: Any) -> Any:
        return function(*arguments, **keywords)

    return wrapper


def asynchronously(function: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(function)
    async def wrapper(*arguments: Any, **keywords: Any) -> Any:
        return function(*arguments, **keywords)

    return wrapper


class Chat(ServerlessHub):
    @plainly
    @plainly
    async def wrapped(self, number: int) -> list[Any]:
        await asyncio.sleep(0)
        return [number, threading.current_thread() is threading.main_thread()]

    @plainly
    @asynchronously
    def made_async(self, number: int) -> list[Any]:
        return [number, threading.current_thread() is threading.main_thread()]

    @plainly
    def in_a_thread(self, number: int) -> list[Any]:
        return [number, threading.current_thread() is threading.main_thread()]

    @hub_method(cancel_on_disconnect=True)
    @plainly
    async def cancelled(self) -> None: ...

    @plainly
    async def on_connected(self) -> None:
        raise ConnectionRejected("Not today.")


@pytest.mark.parametrize(("target", "in_loop"), [("wrapped", True), ("made_async", True), ("in_a_thread", False)])
async def test_a_wrapper_runs_where_what_it_wraps_belongs(target: str, in_loop: bool) -> None:
    assert await Bench(Chat).result(target, "5") == [5, in_loop]


async def test_a_wrapped_hook_is_awaited_and_can_refuse() -> None:
    assert (await Bench(Chat).connect()).status == 403
