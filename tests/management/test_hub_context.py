"""A hub from outside of its methods: by the router in the app's process, and by a connection string over HTTP."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import timedelta
from typing import Annotated, Any, Protocol

import aiohttp
import pytest
import pytest_asyncio
from anyio import to_thread
from fastapi import Depends, FastAPI, Request

from serverless_hub import (
    ConfigurationError,
    EmbeddedService,
    HubContext,
    HubRouter,
    Negotiation,
    ServerlessHub,
    SyncHubContext,
)
from serverless_hub.errors import (
    ClientResultError,
    ConnectionGoneError,
    InvalidArgumentError,
    ServiceTimeoutError,
    UnauthorizedError,
)
from serverless_hub.hub.clients import ClientProxy
from serverless_hub.hub.ports import GroupMember
from serverless_hub.protocol.client_token import is_client_audience
from serverless_hub.protocol.commands import CloseConnection, JoinGroup, LeaveGroup, SendMessage
from serverless_hub.protocol.messages import Close, Completion, Invocation, StreamItem
from serverless_hub.protocol.tokens import unverified_claims
from tests.support.client import Client, connected, negotiate
from tests.support.server import serving

KEY = "a key of thirty-two characters.."


class ChatClient(Protocol):
    async def receive_message(self, text: str) -> None: ...
    async def confirm(self, order: int) -> bool: ...


class Chat(ServerlessHub[ChatClient], naming="camel"):
    async def who(self) -> str:
        return self.context.connection_id


async def named(request: Request) -> Negotiation:
    return Negotiation(user_id=request.headers.get("name"))


def app_with(router: HubRouter) -> FastAPI:
    app = FastAPI()
    router.install(app)
    return app


class Scene:
    """A running app, one way to its hub, and clients."""

    def __init__(self, url: str, hub: HubContext[ChatClient], stack: AsyncExitStack) -> None:
        self.url = url
        self.hub = hub
        self._stack = stack

    async def client(self, name: str = "ann") -> tuple[Client, str]:
        client = await self._stack.enter_async_context(connected(self.url, name=name))
        return client, client.result_of(await client.invoke("who"))


@asynccontextmanager
async def scene_of(way: str) -> AsyncGenerator[Scene]:
    router = HubRouter(Chat, negotiate=named, default_service=EmbeddedService(access_key=KEY))
    async with serving(app_with(router)) as url, AsyncExitStack() as stack:
        await negotiate(url)  # there is an answer when the app has started
        if way == "router":
            hub = router.context(Chat)
        else:
            hub = HubContext.from_connection_string(f"Endpoint={url}/_signalr;AccessKey={KEY};Version=1.0;", Chat)
        async with hub:
            yield Scene(url, hub, stack)


@pytest_asyncio.fixture(params=["router", "connection string"])
async def scene(request: pytest.FixtureRequest) -> AsyncGenerator[Scene]:
    async with scene_of(request.param) as made:
        yield made


async def heard(client: Client) -> list[Any]:
    return await client.call_of("receiveMessage")


@pytest.mark.requirement("hub-context.clients")
async def test_a_message_reaches_everybody_or_everybody_else(scene: Scene) -> None:
    (ann, ann_id), (bob, _) = await scene.client(), await scene.client("bob")
    await scene.hub.clients.all.receive_message("hello")
    await scene.hub.clients.all_except([ann_id]).receive_message("not ann")
    await scene.hub.clients.all.receive_message("bye")
    assert [await heard(ann), await heard(ann)] == [["hello"], ["bye"]]
    assert [await heard(bob), await heard(bob), await heard(bob)] == [["hello"], ["not ann"], ["bye"]]


@pytest.mark.requirement("hub-context.clients")
async def test_a_message_reaches_the_named_connections_groups_and_users(scene: Scene) -> None:
    (ann, ann_id), (bob, bob_id) = await scene.client(), await scene.client("bob")
    clients = scene.hub.clients
    await scene.hub.groups.add(ann_id, "a/b ü")
    await clients.client(ann_id).receive_message("1")
    await clients.clients([ann_id, bob_id]).receive_message("2")
    await clients.user("ann").receive_message("3")
    await clients.users(["ann", "bob"]).receive_message("4")
    await clients.group("a/b ü").receive_message("5")
    await clients.groups(["a/b ü", "nobody"]).receive_message("6")
    await clients.group_except("a/b ü", [ann_id]).receive_message("7")
    await clients.all.receive_message("8")
    assert [(await heard(ann))[0] for _ in range(7)] == ["1", "2", "3", "4", "5", "6", "8"]
    assert [(await heard(bob))[0] for _ in range(3)] == ["2", "4", "8"]


@pytest.mark.requirement("typed-clients.untyped")
async def test_any_target_can_be_sent_to_without_the_protocol(scene: Scene) -> None:
    ann, _ = await scene.client()
    await scene.hub.clients.untyped.all.send("anything", {"a": [1, None]}, b"\x00")
    assert await ann.call_of("anything") == [{"a": [1, None]}, "AA=="]


@pytest.mark.requirement("typed-clients.results")
async def test_a_client_gives_a_result(scene: Scene) -> None:
    ann, ann_id = await scene.client()
    async with answering(ann, Completion("", result=True)):
        assert await scene.hub.clients.client(ann_id).confirm(7) is True


@pytest.mark.requirement("typed-clients.results")
async def test_a_client_gives_an_error(scene: Scene) -> None:
    ann, ann_id = await scene.client()
    async with answering(ann, Completion("", error="no such order")):
        with pytest.raises(ClientResultError, match="no such order"):
            await scene.hub.clients.client(ann_id).confirm(7)


async def test_a_client_that_is_not_there_or_does_not_answer_gives_no_result(scene: Scene) -> None:
    _, ann_id = await scene.client()
    with pytest.raises(ConnectionGoneError):
        await scene.hub.clients.client("unknown").confirm(7)
    with pytest.raises(ServiceTimeoutError):
        await scene.hub.clients.client(ann_id, timeout=0.05).confirm(7)


@asynccontextmanager
async def answering(client: Client, answer: Completion) -> AsyncGenerator[None]:
    """Let `client` answer the next call that it gets."""

    async def answer_one() -> None:
        while not isinstance(message := await client.receive(), Invocation) or message.invocation_id is None:
            pass
        await client.send(Completion(message.invocation_id, result=answer.result, error=answer.error))

    task = asyncio.create_task(answer_one())
    yield
    await task


@pytest.mark.requirement("hub-context.groups")
async def test_connections_join_and_leave_groups(scene: Scene) -> None:
    _, ann_id = await scene.client()
    _, bob_id = await scene.client("bob")
    groups = scene.hub.groups
    await groups.add(ann_id, "g")
    await groups.add(bob_id, "g")
    found = [member async for member in groups.members("g", page_size=1)]
    assert sorted(found, key=str) == sorted([GroupMember(ann_id, "ann"), GroupMember(bob_id, "bob")], key=str)
    await groups.remove(ann_id, "g")
    assert [member.connection_id async for member in groups.members("g")] == [bob_id]
    await groups.remove_from_all(bob_id)
    assert not await groups.exists("g")


@pytest.mark.requirement("hub-context.groups")
async def test_users_join_and_leave_groups_before_they_are_there(scene: Scene) -> None:
    groups = scene.hub.user_groups
    await groups.add("ann", "g", ttl=60)
    await groups.add("ann", "h")
    assert await groups.contains("ann", "g")
    ann, _ = await scene.client()
    await scene.hub.clients.group("g").receive_message("hello")
    assert await heard(ann) == ["hello"]
    await groups.remove("ann", "g")
    assert not await groups.contains("ann", "g")
    await groups.remove_from_all("ann")
    assert not await groups.contains("ann", "h")


@pytest.mark.requirement("hub-context.groups")
async def test_what_exists_is_found(scene: Scene) -> None:
    _, ann_id = await scene.client()
    await scene.hub.groups.add(ann_id, "g")
    assert await scene.hub.connections.exists(ann_id)
    assert await scene.hub.users.exists("ann")
    assert await scene.hub.groups.exists("g")
    assert not await scene.hub.connections.exists("unknown")
    assert not await scene.hub.users.exists("unknown")
    assert not await scene.hub.groups.exists("unknown")


async def closing(client: Client) -> Close:
    while not isinstance(message := await client.receive(), Close):
        pass
    return message


@pytest.mark.requirement("hub-context.close")
async def test_connections_users_groups_and_hubs_are_closed_with_a_reason(scene: Scene) -> None:
    (ann, ann_id), (bob, _) = await scene.client(), await scene.client("bob")
    (cid, cid_id), (dan, _) = await scene.client("cid"), await scene.client("dan")
    await scene.hub.groups.add(cid_id, "g")
    await scene.hub.connections.close(ann_id, "one")
    await scene.hub.users.close("bob", "two")
    await scene.hub.groups.close("g", "three")
    await scene.hub.connections.close_all("four")
    assert [(await closing(client)).error for client in (ann, bob, cid, dan)] == ["one", "two", "three", "four"]


@pytest.mark.requirement("hub-context.close")
async def test_excluded_connections_stay_open(scene: Scene) -> None:
    ann, ann_id = await scene.client()
    await scene.hub.connections.close_all(excluded=[ann_id])
    await scene.hub.users.close("ann", excluded=[ann_id])
    await scene.hub.clients.all.receive_message("still here")
    assert await heard(ann) == ["still here"]


async def test_what_is_not_there_is_managed_without_an_error(scene: Scene) -> None:
    hub = scene.hub
    await hub.groups.add("unknown", "g")
    await hub.groups.remove("unknown", "g")
    await hub.groups.remove_from_all("unknown")
    await hub.connections.close("unknown")
    await hub.users.close("unknown")
    await hub.groups.close("unknown")
    await hub.user_groups.remove("unknown", "g")
    await hub.user_groups.remove_from_all("unknown")
    await hub.clients.clients([]).receive_message("to nobody")
    await hub.streams.complete("unknown", "s")


@pytest.mark.requirement("hub-context.execute")
async def test_a_batch_is_done_for_those_whom_its_filter_takes(scene: Scene) -> None:
    (ann, ann_id), (bob, _) = await scene.client(), await scene.client("bob")
    await scene.hub.execute(JoinGroup("g"), SendMessage("receiveMessage", ["picked"]), only="startswith(userId, 'an')")
    assert await heard(ann) == ["picked"]
    assert [member.connection_id async for member in scene.hub.groups.members("g")] == [ann_id]
    await scene.hub.execute(LeaveGroup("g"), CloseConnection("enough"), only="'g' in groups")
    assert (await closing(ann)).error == "enough"
    assert not await scene.hub.groups.exists("g")
    await scene.hub.execute(CloseConnection())
    assert (await closing(bob)).error is None


async def test_a_filter_that_cannot_be_read_is_an_error_of_the_caller(scene: Scene) -> None:
    with pytest.raises(InvalidArgumentError):
        await scene.hub.execute(CloseConnection(), only="userId equals 'ann'")


@pytest.mark.requirement("hub-context.streams")
async def test_a_stream_reaches_its_client_in_order(scene: Scene) -> None:
    ann, ann_id = await scene.client()

    async def words() -> AsyncIterator[str]:
        yield "one"
        yield "two"

    await scene.hub.streams.send(ann_id, "s1", words())
    first, second, end = [await ann.receive() for _ in range(3)]
    assert isinstance(first, StreamItem)
    assert isinstance(second, StreamItem)
    assert [ann.protocol.decode_value(item.item) for item in (first, second)] == ["one", "two"]
    assert end == Completion("s1")


async def test_the_service_makes_tokens_for_clients(scene: Scene) -> None:
    claims = unverified_claims(await scene.hub.generate_token("ann", lifetime=timedelta(minutes=5)))
    assert claims["exp"] - claims["iat"] == 300
    assert is_client_audience(claims["aud"], "chat")
    assert await scene.hub.generate_token()


async def test_the_embedded_service_gives_no_key_away(scene: Scene) -> None:
    with pytest.raises(UnauthorizedError):
        await scene.hub.access_key()


@pytest.mark.requirement("hub-context.healthy")
async def test_it_says_whether_the_service_is_well(scene: Scene) -> None:
    assert await scene.hub.is_healthy()


@pytest.mark.requirement("hub-context.negotiate")
async def test_a_client_that_was_sent_by_a_script_is_known_to_the_app() -> None:
    """The identity is sealed with the access key, as the app's own negotiate does."""
    async with scene_of("connection string") as scene:
        info = await scene.hub.negotiate(Negotiation(user_id="ann", claims={"role": "admin"}))
        assert info.url == f"{scene.url}/_signalr/client/?hub=chat"
        assert "serverless_hub" in unverified_claims(info.accessToken)


