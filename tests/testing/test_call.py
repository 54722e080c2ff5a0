"""`call`: a method alone, with what it sends."""

from collections.abc import AsyncGenerator
from typing import Annotated, Any, Protocol

import pytest
from fastapi import Depends, FastAPI, Header, HTTPException, Request
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel

from serverless_hub import HubException, InvocationContext, Negotiation, ServerlessHub, hub_method, requires
from serverless_hub.errors import BindingError
from serverless_hub.hub.results import ResultError
from serverless_hub.protocol.commands import Command
from serverless_hub.protocol.upstream import Category
from serverless_hub.testing import Action, Receivers, SendRecorder, Sent, call


class Note(BaseModel):
    text: str


class Player(Protocol):
    async def moved(self, who: str | None, note: Note) -> None: ...
    async def ready(self, round_: int) -> bool: ...


async def tenant() -> AsyncGenerator[str]:
    yield "real"


class Game(ServerlessHub[Player], naming="camel"):
    async def on_connected(self) -> None:
        await self.groups.add(self.context.connection_id, "table")

    async def on_disconnected(self, error: str | None) -> None:
        await self.clients.untyped.all.send("left", error)

    async def make_move(self, note: Note) -> int:
        await self.clients.group("table").moved(self.context.user_id, note)
        return len(note.text)

    async def is_ready(self) -> bool:
        return await self.clients.caller.ready(3)

    def in_thread(self, number: int) -> int:
        return number * 2

    @requires(role="admin")
    async def close_all(self) -> None:
        await self.connections.close_all("over")

    async def claims(self) -> list[list[str]]:
        return [list(self.context.claims.all(name)) for name in ("role", "age")]

    @hub_method("odd-name")
    async def other(self, *, name: Annotated[str, Depends(tenant)], request: Request) -> str:
        return f"{name} {request.app.state._state}"

    async def strict(self, *, key: Annotated[str, Header()]) -> str:
        return key

    async def refuse(self, unexpected: bool, *, name: Annotated[str, Depends(tenant)]) -> None:
        if unexpected:
            raise ZeroDivisionError(name)
        raise HTTPException(403, name)

    async def wrong(self) -> int:
        return "one"  # type: ignore[return-value]  # pyright: ignore[reportReturnType] - that is the case

    async def info(self) -> Any:
        return (await self.negotiate(Negotiation(user_id="ann"))).accessToken

    async def groups_of(self) -> list[Any]:
        me, groups, users = self.context.connection_id, self.groups, self.user_groups
        found: list[Any] = [await groups.exists("table"), await self.connections.exists(me)]
        await groups.add(me, "a")
        await groups.add(me, "b")
        await groups.remove(me, "b")
        found.append([member.connection_id async for member in groups.members("a")])
        await groups.remove_from_all(me)
        found.append(await groups.exists("a"))
        await users.add("ann", "a")
        await users.add("ann", "b", ttl=3)
        await users.remove("ann", "b")
        found += [await users.contains("ann", "a"), await users.contains("ann", "b")]
        await users.remove_from_all("ann")
        return [*found, await users.contains("ann", "a")]


async def test_a_method_is_called_with_values_of_python_and_what_it_sends_is_known() -> None:
    called = await call(Game, "make_move", Note(text="e4"), user_id="ann")
    assert called.result == 2
    assert called.sent == [Sent(Receivers("groups", ("table",)), "moved", ["ann", {"text": "e4"}])]
    assert called.actions == []


async def test_a_method_is_found_by_its_target_and_takes_what_json_has() -> None:
    assert (await call(Game, "makeMove", {"text": "e4!"})).result == 3
    assert (await call(Game, "in_thread", 4)).result == 8
    with pytest.raises(LookupError, match=r"Game has no method 'nothing' .*make_move"):
        await call(Game, "nothing")
    with pytest.raises(BindingError, match="takes 1 argument"):
        await call(Game, "make_move")
    with pytest.raises(ResultError, match="wrong returned what cannot be sent"):
        await call(Game, "wrong")


