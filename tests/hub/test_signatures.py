"""Signatures that no event fits, and what their errors say."""

import re
from typing import Annotated, Any

import pytest
from fastapi import Body, Depends, File, Form, Path

from serverless_hub import HubDefinitionError, Ignore, ServerlessHub, hub_method
from serverless_hub.hub.descriptor import describe_hub
from tests.support.hub_bench import Bench


def refused(hub: type[ServerlessHub], text: str) -> None:
    with pytest.raises(HubDefinitionError, match=re.escape(text)):
        describe_hub(hub)


def test_an_argument_of_the_call_may_not_be_keyword_only() -> None:
    class Chat(ServerlessHub):
        async def send(self, *, text: str) -> None: ...

    refused(Chat, "Chat.send(text) is an argument of the call, and those come by position: move it before the *")


def test_an_argument_of_the_call_may_not_be_a_keyword_dictionary() -> None:
    class Chat(ServerlessHub):
        async def send(self, **options: str) -> None: ...

    refused(Chat, "Chat.send(options) is an argument of the call")


@pytest.mark.requirement("binding.hooks")
def test_on_connected_has_no_argument() -> None:
    class Chat(ServerlessHub):
        async def on_connected(self, user: str) -> None: ...

    refused(Chat, "Chat.on_connected(user): a connected event has no arguments; what is known of the client stands in")


def test_the_argument_of_on_disconnected_is_called_error() -> None:
    class Chat(ServerlessHub):
        async def on_disconnected(self, reason: str | None) -> None: ...

    refused(Chat, "Chat.on_disconnected: a disconnected event has one argument, `error: str | None`")


@pytest.mark.requirement("binding.hooks")
def test_on_disconnected_has_one_argument_at_most() -> None:
    class Chat(ServerlessHub):
        async def on_disconnected(self, error: str | None, more: str) -> None: ...

    refused(Chat, "Chat.on_disconnected: a disconnected event has one argument")


def test_the_argument_of_on_disconnected_may_not_be_keyword_only() -> None:
    class Chat(ServerlessHub):
        async def on_disconnected(self, *, error: str | None) -> None: ...

    refused(Chat, "Chat.on_disconnected(error) is an argument of the call")


@pytest.mark.parametrize("marker", [Body(), Form(), File(), Path()], ids=["body", "form", "file", "path"])
def test_a_parameter_may_not_be_declared_as_what_an_upstream_call_does_not_have(marker: Any) -> None:
    class Chat(ServerlessHub):
        async def send(self, text: Annotated[str, marker]) -> None: ...

    refused(Chat, "Chat.send(text) is declared as Body, Form, File or Path: an upstream call has none of them")


def test_a_constructor_takes_nothing_but_what_is_injected() -> None:
    class Chat(ServerlessHub):
        def __init__(self, room: str) -> None: ...

    refused(Chat, "Chat.__init__(room) is not injected: a hub is made for each event, so declare the parameter as")


def test_a_constructor_and_a_method_may_not_inject_different_things_by_one_name() -> None:
    class Chat(ServerlessHub):
        def __init__(self, store: Annotated[str, Depends(str)]) -> None: ...

        async def send(self, store: Annotated[int, Depends(int)]) -> None: ...

    refused(Chat, "Chat.send and the constructor both inject 'store' but declare it differently: rename one")


def test_a_constructor_and_a_method_may_inject_the_same() -> None:
    class Chat(ServerlessHub):
        def __init__(self, store: Annotated[str, Depends(str)]) -> None: ...

        async def send(self, store: Annotated[str, Depends(str)]) -> None: ...

    method = describe_hub(Chat).events["messages", "send"]
    assert [parameter.name for parameter in method.injected] == ["store"]
    assert method.constructor_names == {"store"}


@pytest.mark.parametrize("name", ["error", "_error"])
async def test_on_disconnected_may_take_the_error_even_if_it_does_not_use_it(name: str) -> None:
    seen: list[Any] = []

    class Base(ServerlessHub):
        async def on_disconnected(self, error: str | None) -> None:
            seen.append(error)

    class Unused(ServerlessHub):
        async def on_disconnected(self, _error: str | None) -> None:
            seen.append(_error)

    await Bench(Base if name == "error" else Unused).disconnect("gone")
    assert seen == ["gone"]


async def test_on_disconnected_may_leave_the_error_out() -> None:
    seen: list[Any] = []

    class Chat(ServerlessHub):
        async def on_disconnected(self) -> None:
            seen.append(self.context.error)

    await Bench(Chat).disconnect("gone")
    assert seen == ["gone"]


def test_a_hub_without_hooks_takes_their_events_all_the_same() -> None:
    class Chat(ServerlessHub): ...

    events = describe_hub(Chat).events
    assert {event for _, event in events} == {"connected", "disconnected"}
    assert all(method.function is None for method in events.values())


def test_what_is_ignored_needs_a_value_of_its_own() -> None:
    class Chat(ServerlessHub):
        async def send(self, text: str, size: Annotated[int, Ignore()]) -> None: ...

    refused(Chat, "Chat.send(size) is ignored, so it needs a default")


def test_what_runs_in_a_thread_cannot_be_cancelled() -> None:
    class Chat(ServerlessHub):
        @hub_method(cancel_on_disconnect=True)
        def send(self) -> None: ...

    refused(Chat, "Chat.send cannot be cancelled, since it runs in a thread")