async def test_a_router_without_a_public_url_cannot_send_clients_anywhere() -> None:
    async with scene_of("router") as scene:
        with pytest.raises(ConfigurationError, match="public_url"):
            await scene.hub.negotiate(Negotiation())


@pytest.mark.requirement("endpoints.choose")
async def test_endpoints_are_chosen_by_name_or_url() -> None:
    async with scene_of("connection string") as scene:
        (state,) = scene.hub.endpoints()
        ann, _ = await scene.client()
        await scene.hub.with_endpoints(state.url).clients.all.receive_message("here")
        assert await heard(ann) == ["here"]
        with pytest.raises(InvalidArgumentError, match="is no endpoint"):
            scene.hub.with_endpoints("west")


async def test_what_is_chosen_counts_for_everything() -> None:
    text = "Endpoint={};AccessKey=a key of thirty-two characters..;"
    settings = {"Azure__SignalR__Endpoints__east": text.format("http://localhost:1")}
    settings["Azure__SignalR__Endpoints__west"] = text.format("http://localhost:2")
    with pytest.MonkeyPatch.context() as environment:
        for name, value in settings.items():
            environment.setenv(name, value)
        hub = HubContext.from_settings("chat")
    west = hub.with_endpoints("west").typed(ChatClient)
    assert [state.name for state in hub.endpoints()] == ["east", "west"]
    assert [state.name for state in west.endpoints()] == ["west"]
    assert {(await west.negotiate(Negotiation())).url for _ in range(20)} == {"http://localhost:2/client/?hub=chat"}
    async with west:
        assert not await west.is_healthy()


