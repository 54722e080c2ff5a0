import pytest

from serverless_hub.errors import TokenError
from serverless_hub.protocol.client_token import ClientIdentity
from serverless_hub.service.auth import authenticate, bearer_token
from tests.support.client_tokens import client_token

KEY = "an-access-key-of-some-length"
OTHER = "another-access-key-as-long"
NOW = 1_000_000_000.0


@pytest.mark.parametrize("header", [b"Bearer abc", b"bearer abc", b"BEARER   abc "])
def test_the_token_is_in_the_header(header: bytes) -> None:
    assert bearer_token([(b"host", b"x"), (b"authorization", header)], b"", in_query=False) == "abc"


@pytest.mark.requirement("transports.token.place")
def test_the_header_wins_over_the_query() -> None:
    assert bearer_token([(b"authorization", b"Bearer a")], b"access_token=b", in_query=True) == "a"


@pytest.mark.requirement("transports.token.place")
def test_a_browser_s_websocket_has_its_token_in_the_query_where_the_last_counts() -> None:
    query = b"hub=chat&access_token=a&access_token=b%2Bc"
    assert bearer_token([], query, in_query=True) == "b+c"
    assert bearer_token([(b"authorization", b"Basic eDp5")], query, in_query=True) == "b+c"


@pytest.mark.requirement("transports.token.place")
def test_elsewhere_a_token_in_the_query_does_not_count() -> None:
    with pytest.raises(TokenError, match="no access token"):
        bearer_token([], b"access_token=a", in_query=False)


@pytest.mark.parametrize("query", [b"", b"access_token=", b"ACCESS_TOKEN=a"])
def test_no_token_is_an_error(query: bytes) -> None:
    with pytest.raises(TokenError, match="no access token"):
        bearer_token([(b"authorization", b"Basic eDp5")], query, in_query=True)


@pytest.mark.requirement("transports.token.keys")
@pytest.mark.parametrize("key", [KEY, OTHER])
def test_any_of_the_keys_may_have_signed(key: str) -> None:
    token = client_token(key, now=NOW, user_id="ann", claims={"role": "admin"})
    assert authenticate(token, "chat", [KEY, OTHER], NOW) == ClientIdentity("ann", (("role", "admin"),))


@pytest.mark.requirement("transports.token.audience")
def test_host_and_port_of_the_audience_do_not_count() -> None:
    token = client_token(KEY, now=NOW, audience="https://elsewhere:8443/x/client/?hub=CHAT")
    assert authenticate(token, "chat", [KEY], NOW) == ClientIdentity()


@pytest.mark.requirement("transports.token.too-long")
@pytest.mark.parametrize(
    ("token", "reason"),
    [
        (client_token(KEY, now=NOW, hub="news"), "another audience"),
        (client_token(KEY, now=NOW, audience="http://localhost/api/hubs/chat/:send"), "another audience"),
        (client_token(KEY, now=NOW - 7200), "expired"),
        (client_token(KEY, now=NOW + 7200), "not valid yet"),
        (client_token("a-key-that-nobody-knows", now=NOW), "signed with another key"),
        (client_token(KEY, now=NOW)[:-4], "signed with another key"),
        ("eyJhbGciOiJub25lIn0.e30.", "signed with another key"),
        ("x" * 5000, "longer than 4096"),
        (client_token(KEY, now=NOW, user_id="ann\r\nx-asrs-user-id: root"), "control characters"),
    ],
)
def test_a_token_that_proves_nothing_is_refused_without_showing_it(token: str, reason: str) -> None:
    with pytest.raises(TokenError, match=reason) as error:
        authenticate(token, "chat", [KEY], NOW)
    assert token not in str(error.value)
