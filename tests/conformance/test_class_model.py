"""Hub classes: names, hooks, instances, and whom they reach."""

from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Annotated, Any, ClassVar

import pytest
from fastapi import FastAPI, Header

from serverless_hub import EmbeddedService, HubDefinitionError, HubRouter, Negotiation, ServerlessHub, hub_method
from serverless_hub.hub.clients import ClientProxy
from serverless_hub.protocol.messages import Close, Invocation
from tests.conformance.upstream import call, posting
from tests.support.client import Client, connected
from tests.support.server import serving


class Base(ServerlessHub):
    async def inherited(self) -> str:
        return "inherited"


class Chat(Base, naming="camel"):
    told: ClassVar[list[Any]] = []

    async def on_connected(self) -> None:
        self.told.append("connected")

    async def on_disconnected(self, error: str | None) -> None:
        self.told.append(error)

    async def send_message(self) -> str:
        return "sent"

    @hub_method("say-it")
    async def say(self) -> str:
        return "said"

    async def _hidden(self) -> None: ...

    @property
    def shown(self) -> str:
        return "never"

    @staticmethod
    def static() -> None: ...

    async def keep(self, value: int) -> list[int]:
        """Return what earlier events left on the instance."""
        before = [*vars(self).get("kept", [])]
        self.kept = [value]
        return before


class Plain(ServerlessHub, hub="plain"):
    async def send_message(self) -> str:
        return "sent"


class Room(ServerlessHub):
    """Does what its caller asks for; everybody hears `mark` at the end of each."""

    async def tell(self, selection: str, *arguments: Any) -> None:
        found: Any = getattr(self.clients, selection)
        receivers: ClientProxy = found(*arguments) if arguments else found
        await receivers.send("heard", selection)
        await self.clients.all.send("mark")

    async def group(self, operation: str, *arguments: str) -> None:
        await getattr(self.groups, operation)(*arguments)

    async def user_group(self, operation: str, *arguments: Any) -> Any:
        return await getattr(self.user_groups, operation)(*arguments)

    async def add_for(self, user: str, group: str, seconds: float) -> None:
        await self.user_groups.add(user, group, ttl=seconds)

    async def me(self) -> str:
        return self.context.connection_id

    async def close(self, connection_id: str) -> list[bool]:
        before = await self.connections.exists(connection_id)
        await self.connections.close(connection_id, "Enough.")
        return [before, await self.connections.exists("nobody")]


async def who(name: Annotated[str, Header()]) -> Negotiation:
    return Negotiation(user_id=name)


@asynccontextmanager
async def room() -> AsyncGenerator[tuple[dict[str, Client], dict[str, str]]]:
    """Yield clients of ann, who is there twice, and of ben, and their connection ids."""
    app = FastAPI()
    HubRouter(Room, negotiate=who, default_service=EmbeddedService()).install(app)
    async with serving(app) as url, AsyncExitStack() as stack:
        users = {"ann": "ann", "ann2": "ann", "ben": "ben"}
        clients = {
            name: await stack.enter_async_context(connected(url, hub="room", name=user)) for name, user in users.items()
        }
        yield clients, {name: client.result_of(await client.invoke("me")) for name, client in clients.items()}


async def hearers(clients: dict[str, Client], selection: str, *arguments: Any) -> str:
    """Let ann's first client tell `selection`, and return who hears it."""
    await clients["ann"].send(Invocation("tell", [selection, *arguments]))
    return " ".join([name for name, client in clients.items() if await hears(client)])


async def hears(client: Client) -> bool:
    """Tell whether the client hears anything before the mark."""
    heard = False
    while True:
        message = await client.receive()
        if isinstance(message, Invocation) and message.target == "mark":
            return heard
        heard |= isinstance(message, Invocation)


@pytest.mark.requirement("class-model.clients")
async def test_messages_reach_whom_the_hub_selects() -> None:
    async with room() as (clients, ids):
        for name, group in (("ann", "g"), ("ann2", "h"), ("ben", "g")):
            await clients["ann"].invoke("group", "add", ids[name], group)
        assert await hearers(clients, "all") == "ann ann2 ben"
        assert await hearers(clients, "all_except", [ids["ann2"]]) == "ann ben"
        assert await hearers(clients, "client", ids["ben"]) == "ben"
        assert await hearers(clients, "clients", [ids["ann"], ids["ben"]]) == "ann ben"
        assert await hearers(clients, "group", "g") == "ann ben"
        assert await hearers(clients, "group_except", "g", [ids["ben"]]) == "ann"
        assert await hearers(clients, "groups", ["g", "h"]) == "ann ann2 ben"
        assert await hearers(clients, "user", "ann") == "ann ann2"
        assert await hearers(clients, "users", ["ben", "nobody"]) == "ben"


