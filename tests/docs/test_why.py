"""Claims of `why.md`."""

import pytest

from serverless_hub import HubDefinitionError, ServerlessHub
from serverless_hub.protocol.negotiate import TRANSPORT_NAMES
from tests.docs.named_tests import missing_tests
from tests.docs.pages import ROOT, page

WHY = page("why.md")


def test_one_class_works_in_both_places_and_an_environment_variable_is_all_that_changes() -> None:
    assert missing_tests("`clients/test_readme` *the client of the readme talks to the hub of the readme*") == []
    assert "@in_both_modes" in (ROOT / "tests/clients/test_readme.py").read_text("utf-8")
    assert '--8<-- "examples/quickstart/chat.py"' in WHY


def test_clients_fall_back_to_the_transports_that_are_named() -> None:
    assert set(TRANSPORT_NAMES) == {"WebSockets", "ServerSentEvents", "LongPolling"}
    assert "fall back from WebSockets to Server-Sent Events and long polling" in WHY


def test_a_wrong_hub_fails_before_the_first_call() -> None:
    async def go(self: ServerlessHub) -> None: ...

    with pytest.raises(HubDefinitionError):
        type("Wrong", (ServerlessHub,), {"go": go, "GO": go})
