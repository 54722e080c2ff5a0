import pytest
from hypothesis import given
from hypothesis import strategies as st

from serverless_hub.protocol.rest_token import is_rest_audience, rest_claims

PATH = "/api/hubs/chat/:send"
QUERY = "application=app&api-version=2024-12-01&excluded=c1"


def test_a_token_says_for_which_url_and_until_when() -> None:
    assert rest_claims("https://x/api", 1000.7, 60) == {"aud": "https://x/api", "nbf": 1000, "iat": 1000, "exp": 1060}


@pytest.mark.requirement("rest.audience")
@pytest.mark.parametrize(
    "audience",
    [
        "https://host/api/hubs/chat/:send",
        "http://other:8080/api/hubs/chat/:send",
        "https://host/base/_signalr/api/hubs/chat/:send",
        "https://host/api/hubs/CHAT/%3Asend",
        "https://host/api/hubs/chat/:send?application=app&api-version=2022-06-01",
        "https://host/api/hubs/chat/:send?Application=APP",
        f"https://host/api/hubs/chat/:send?{QUERY}",
        "https://host/api/hubs/chat/:send?",
        "HTTPS://host/api/hubs/chat/:send#part",
    ],
)
def test_the_forms_that_sdks_sign_are_for_the_request(audience: str) -> None:
    assert is_rest_audience(audience, PATH, QUERY)
    assert is_rest_audience(audience, "/api/hubs/Chat/%3asend", QUERY)


@pytest.mark.parametrize(
    "audience",
    [
        "https://host/api/hubs/chat/:send/",
        "https://host/api/hubs/chat//:send",
        "https://host/api/hubs/news/:send",
        "https://host/api/hubs/chat/:SEND",
        "https://host/api/hubs/chat/:closeConnections",
        "https://host/api/hubs/chat%2F:send",
        "https://host/hubs/chat/:send",
        "https://host/api/v1/hubs/chat/:send",
        "https://host/client/?hub=chat",
        "https://host/client/?hub=/api/hubs/chat/:send",
        "https://host/x#/api/hubs/chat/:send",
        "https://host/api/hubs/chat",
        "https://host",
        "/api/hubs/chat/:send",
        "ftp://host/api/hubs/chat/:send",
        "https://host/api/hubs/chat/:send?application=other",
        "https://host/api/hubs/chat/:send?api-version=2024-12-01",
        "https://host/api/hubs/chat/:send?application=app&application=app",
        "https://[/api/hubs/chat/:send",
        "https://x/api/hubs/chat/:send?/client/?hub=chat&application=app",
        "https://x/api/hubs/chat/:send?application=app&hub=chat",
        "https://host/api/hubs/%FF/:send",
        "",
    ],
)
def test_anything_else_is_not(audience: str) -> None:
    assert not is_rest_audience(audience, PATH, QUERY)


@pytest.mark.parametrize("path", ["/api/hubs/chat/groups/a%2Fb", "/api/hubs/chat/groups/A", "/api/hubs/chat/groups/b"])
def test_ids_are_compared_as_they_are(path: str) -> None:
    assert is_rest_audience(f"https://host{path}", path)
    assert not is_rest_audience("https://host/api/hubs/chat/groups/a", path)


@given(st.text(), st.text(), st.text())
def test_no_text_makes_it_fail(audience: str, path: str, query: str) -> None:
    assert is_rest_audience(audience, path, query) in {True, False}
    assert is_rest_audience(f"https://x/{audience}", f"/{path}", query) in {True, False}
