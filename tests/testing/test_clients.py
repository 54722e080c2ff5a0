"""Clients of `HubTestClient`: what they do, over every transport and protocol."""

import asyncio
from collections.abc import Callable
from typing import Literal

import pytest

from serverless_hub import HubException
from serverless_hub.testing import Closed, ExpectationError, HubTestClient
from serverless_hub.testing.clock import settle
from serverless_hub.testing.lines import Transport
from tests.testing.apps import Chat, Message, chat_app

Protocol = Literal["json", "messagepack"]

each_way = pytest.mark.parametrize(
    ("transport", "protocol"),
    [
        ("websockets", "json"),
        ("websockets", "messagepack"),
        ("sse", "json"),
        ("long-polling", "json"),
        ("long-polling", "messagepack"),
    ],
)
each_transport = pytest.mark.parametrize("transport", ["websockets", "sse", "long-polling"])


@pytest.mark.requirement("testing.clients")
@each_way
async def test_two_clients_talk(transport: Transport, protocol: Protocol) -> None:
    async with HubTestClient(chat_app(), Chat) as hub:
        ann = await hub.connect(user_id="ann", transport=transport, protocol=protocol)
        ben = await hub.connect(user_id="ben", transport=transport, protocol=protocol)
        assert await ann.invoke("say", Message(text="hi"), returns=int) == 2
        assert await ben.receive("said") == ["ann", {"text": "hi"}]
        assert await ann.receive("SAID", returns=tuple[str, Message]) == ("ann", Message(text="hi"))
        await ann.send("say", {"text": "a\nb\r\nc"})
        assert await ben.receive("said", returns=tuple[str, Message]) == ("ann", Message(text="a\nb\r\nc"))
        assert await ann.invoke("echo", b"\x00\x1e", returns=bytes) == b"\x00\x1e"
        await ann.close()
        await ann.close()
        assert ann.closed == Closed("client")
        assert await ben.receive("left") == ["ann", None]
        await ben.invoke("closeMe")
        assert await ben.until_closed() == Closed("service", "enough", allow_reconnect=True)


@each_transport
async def test_a_line_can_be_lost(transport: Transport) -> None:
    async with HubTestClient(chat_app(), Chat) as hub:
        ben = await hub.connect(user_id="ben")
        ann = await hub.connect(user_id="ann", transport=transport)
        await ann.close(lost=True)
        await hub.clock.advance(20)  # Who polls is taken to be gone when it stays away.
        who, error = await ben.receive("left")
        assert (who, error is not None) == ("ann", True)


@each_transport
async def test_a_call_of_a_client_is_answered_by_its_handler(transport: Transport) -> None:
    async with HubTestClient(chat_app(), Chat) as hub:
        ann = await hub.connect(transport=transport, handlers={"question": str.upper})
        assert await ann.invoke("ask", "why") == "WHY"

        async def answer(question: str) -> str:
            return f"{question}? because"

        ann.on("Question", answer)
        assert await ann.invoke("ask", "why") == "why? because"


async def test_a_handler_fails_as_a_client_does() -> None:
    async with HubTestClient(chat_app(detailed_errors=True), Chat) as hub:
        ann = await hub.connect()
        with pytest.raises(HubException, match="Client didn't provide a result"):
            await ann.invoke("ask", "why")
        ann.on("question", {"how": "so"}.__getitem__)
        with pytest.raises(HubException, match="why"):
            await ann.invoke("ask", "why")


async def test_a_handler_takes_messages_that_nobody_waits_for() -> None:
    heard: list[object] = []
    async with HubTestClient(chat_app(), Chat) as hub:
        ann = await hub.connect(handlers={"said": lambda *arguments: heard.append(arguments)})
        await ann.invoke("say", {"text": "hi"})
        await ann.expect_nothing()
        assert heard == [(None, {"text": "hi"})]


async def test_what_a_handler_raises_fails_the_test_where_nobody_waits_for_its_answer() -> None:
    def fail(*_: object) -> None:
        raise ZeroDivisionError

    hub = HubTestClient(chat_app(), Chat)
    with pytest.raises(ZeroDivisionError):
        await _say_to(hub, fail)
    assert "said" in str(hub.transcript)


async def _say_to(hub: HubTestClient, handler: Callable[..., None]) -> None:
    async with hub:
        ann = await hub.connect(handlers={"said": handler})
        await ann.invoke("say", {"text": "hi"})
        await ann.expect_nothing()


async def test_errors_are_those_that_a_client_sees() -> None:
    async with HubTestClient(chat_app(), Chat) as hub:
        ann = await hub.connect()
        with pytest.raises(HubException, match=r"^this is a pity$"):
            await ann.invoke("fail", False)
        with pytest.raises(HubException, match=r"^An unexpected error occurred"):
            await ann.invoke("fail", True)
        with pytest.raises(HubException, match="takes 1 argument"):
            await ann.invoke("say")


async def test_a_client_that_the_app_refuses_is_closed_once_connected() -> None:
    async with HubTestClient(chat_app(), Chat) as hub:
        mallory = await hub.connect(user_id="mallory")
        assert await mallory.until_closed() == Closed("service", "not you")
        with pytest.raises(ExpectationError, match="mallory is not connected any more"):
            await mallory.send("say", {"text": "hi"})


async def test_results_of_several_calls_find_their_callers() -> None:
    async with HubTestClient(chat_app()) as hub:
        ann = await hub.connect(protocol="messagepack")
        assert [await ann.invoke("echo", value) for value in (1, None, [2])] == [1, None, [2]]
        assert await ann.invoke("nothing") is None


async def test_a_handler_may_still_run_when_the_connection_or_the_test_ends() -> None:
    started, go_on = asyncio.Event(), asyncio.Event()

    async def slow(_: str) -> str:
        started.set()
        await go_on.wait()
        return "too late"

    async with HubTestClient(chat_app(), Chat) as hub:
        ann = await hub.connect(handlers={"question": slow})
        await ann.send("ask", "why")
        await started.wait()
        await ann.close()
        go_on.set()
        await settle()
        started.clear()
        go_on.clear()
        ben = await hub.connect(handlers={"question": slow})
        await ben.send("ask", "why")
        await started.wait()
    assert "too late" not in str(hub.transcript)


async def test_what_a_handler_returns_and_nobody_can_send_is_an_error_of_the_client() -> None:
    def thing(_: str) -> object:
        return object()

    async with HubTestClient(chat_app(detailed_errors=True), Chat) as hub:
        ann = await hub.connect(handlers={"question": thing})
        with pytest.raises(HubException, match="object"):
            await ann.invoke("ask", "how?")
