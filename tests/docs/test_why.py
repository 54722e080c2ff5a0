"""Claims of `why.md`."""

import pytest

from examples.quickstart import chat
from serverless_hub import HubDefinitionError, ServerlessHub
from serverless_hub.protocol.messages import Invocation
from serverless_hub.protocol.negotiate import TRANSPORT_NAMES
from tests.docs.pages import page
from tests.support.client import connected
from tests.support.modes import Host, in_both_modes

WHY = page("why.md")


@in_both_modes
async def test_one_class_works_in_both_places_and_an_environment_variable_is_all_that_changes(host: Host) -> None:
    async with host(chat.app) as url, connected(url) as client:
        await client.send(Invocation("sendMessage", ("lobby", "Hello"), "7"))
        assert await client.call_of("receiveMessage") == ["Hello"]


def test_clients_fall_back_to_the_transports_that_are_named() -> None:
    assert set(TRANSPORT_NAMES) == {"WebSockets", "ServerSentEvents", "LongPolling"}
    assert "fall back from WebSockets to Server-Sent Events and long polling" in WHY


def test_a_wrong_hub_fails_before_the_first_call() -> None:
    async def go(self: ServerlessHub) -> None: ...

    with pytest.raises(HubDefinitionError):
        type("Wrong", (ServerlessHub,), {"go": go, "GO": go})
