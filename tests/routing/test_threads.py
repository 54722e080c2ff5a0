"""Synchronous methods run in worker threads, beside the event loop and beside each other."""

import asyncio
import threading
from typing import Annotated

import anyio.from_thread
import pytest
from fastapi import Depends

from serverless_hub import EmbeddedService, HubRouter, ServerlessHub
from serverless_hub.protocol.messages import Invocation
from tests.routing.caller import KEY, calling
from tests.support.client import connected

LIMIT = 10.0
"""Seconds that anything may take."""


async def one() -> int:
    return 1


class Threads(ServerlessHub, hub="chat"):
    barrier = threading.Barrier(2)

    def direct(self) -> bool:
        return threading.current_thread() is threading.main_thread()

    def injected(self, *, number: Annotated[int, Depends(one)]) -> bool:
        return number == 1 and threading.current_thread() is threading.main_thread()

    def meet(self) -> int:
        return self.barrier.wait(LIMIT)

    def tell(self, text: str) -> None:
        anyio.from_thread.run(self.clients.caller.send, "told", text)


@pytest.mark.requirement("class-model.threads")
@pytest.mark.parametrize("installed", [True, False], ids=["installed", "included"])
@pytest.mark.parametrize("target", ["direct", "injected"])
async def test_a_synchronous_method_runs_in_a_thread_of_its_own(target: str, *, installed: bool) -> None:
    threads = HubRouter(Threads, default_service=EmbeddedService(access_key=KEY))
    async with calling(threads, installed=installed) as caller:
        assert (await caller.invoke(target)).completion["result"] is False


async def test_two_synchronous_methods_run_at_once() -> None:
    async with calling(HubRouter(Threads, default_service=EmbeddedService(access_key=KEY))) as caller:
        answers = await asyncio.gather(caller.invoke("meet"), caller.invoke("meet"))
        assert {answer.completion["result"] for answer in answers} == {0, 1}


@pytest.mark.requirement("class-model.threads")
async def test_a_synchronous_method_can_send() -> None:
    router = HubRouter(Threads, default_service=EmbeddedService(access_key=KEY))
    async with calling(router) as caller, connected(caller.url) as client:
        await client.send(Invocation("tell", ["hi"]))
        assert await client.call_of("told") == ["hi"]
