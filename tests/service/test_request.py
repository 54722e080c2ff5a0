from http import HTTPStatus
from typing import Any

import pytest

from serverless_hub.protocol.client_token import ClientIdentity
from serverless_hub.service.request import ClientRequest, Refusal, read_request
from tests.support.client_tokens import client_token

KEY = "an-access-key-of-some-length"
NOW = 1_000_000_000.0
TOKEN = client_token(KEY, now=NOW, user_id="ann")
BEARER = [(b"authorization", f"Bearer {TOKEN}".encode())]


def read(query: str, headers: list[tuple[bytes, bytes]] = BEARER) -> tuple[ClientRequest, dict[str, Any]]:
    scope: dict[str, Any] = {"query_string": query.encode(), "headers": headers}
    return read_request(scope, [KEY], NOW, token_in_query=True), scope


def test_hub_and_user_are_read_and_the_hub_is_in_lower_case() -> None:
    request, _ = read("hub=Chat&id=x&a=1")
    assert request.hub == "chat"
    assert request.identity == ClientIdentity("ann")
    assert request.parameters == {"hub": ["Chat"], "id": ["x"], "a": ["1"]}
    assert request.public_query == "?hub=Chat&a=1"


@pytest.mark.requirement("transports.hub")
@pytest.mark.parametrize(
    "query",
    ["", "hub=", "hub=chat&hub=news", "hub=chat&hub=chat", "hub=1chat", "hub=a/b", "hub=" + "x" * 129, "HUB=chat"],
)
def test_not_exactly_one_valid_hub_is_a_bad_request(query: str) -> None:
    with pytest.raises(Refusal, match="one valid hub name") as refusal:
        read(query)
    assert refusal.value.status == HTTPStatus.BAD_REQUEST


@pytest.mark.parametrize(
    ("query", "headers"), [("hub=chat", []), ("hub=news", BEARER), ("hub=chat&access_token=nonsense", [])]
)
def test_no_token_for_the_hub_is_unauthorised(query: str, headers: list[tuple[bytes, bytes]]) -> None:
    with pytest.raises(Refusal) as refusal:
        read(query, headers)
    assert refusal.value.status == HTTPStatus.UNAUTHORIZED


@pytest.mark.requirement("transports.token.hidden")
def test_what_servers_log_of_the_query_has_no_secret_in_it() -> None:
    _, scope = read(f"hub=chat&id=secret&access_token={TOKEN}&a=b", [])
    assert scope["query_string"] == b"hub=chat&a=b"


@pytest.mark.requirement("transports.token.hidden")
def test_nor_has_it_when_the_request_is_refused() -> None:
    scope: dict[str, Any] = {"query_string": f"access_token={TOKEN}&id=secret".encode(), "headers": []}
    with pytest.raises(Refusal) as refusal:
        read_request(scope, [KEY], NOW, token_in_query=True)
    assert scope["query_string"] == b""
    assert TOKEN not in str(refusal.value)
