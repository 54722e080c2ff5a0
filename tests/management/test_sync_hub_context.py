"""The context for code that waits: the same calls, without `await`."""

import asyncio
from collections.abc import AsyncGenerator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Protocol

import pytest
import pytest_asyncio
from anyio import to_thread
from fastapi import FastAPI

from serverless_hub import EmbeddedService, HubContext, HubRouter, Negotiation, ServerlessHub, SyncHubContext
from serverless_hub.errors import ClientResultError, ConnectionGoneError, UnauthorizedError
from serverless_hub.hub.ports import GroupMember
from serverless_hub.protocol.commands import CloseConnection
from serverless_hub.protocol.messages import Close, Completion, Invocation
from tests.support.client import connected
from tests.support.server import serving

KEY = "a key of thirty-two characters.."


class ChatClient(Protocol):
    async def receive_message(self, text: str) -> None: ...


class Chat(ServerlessHub[ChatClient]):
    async def who(self) -> str:
        return self.context.connection_id


@pytest_asyncio.fixture
async def url() -> AsyncGenerator[str]:
    app = FastAPI()
    service = EmbeddedService(access_key=KEY)
    HubRouter(Chat, negotiate=lambda: Negotiation(user_id="ann"), default_service=service).install(app)
    async with serving(app) as base:
        yield base


def context_of(url: str, key: str = KEY) -> HubContext[ChatClient]:
    return HubContext.from_connection_string(f"Endpoint={url}/_signalr;AccessKey={key};Version=1.0;", Chat)


@pytest.mark.requirement("hub-context.sync")
async def test_messages_go_out_and_groups_are_managed_without_await(url: str) -> None:
    async with connected(url) as client:
        connection_id = client.result_of(await client.invoke("who"))

        def script() -> list[GroupMember]:
            with SyncHubContext(context_of(url)) as chat:
                chat.clients.all.send("news", 1)
                chat.clients.client(connection_id).send("news", 2)
                chat.clients.user("ann").send("news", 3)
                chat.groups.add(connection_id, "g")
                chat.clients.group("g").send("news", 4)
                chat.user_groups.add("ann", "h", ttl=60)
                assert chat.user_groups.contains("ann", "h")
                assert chat.users.exists("ann")
                assert chat.connections.exists(connection_id)
                assert chat.is_healthy()
                assert [state.online for state in chat.check_endpoints()] == [True]
                assert chat.negotiate(Negotiation(user_id="bob")).url.startswith(url)
                assert chat.generate_token("bob")
                chat.run(chat.context.clients.all.receive_message("typed"))
                return chat.groups.members("g")

        members = await to_thread.run_sync(script)
        assert members == [GroupMember(connection_id, "ann")]
        assert [await client.call_of("news") for _ in range(4)] == [[1], [2], [3], [4]]
        assert await client.call_of("receive_message") == ["typed"]


async def test_a_client_gives_its_result_or_its_error(url: str) -> None:
    async with connected(url) as client:
        connection_id = client.result_of(await client.invoke("who"))

        def script() -> None:
            with SyncHubContext(context_of(url)) as chat:
                one = chat.clients.client(connection_id)
                assert one.invoke("add", 1, 2, returns=int) == 3
                with pytest.raises(ClientResultError):
                    one.invoke("fail")
                with pytest.raises(ConnectionGoneError):
                    chat.clients.client("unknown").invoke("add")
                chat.execute(CloseConnection("done"))

        task = asyncio.create_task(to_thread.run_sync(script))
        while not isinstance(message := await client.receive(), Close):
            assert isinstance(message, Invocation)
            assert message.invocation_id is not None
            failed = message.target == "fail"
            answer = Completion(message.invocation_id, error="no") if failed else Completion(message.invocation_id, 3)
            await client.send(answer)
        await task


@pytest.mark.requirement("hub-context.sync")
async def test_many_threads_share_one_context(url: str) -> None:
    async with connected(url) as client:

        def script() -> None:
            with SyncHubContext(context_of(url)) as chat, ThreadPoolExecutor(8) as threads:
                list(threads.map(partial(chat.clients.all.send, "news"), range(40)))

        await to_thread.run_sync(script)
        assert sorted([(await client.call_of("news"))[0] for _ in range(40)]) == list(range(40))


async def test_errors_are_those_of_the_asynchronous_context(url: str) -> None:
    def script() -> None:
        with SyncHubContext(context_of(url, "x" * 32)) as chat:
            chat.clients.all.send("news")

    with pytest.raises(UnauthorizedError):
        await to_thread.run_sync(script)


def test_entering_twice_is_refused_and_leaves_the_first_as_it_is() -> None:
    with SyncHubContext(context_of("http://localhost:1")) as chat:
        with pytest.raises(RuntimeError, match="entered already"), chat:
            pass
        assert not chat.is_healthy()


def test_a_call_outside_of_the_with_statement_says_what_to_do() -> None:
    chat = SyncHubContext(context_of("http://localhost:1"))
    with pytest.raises(RuntimeError, match="with SyncHubContext"):
        chat.clients.all.send("news")
    with chat:
        pass
    with pytest.raises(RuntimeError, match="with SyncHubContext"):
        chat.users.exists("ann")
