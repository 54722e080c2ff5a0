"""Functions for events: Azure's traditional model."""

import json
from typing import Annotated, Any

import pytest
from pydantic import BaseModel

from serverless_hub import EmbeddedService, HubDefinitionError, HubRouter, InvocationContext, ServerlessHub
from serverless_hub.bindings import SignalRParameter
from tests.conformance.upstream import KEY, running


class Chat(ServerlessHub):
    async def echo(self, text: str) -> str:
        return text


class Event(BaseModel):
    ConnectionId: str
    Arguments: list[Any]


@pytest.fixture
def router() -> HubRouter:
    return HubRouter(default_service=EmbeddedService(access_key=KEY))


@pytest.mark.requirement("functions.trigger")
async def test_a_function_runs_for_its_event_and_its_result_answers_the_call(router: HubRouter) -> None:
    told: list[str] = []

    @router.trigger(hub="chat", event="sendMessage")
    async def send_message(context: InvocationContext) -> str:
        return f"{context.event} of {context.connection_id}"

    @router.trigger(hub="chat", category="connections", event="connected")
    async def greet(context: InvocationContext) -> None:
        told.append(context.event)

    async with running(router) as upstream:
        assert await upstream.invoke("sendmessage") == {"result": "sendMessage of c1"}
        assert (await upstream.connect()).status == 200
        assert (await upstream.disconnect()).status == 200
    assert told == ["connected"]


@pytest.mark.requirement("functions.input")
async def test_a_function_may_take_the_whole_event_in_a_type_of_its_choice(router: HubRouter) -> None:
    @router.trigger(hub="chat", event="text")
    async def as_text(event: str) -> str:
        loaded: str = json.loads(event)["ConnectionId"]
        return loaded

    @router.trigger(hub="chat", event="dict")
    async def as_dict(event: dict[str, Any]) -> Any:
        return event["Arguments"]

    @router.trigger(hub="chat", event="model")
    async def as_model(event: Event) -> list[Any]:
        return [event.ConnectionId, *event.Arguments]

    async with running(router) as upstream:
        assert await upstream.invoke("text", 1) == {"result": "c1"}
        assert await upstream.invoke("dict", 1, "x") == {"result": [1, "x"]}
        assert await upstream.invoke("model", 2) == {"result": ["c1", 2]}


@pytest.mark.requirement("functions.event")
@pytest.mark.parametrize(
    ("category", "event"), [("other", "x"), ("connections", "joined"), ("connections", "Connected"), ("messages", "")]
)
def test_a_category_or_an_event_that_there_is_not_is_refused(router: HubRouter, category: Any, event: str) -> None:
    async def function() -> None: ...

    with pytest.raises(HubDefinitionError, match=r"category=|event="):
        router.trigger(hub="chat", category=category, event=event)(function)


@pytest.mark.requirement("functions.duplicate")
def test_a_second_function_for_an_event_is_refused(router: HubRouter) -> None:
    async def function() -> None: ...

    router.trigger(hub="chat", event="send")(function)
    with pytest.raises(HubDefinitionError, match="already"):
        router.trigger(hub="Chat", event="SEND")(function)
    with pytest.raises(HubDefinitionError, match="already"):
        HubRouter(Chat).trigger(hub="chat", event="echo")(function)


@pytest.mark.requirement("functions.parameter-names")
async def test_named_parameters_take_the_arguments_in_the_order_of_the_names(router: HubRouter) -> None:
    @router.trigger(hub="chat", event="send", parameter_names=["room", "text"])
    async def send(text: str, context: InvocationContext, room: int) -> list[Any]:
        return [room, text, context.connection_id]

    async with running(router) as upstream:
        assert await upstream.invoke("send", "4", "x") == {"result": [4, "x", "c1"]}
        assert await upstream.invoke("send", 4) == {"error": "'send' takes 2 arguments: 1 came"}


@pytest.mark.requirement("functions.parameter-names.unique")
def test_names_that_differ_only_by_case_are_refused(router: HubRouter) -> None:
    async def function(text: str) -> str:
        return text

    with pytest.raises(HubDefinitionError, match="a name twice"):
        router.trigger(hub="chat", event="send", parameter_names=["text", "Text"])(function)


@pytest.mark.requirement("functions.parameter-names.unknown")
async def test_a_name_that_no_parameter_has_is_refused_beside_a_parameter_for_the_whole_event(
    router: HubRouter,
) -> None:
    async def misspelt(txet: str) -> str:
        return txet

    with pytest.raises(HubDefinitionError, match="no parameter is called 'text'"):
        router.trigger(hub="chat", event="send", parameter_names=["text"])(misspelt)

    @router.trigger(hub="chat", event="send", parameter_names=["text", "unused"])
    async def send(text: str) -> str:
        return text

    async with running(router) as upstream:
        assert await upstream.invoke("send", "x", 1) == {"result": "x"}
        assert await upstream.invoke("send", "x") == {"error": "'send' takes 2 arguments: 1 came"}


@pytest.mark.requirement("functions.parameter-names.none")
async def test_without_names_any_number_of_arguments_may_come(router: HubRouter) -> None:
    @router.trigger(hub="chat", event="count")
    async def count(context: InvocationContext) -> int:
        return len(context.arguments)

    async with running(router) as upstream:
        for number in (0, 1, 12):
            assert await upstream.invoke("count", *range(number)) == {"result": number}


@pytest.mark.requirement("functions.signalr-parameter")
async def test_marked_parameters_take_the_arguments_in_their_own_order(router: HubRouter) -> None:
    async def send(
        room: Annotated[int, SignalRParameter()], context: InvocationContext, text: Annotated[str, SignalRParameter()]
    ) -> list[Any]:
        return [room, context.connection_id, text]

    router.trigger(hub="chat", event="send")(send)
    async with running(router) as upstream:
        assert await upstream.invoke("send", 4, "x") == {"result": [4, "c1", "x"]}
    with pytest.raises(HubDefinitionError, match="names its arguments twice"):
        router.trigger(hub="chat", event="other", parameter_names=["room"])(send)


@pytest.mark.requirement("functions.settings")
async def test_names_between_percent_signs_are_settings(router: HubRouter, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("Rooms__Hub", "chat")
    monkeypatch.setenv("TargetName", "send")

    @router.trigger(hub="%Rooms:Hub%", event="%TargetName%")
    async def function() -> str:
        return "sent"

    async with running(router) as upstream:
        assert await upstream.invoke("send") == {"result": "sent"}


@pytest.mark.requirement("functions.connection")
async def test_a_function_may_have_a_service_of_its_own(router: HubRouter, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NewsConnection", "Endpoint=https://news.service.signalr.net;AccessKey=the-key-of-the-news;")

    async def function() -> None: ...

    router.trigger(hub="news", event="publish", connection="NewsConnection")(function)
    router.trigger(hub="chat", event="send")(function)
    with pytest.raises(HubDefinitionError, match="come from one service"):
        router.trigger(hub="chat", event="other", connection="NewsConnection")(function)
    async with running(router) as upstream:
        for hub, host in (("news", "https://news.service.signalr.net/"), ("chat", "http://localhost/")):
            answer = await upstream.request("POST", f"/{hub}/negotiate", [])
            assert answer.json["url"].startswith(host)