async def test_the_embedded_service_has_no_endpoints_to_choose_among() -> None:
    async with scene_of("router") as scene:
        assert scene.hub.endpoints() == []
        with pytest.raises(InvalidArgumentError, match="no endpoints"):
            scene.hub.with_endpoints("west")


@pytest.mark.requirement("hub-context.app")
async def test_a_context_stands_in_depends_and_a_test_can_replace_it() -> None:
    router = HubRouter(Chat, default_service=EmbeddedService())
    chat = router.context(Chat)
    assert await chat() is chat
    app = FastAPI()

    @app.post("/news")
    async def news(hub: Annotated[HubContext[ChatClient], Depends(chat)], text: str) -> None:
        await hub.clients.all.receive_message(text)

    router.install(app)
    async with serving(app) as url, connected(url) as ann, aiohttp.ClientSession() as session:
        async with session.post(f"{url}/news", params={"text": "hello"}) as response:
            assert response.status == 200
        assert await heard(ann) == ["hello"]


async def test_a_router_that_does_not_run_says_so() -> None:
    hub = HubRouter(Chat, default_service=EmbeddedService()).context("chat")
    with pytest.raises(ConfigurationError, match="has not been started"):
        await hub.clients.all.send("x")
    with pytest.raises(ConfigurationError, match="has not been started"):
        async with hub:
            pass


