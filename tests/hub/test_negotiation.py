"""What an app may say of a client."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from serverless_hub import Negotiation


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"lifetime": timedelta(0)}, "lifetime"),
        ({"claims": {"asrs.s.uid": "admin"}}, "belong to the service"),
        ({"user_id": ""}, "user id"),
        ({"user_id": "ann\r\nX-ASRS-Hub: other"}, "user id"),
        ({"authentication_expires_on": datetime(2026, 1, 1)}, "time zone"),  # noqa: DTZ001 - the point of the test
        ({"transports": []}, "transports"),
    ],
)
def test_what_no_service_takes_is_refused(options: dict[str, Any], text: str) -> None:
    with pytest.raises(ValueError, match=text):
        Negotiation(**options)


def test_a_connection_outlives_its_token_unless_somebody_says_otherwise() -> None:
    assert Negotiation().closes_at(now=100) is None


def test_a_connection_may_end_with_its_token() -> None:
    negotiation = Negotiation(lifetime=timedelta(minutes=1), close_on_authentication_expiration=True)
    assert negotiation.closes_at(now=100) == 160


def test_a_connection_may_end_at_a_given_time() -> None:
    when = datetime(2026, 1, 1, tzinfo=UTC)
    assert Negotiation(authentication_expires_on=when).closes_at(now=100) == when.timestamp()


def test_claims_are_not_shown() -> None:
    assert "secret" not in repr(Negotiation(claims={"key": "secret"}))