async def test_hooks_are_called_by_their_names() -> None:
    assert (await call(Game, "on_connected", connection_id="c9")).actions == [Action("add_to_group", ("c9", "table"))]
    assert (await call(Game, "on_disconnected")).sent == [Sent(Receivers("all"), "left", [None])]
    assert (await call(Game, "on_disconnected", "lost")).sent[0].arguments == ["lost"]

    class Silent(ServerlessHub):
        async def on_disconnected(self) -> None:
            pass

    assert (await call(Silent, "on_disconnected", "lost")).result is None


async def test_the_test_gives_the_answers_of_clients() -> None:
    async def ready(round_: int) -> bool:
        return round_ == 3

    answers: list[Any] = [True, (3).__eq__, ready]
    for answer in answers:
        called = await call(Game, "is_ready", answers={"ready": answer})
        assert called.result is True
        assert called.sent == [Sent(Receivers("connections", ("connection",)), "ready", [3])]
    with pytest.raises(AssertionError, match="the client is asked for 'ready'"):
        await call(Game, "is_ready")


async def test_filters_see_what_is_proven_of_the_user() -> None:
    called = await call(Game, "close_all", user_id="ann", claims={"role": ["admin", "user"]})
    assert called.actions == [Action("close", (Receivers("all"), "over"))]
    with pytest.raises(HubException):
        await call(Game, "close_all", user_id="ann", claims={"role": "user"})
    assert (await call(Game, "claims", claims={"role": ["a", "b"], "age": 7})).result == [["a", "b"], ["7"]]


async def test_dependencies_are_injected_and_can_be_replaced() -> None:
    app = FastAPI()
    app.state.speed = 5
    assert (await call(Game, "odd-name", app=app)).result == "real {'speed': 5}"
    assert (await call(Game, "other", overrides={tenant: lambda: "fake"})).result == "fake {}"
    app.dependency_overrides[tenant] = lambda: "app's"
    assert (await call(Game, "other", app=app)).result == "app's {'speed': 5}"


async def test_errors_are_raised_as_they_are() -> None:
    with pytest.raises(ZeroDivisionError, match="real"):
        await call(Game, "refuse", True)
    with pytest.raises(HTTPException, match="real"):
        await call(Game, "refuse", False)
    with pytest.raises(RequestValidationError):
        await call(Game, "strict")


async def test_a_context_says_more_of_the_event() -> None:
    context = InvocationContext(hub="", category=Category.MESSAGES, event="", connection_id="c7", user_id="ben")
    called = await call(Game, "make_move", Note(text=""), context=context)
    assert called.sent[0].arguments[0] == "ben"
    assert (await call(Game, "info", context=context)).result == "token of ann"


async def test_groups_are_known_from_one_call_to_the_next_where_the_recorder_is_the_same() -> None:
    recorder = SendRecorder(connections=["connection"])
    await call(Game, "on_connected", recorder=recorder)
    called = await call(Game, "groups_of", recorder=recorder)
    assert called.result == [True, True, ["connection"], False, True, False, False]
    assert called.actions[0] == Action("add_to_group", ("connection", "a"))
    assert len(recorder.actions) == 1 + len(called.actions)


async def test_a_recorder_notes_all_that_a_service_can_do() -> None:
    recorder = SendRecorder()
    await recorder.send_stream_item("c", "s", 1, completed=False)
    await recorder.complete_stream("c", "s", None)
    commands: list[Command] = []
    await recorder.execute(commands, "filter")
    assert await recorder.generate_token("ann", 60) == "token of ann"
    assert not await recorder.exists("users", "ann")
    assert [action.name for action in recorder.actions] == [
        "send_stream_item",
        "complete_stream",
        "execute",
        "generate_token",
    ]