async def test_a_wrong_key_is_said_without_the_key() -> None:
    async with scene_of("router") as scene:
        text = f"Endpoint={scene.url}/_signalr;AccessKey={'x' * 32};Version=1.0;"
        async with HubContext.from_connection_string(text, "chat") as hub:
            with pytest.raises(UnauthorizedError) as caught:
                await hub.clients.all.send("x")
    assert "x" * 32 not in str(caught.value)


@pytest.mark.requirement("hub-context.script")
async def test_a_context_that_was_not_entered_cannot_send() -> None:
    text = f"Endpoint=http://localhost:1;AccessKey={KEY};Version=1.0;"
    with pytest.raises(RuntimeError, match="async with HubContext"):
        await HubContext.from_connection_string(text, "chat").clients.all.send("x")


async def test_a_context_that_is_entered_twice_works_until_the_outer_end() -> None:
    async with scene_of("connection string") as scene:
        async with scene.hub as inner:
            await inner.clients.all.receive_message("to nobody")
        await scene.hub.clients.all.receive_message("still to nobody")


async def test_nobody_is_told_that_a_service_is_unwell_when_nobody_asked_it() -> None:
    text = f"Endpoint=http://localhost:1;AccessKey={KEY};Version=1.0;"
    with pytest.raises(RuntimeError, match="async with HubContext"):
        await HubContext.from_connection_string(text, "chat").is_healthy()


