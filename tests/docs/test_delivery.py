"""Claims of `explanation/delivery.md`: each promise is proven by tests that are there."""

import pytest

from serverless_hub import SendOptions, ServiceSettings
from tests.docs.named_tests import missing_tests, unproven
from tests.docs.pages import page

DELIVERY = page("explanation/delivery.md")


@pytest.mark.parametrize("kind", ["From a client to the app", "From the app to clients", "When something breaks"])
def test_every_promise_names_the_tests_that_prove_it_and_they_are_there(kind: str) -> None:
    assert unproven("explanation/delivery.md", kind) == []


def test_what_is_said_besides_the_tables_is_proven_too() -> None:
    assert (
        "`service/test_http_upstream` has *connected and disconnected are sent again where that is wanted*" in DELIVERY
    )
    assert (
        missing_tests("`service/test_http_upstream` *connected and disconnected are sent again where that is wanted*")
        == []
    )
    for sentence in (
        "a message is repeated where it was hardly delivered",
        "a message that may have arrived is not repeated",
    ):
        assert missing_tests(f"`management/test_retries` *{sentence}*") == []


def test_the_numbers_are_those_of_the_settings() -> None:
    assert f"While {ServiceSettings().max_queued_calls} calls of a client wait" in DELIVERY
    assert SendOptions().retry.max_retries > 0  # so that a message can come twice, as the page says