@pytest.mark.requirement("class-model.caller")
async def test_a_hub_can_select_by_its_caller() -> None:
    async with room() as (clients, ids):
        for name in ("ann", "ben"):
            await clients["ann"].invoke("group", "add", ids[name], "g")
        assert await hearers(clients, "caller") == "ann"
        assert await hearers(clients, "others") == "ann2 ben"
        assert await hearers(clients, "others_in_group", "g") == "ben"


@pytest.mark.requirement("class-model.groups")
async def test_connections_join_and_leave_groups() -> None:
    async with room() as (clients, ids):
        for group in ("g", "h"):
            for name in ("ann", "ben"):
                await clients["ann"].invoke("group", "add", ids[name], group)
        await clients["ann"].invoke("group", "remove", ids["ben"], "g")
        assert [await hearers(clients, "group", group) for group in ("g", "h")] == ["ann", "ann ben"]
        await clients["ann"].invoke("group", "remove_from_all", ids["ann"])
        assert [await hearers(clients, "group", group) for group in ("g", "h")] == ["", "ben"]


@pytest.mark.requirement("class-model.connections")
async def test_connections_are_looked_up_and_closed_with_a_reason() -> None:
    async with room() as (clients, ids):
        ann, ben = clients["ann"], clients["ben"]
        assert ann.result_of(await ann.invoke("close", ids["ben"])) == [True, False]
        assert await ben.receive() == Close("Enough.", allow_reconnect=True)


@pytest.mark.requirement("class-model.user-groups")
async def test_users_are_in_groups_with_all_their_connections() -> None:
    async with room() as (clients, _):
        ann = clients["ann"]
        for group in ("g", "h"):
            await ann.invoke("user_group", "add", "ann", group)
        await ann.invoke("add_for", "ben", "g", 3600)
        assert await hearers(clients, "group", "g") == "ann ann2 ben"
        await ann.invoke("user_group", "remove", "ann", "g")
        assert [await hearers(clients, "group", group) for group in ("g", "h")] == ["ben", "ann ann2"]
        found = [ann.result_of(await ann.invoke("user_group", "contains", "ann", group)) for group in ("g", "h")]
        assert found == [False, True]
        await ann.invoke("user_group", "remove_from_all", "ann")
        assert await hearers(clients, "group", "h") == ""


@pytest.mark.requirement("class-model.hub-name")
async def test_a_hub_is_called_like_its_class_or_as_the_class_says() -> None:
    async with posting(Chat, Plain) as upstream:
        assert (await upstream.invoke("sendMessage", x_asrs_hub="Chat"))["result"] == "sent"
        assert (await upstream.invoke("send_message", x_asrs_hub="plain"))["result"] == "sent"
    with pytest.raises(HubDefinitionError, match="cannot be the name of a hub"):
        type("Chat", (ServerlessHub,), {}, hub="no hub")


@pytest.mark.requirement("class-model.target", "class-model.public")
@pytest.mark.parametrize(
    ("target", "result"),
    [
        ("sendMessage", "sent"),
        ("send_message", None),
        ("say-it", "said"),
        ("say", None),
        ("inherited", "inherited"),
        ("_hidden", None),
        ("shown", None),
        ("static", None),
        ("told", None),
        ("context", None),
        ("clients", None),
    ],
)
async def test_targets_are_public_methods_under_their_names_on_the_wire(target: str, result: str | None) -> None:
    async with posting(Chat) as upstream:
        answer = await upstream.post(target, call(target))
        assert answer.status == (404 if result is None else 200)
        assert result is None or answer.completion == {"result": result}


@pytest.mark.requirement("class-model.hooks")
async def test_hooks_run_when_clients_come_and_go_and_are_no_targets() -> None:
    Chat.told.clear()
    async with posting(Chat) as upstream:
        assert (await upstream.connect()).status == 200
        assert (await upstream.disconnect(b'{"type":11,"error":"lost"}')).status == 200
        for target in ("on_connected", "onConnected", "connected"):
            assert (await upstream.post(target, call(target))).status == 404
    assert Chat.told == ["connected", "lost"]


@pytest.mark.requirement("class-model.hooks.absent")
async def test_a_hub_without_hooks_answers_200(caplog: pytest.LogCaptureFixture) -> None:
    async with posting(Plain) as upstream:
        caplog.clear()
        answers = [await upstream.connect(x_asrs_hub="plain"), await upstream.disconnect(x_asrs_hub="plain")]
    assert [(answer.status, answer.body, answer.error_code) for answer in answers] == [(200, b"", None)] * 2
    assert caplog.records == []


@pytest.mark.requirement("class-model.instance")
async def test_what_one_event_leaves_on_its_instance_no_other_sees() -> None:
    async with posting(Chat) as upstream:
        assert [await upstream.invoke("keep", value) for value in (1, 2)] == [{"result": []}] * 2
