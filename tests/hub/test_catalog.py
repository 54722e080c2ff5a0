"""One thing runs for one event, whatever the case."""

import pytest

from serverless_hub import ConfigurationError, HubDefinitionError, InvocationContext, ServerlessHub
from serverless_hub.hub.catalog import HubCatalog
from serverless_hub.hub.descriptor import describe_hub
from serverless_hub.hub.functions import Trigger, describe_function
from serverless_hub.protocol.codec import JSON
from serverless_hub.protocol.upstream import UpstreamEvent, UpstreamRefusal


class Chat(ServerlessHub, connection="ChatConnection"):
    async def on_connected(self) -> None: ...

    async def send(self) -> None: ...


def function(context: InvocationContext) -> None: ...


def event(hub: str, category: str, name: str) -> UpstreamEvent:
    return UpstreamEvent("c1", hub, category, name, JSON)


def catalog(application: str | None = None) -> HubCatalog:
    catalog = HubCatalog(application)
    catalog.add_hub(describe_hub(Chat))
    return catalog


def add(catalog: HubCatalog, hub: str, category: str, name: str, connection: str | None = None) -> bool:
    trigger = Trigger(hub=hub, category=category, event=name)
    return catalog.add_function(describe_function(function, trigger), connection)


@pytest.mark.requirement("routing.key.ignores-case")
def test_events_are_found_ignoring_case() -> None:
    found = catalog().find(event("CHAT", "Messages", "SEND"))
    assert found.function is Chat.send


@pytest.mark.requirement("routing.key.unknown")
@pytest.mark.parametrize(
    "unknown",
    [event("news", "messages", "send"), event("chat", "connections", "send"), event("chat", "messages", "connected")],
)
def test_what_is_not_there_is_not_found(unknown: UpstreamEvent) -> None:
    with pytest.raises(UpstreamRefusal) as refusal:
        catalog().find(unknown)
    assert refusal.value.status == 404


@pytest.mark.requirement("routing.key.duplicate")
def test_two_hubs_of_one_name_are_refused() -> None:
    class Other(ServerlessHub, hub="CHAT"): ...

    with pytest.raises(HubDefinitionError, match="two hubs are called 'CHAT'"):
        catalog().add_hub(describe_hub(Other))


@pytest.mark.requirement("functions.duplicate")
@pytest.mark.parametrize(("category", "name"), [("messages", "Send"), ("connections", "connected")])
def test_a_second_function_for_one_event_is_refused(category: str, name: str) -> None:
    with pytest.raises(HubDefinitionError, match="one event has one function"):
        add(catalog(), "chat", category, name)


def test_functions_may_complete_a_hub_class() -> None:
    both = catalog()
    assert add(both, "Chat", "messages", "shout") is False
    assert add(both, "Chat", "connections", "disconnected", "ChatConnection") is False
    assert both.find(event("chat", "connections", "disconnected")).function is function


@pytest.mark.requirement("functions.connection")
def test_all_events_of_a_hub_come_from_one_service() -> None:
    with pytest.raises(HubDefinitionError, match="has the connection 'ChatConnection' already, not 'Other'"):
        add(catalog(), "chat", "messages", "shout", "Other")


def test_a_function_brings_its_hub() -> None:
    both = catalog()
    assert add(both, "news", "messages", "read", "NewsConnection") is True
    assert both.wire_names == ["chat", "news"]
    assert both.connection_of("news") == "NewsConnection"
    assert both.connections == {"ChatConnection", "NewsConnection"}
    assert both.find(event("news", "connections", "connected")).function is None


def test_an_application_stands_before_the_names_of_its_hubs() -> None:
    prefixed = catalog("App")
    assert prefixed.wire_name("Chat") == "app_chat"
    assert prefixed.find(event("app_chat", "messages", "send")).hub == "Chat"
    with pytest.raises(UpstreamRefusal):
        prefixed.find(event("chat", "messages", "send"))


def test_an_application_that_no_service_takes_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="application='1st'"):
        HubCatalog("1st")


def test_what_is_not_there_is_told_with_what_is() -> None:
    with pytest.raises(UpstreamRefusal, match=r"hub 'chat' has no 'messages' event 'sent': it has send$"):
        catalog().find(event("chat", "messages", "sent"))
    with pytest.raises(UpstreamRefusal, match=r"there is no hub 'news': there are chat$"):
        catalog().find(event("news", "messages", "sent"))
    many = catalog()
    for number in range(25):
        add(many, "chat", "messages", f"event{number:02}")
    with pytest.raises(UpstreamRefusal, match=r"event18, event19 and 6 more$"):
        many.find(event("chat", "messages", "sent"))
