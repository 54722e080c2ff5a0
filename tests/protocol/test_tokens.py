import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jose import jwt

from serverless_hub.errors import TokenError
from serverless_hub.protocol.tokens import MAX_TOKEN_LENGTH, sign_token, verify_token

KEY = "k" * 32
NOW = 1_000_000.0
GOOD: dict[str, Any] = {"aud": "us", "exp": NOW + 60, "user": "ann"}


def verify(token: str, *keys: str) -> dict[str, Any]:
    return verify_token(token, keys or [KEY], now=NOW, is_audience=lambda audience: audience == "us")


def test_a_good_token_gives_its_claims_with_any_of_the_keys() -> None:
    assert verify(sign_token(GOOD, KEY), "another-key", KEY) == GOOD


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"exp": NOW}, "expired"),
        ({"exp": None}, "no usable 'exp'"),
        ({"exp": "later"}, "no usable 'exp'"),
        ({"exp": True}, "no usable 'exp'"),
        ({"exp": math.inf}, "no usable 'exp'"),
        ({"nbf": NOW + 301}, "not valid yet"),
        ({"aud": "them"}, "another audience"),
        ({"aud": ["us"]}, "another audience"),
        ({"aud": None}, "another audience"),
    ],
)
def test_a_token_that_does_not_hold_now_and_here_is_refused(changed: dict[str, Any], reason: str) -> None:
    token = jwt.encode(GOOD | changed, KEY)
    with pytest.raises(TokenError, match=reason):
        verify(token)


def test_the_clock_of_the_signer_may_be_ahead_by_five_minutes() -> None:
    assert verify(sign_token(GOOD | {"nbf": NOW + 299}, KEY))["user"] == "ann"


@pytest.mark.parametrize("token", ["", "a.b.c", "a.b", jwt.encode(GOOD, "other"), jwt.encode(GOOD, KEY, "HS512")])
def test_a_token_that_is_not_ours_is_refused(token: str) -> None:
    with pytest.raises(TokenError, match="malformed or signed with another key"):
        verify(token)


def test_an_unsigned_token_is_refused() -> None:
    header, payload, _ = sign_token(GOOD, KEY).split(".")
    unsigned = "eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0"
    for token in (f"{unsigned}.{payload}.", f"{header}.{payload}."):
        with pytest.raises(TokenError):
            verify(token)


@pytest.mark.requirement("negotiate.token.too-long", "transports.token.too-long")
def test_a_token_longer_than_services_take_is_neither_made_nor_read() -> None:
    with pytest.raises(TokenError, match="put less into its claims"):
        sign_token({"x": "y" * MAX_TOKEN_LENGTH}, KEY)
    with pytest.raises(TokenError, match="longer than 4096"):
        verify(jwt.encode(GOOD | {"x": "y" * MAX_TOKEN_LENGTH}, KEY))


@given(token=st.text(max_size=100) | st.binary(max_size=60).map(lambda data: data.hex(".")))
def test_arbitrary_text_is_a_token_error(token: str) -> None:
    with pytest.raises(TokenError):
        verify(token)
