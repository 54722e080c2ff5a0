"""Connection strings (azure-signalr ConnectionStringParserTests.cs)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from serverless_hub.errors import ConfigurationError
from serverless_hub.protocol.endpoint import Endpoint, parse_connection_string

KEY = "secret-key-that-is-never-shown"


def test_a_connection_string_is_read() -> None:
    endpoint = parse_connection_string(f"Endpoint=https://a.service.signalr.net/;AccessKey={KEY};Version=1.0;")
    url = "https://a.service.signalr.net"
    assert endpoint == Endpoint(url, KEY, client_url=url, server_url=url)
    assert KEY not in repr(endpoint)


@pytest.mark.requirement("settings.connection-string.grammar")
def test_names_ignore_case_and_values_may_have_an_equals_sign() -> None:
    assert parse_connection_string(" endpoint=http://a ; ACCESSKEY=abc== ").access_key == "abc=="


@pytest.mark.requirement("settings.connection-string.endpoints")
def test_other_urls_for_clients_and_for_the_app() -> None:
    endpoint = parse_connection_string(
        f"Endpoint=http://a;Port=8080;AccessKey={KEY};ClientEndpoint=https://c/;ServerEndpoint=http://s:9"
    )
    assert (endpoint.url, endpoint.client_url, endpoint.server_url) == ("http://a:8080", "https://c", "http://s:9")


@pytest.mark.requirement("settings.connection-string.grammar")
@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "blank"),
        (" ; ", "lacks Endpoint"),
        (f"AccessKey={KEY}", "lacks Endpoint"),
        ("Endpoint=http://a", "lacks AccessKey"),
        ("Endpoint=http://a;AccessKey=", "lacks AccessKey"),
        (f"Endpoint=ftp://a;AccessKey={KEY}", "not an http"),
        (f"Endpoint=http://;AccessKey={KEY}", "not an http"),
        (f"Endpoint=http://[;AccessKey={KEY}", "not an http"),
        (f"Endpoint=http://a;AccessKey={KEY};Version=2.0", "version 2.0"),
        (f"Endpoint=http://a;AccessKey={KEY};Port=0", "Port"),
        (f"Endpoint=http://a;AccessKey={KEY};Port=x", "Port"),
        (f"Endpoint=http://a;AccessKey={KEY};AccessKey={KEY}", "twice"),
        (f"Endpoint=http://a;{KEY}", "has no '='"),
        ("Endpoint=http://a;AuthType=azure", "AuthType"),
    ],
)
def test_what_is_wrong_is_said_without_the_key(text: str, reason: str) -> None:
    with pytest.raises(ConfigurationError, match=reason) as error:
        parse_connection_string(text)
    assert KEY not in str(error.value)


@given(text=st.text(max_size=100) | st.text("Endpoitsky=;:/.[]@0 ", max_size=60).map("Endpoint=http://".__add__))
def test_arbitrary_text_is_read_or_a_configuration_error(text: str) -> None:
    try:
        parse_connection_string(text)
    except ConfigurationError:
        pass