async def test_a_batch_takes_commands_and_at_least_one() -> None:
    async with scene_of("router") as scene:
        with pytest.raises(ValueError, match="has no command"):
            await scene.hub.execute()
        with pytest.raises(TypeError, match=r"from serverless_hub\.management"):
            await scene.hub.execute("JoinGroup")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType] - as untyped code may


async def test_a_routers_context_works_with_a_service_elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    async with scene_of("router") as scene:
        ann, _ = await scene.client()
        monkeypatch.setenv("AzureSignalRConnectionString", f"Endpoint={scene.url}/_signalr;AccessKey={KEY};")
        router = HubRouter(Chat)
        async with serving(app_with(router)) as url:
            await negotiate(url)
            hub = router.context(Chat)
            await hub.clients.all.receive_message("hello")
            assert await heard(ann) == ["hello"]
            assert [state.url for state in hub.endpoints()] == [f"{scene.url}/_signalr"]
            assert await hub.is_healthy()
            with pytest.raises(UnauthorizedError):
                await hub.access_key()


@pytest.mark.parametrize("only", ["", "  "])
async def test_a_blank_filter_does_not_mean_everybody(scene: Scene, only: str) -> None:
    ann, _ = await scene.client()
    with pytest.raises(ValueError, match="leave it out to mean every connection"):
        await scene.hub.execute(CloseConnection(), only=only)
    await scene.hub.clients.all.receive_message("still here")
    assert await heard(ann) == ["still here"]


async def test_a_blank_user_gets_no_token(scene: Scene) -> None:
    with pytest.raises(ValueError, match="a user id has at least one character"):
        await scene.hub.generate_token("")


async def test_a_stream_to_nobody_ends(scene: Scene) -> None:
    async def ticks() -> AsyncIterator[int]:
        while True:
            yield 1

    with pytest.raises(ConnectionGoneError):
        await scene.hub.streams.send("unknown", "s", ticks())


async def test_a_routers_context_refuses_another_event_loop() -> None:
    async with scene_of("router") as scene:

        def script() -> None:
            with SyncHubContext(scene.hub):
                raise AssertionError("it has to refuse")

        with pytest.raises(RuntimeError, match=r"anyio\.from_thread"):
            await to_thread.run_sync(script)


@pytest.mark.requirement("hub-context.application")
async def test_an_application_stands_before_the_hub() -> None:
    router = HubRouter(Chat, application="shop", default_service=EmbeddedService(access_key=KEY))
    async with serving(app_with(router)) as url, connected(url) as ann:
        text = f"Endpoint={url}/_signalr;AccessKey={KEY};Version=1.0;"
        async with HubContext.from_connection_string(text, "Chat", application="shop") as hub:
            await hub.clients.all.send("receiveMessage", "hello")
        assert await heard(ann) == ["hello"]


@pytest.mark.parametrize(("hub", "application"), [("", None), ("1chat", None), ("chat", "a b")])
def test_a_name_that_no_service_takes_is_refused(hub: str, application: str | None) -> None:
    text = f"Endpoint=http://localhost;AccessKey={KEY};Version=1.0;"
    with pytest.raises(ConfigurationError, match="must begin with an ASCII letter"):
        HubContext.from_connection_string(text, hub, application=application)


@pytest.mark.requirement("typed-clients.untyped")
async def test_a_context_of_a_name_gets_typed_clients_afterwards() -> None:
    async with scene_of("router") as scene:
        ann, _ = await scene.client()
        text = f"Endpoint={scene.url}/_signalr;AccessKey={KEY};Version=1.0;"
        untyped: HubContext[ClientProxy] = HubContext.from_connection_string(text, "chat")
        async with untyped.typed(ChatClient, naming="camel") as hub:
            await hub.clients.all.receive_message("hello")
        assert await heard(ann) == ["hello"]


@pytest.mark.requirement("hub-context.script")
async def test_a_script_finds_its_service_in_the_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    async with scene_of("router") as scene:
        ann, _ = await scene.client()
        monkeypatch.setenv("Elsewhere", f"Endpoint={scene.url}/_signalr;AccessKey={KEY};Version=1.0;")
        async with HubContext.from_settings(Chat, connection="Elsewhere") as hub:
            await hub.clients.all.receive_message("hello")
        assert await heard(ann) == ["hello"]


def test_a_script_without_its_setting_is_told_which_one_to_set() -> None:
    with pytest.raises(ConfigurationError, match="AzureSignalRConnectionString is not set: set it"):
        HubContext.from_settings("chat")
