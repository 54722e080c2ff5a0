import pytest
from hypothesis import given
from hypothesis import strategies as st

from serverless_hub.protocol.entra_urls import split_url


@pytest.mark.parametrize(
    ("url", "origin", "path"),
    [
        ("https://login.microsoftonline.com", "https://login.microsoftonline.com", ""),
        ("HTTPS://Login.MicrosoftOnline.com/", "https://login.microsoftonline.com", "/"),
        ("https://host/Keys?appid=1", "https://host", "/Keys?appid=1"),
        ("https://host?x=1", "https://host", "?x=1"),
        ("https://host:443/a", "https://host", "/a"),
        ("https://host:8443/a", "https://host:8443", "/a"),
        ("http://127.0.0.1:80", "http://127.0.0.1", ""),
        ("http://127.8.9.1:5000/a", "http://127.8.9.1:5000", "/a"),
        ("http://[::1]:5000/a", "http://[::1]:5000", "/a"),
        ("http://LOCALHOST:5000", "http://localhost:5000", ""),
    ],
)
def test_a_url_splits_into_origin_and_path(url: str, origin: str, path: str) -> None:
    assert split_url(url) == (origin, path)


@pytest.mark.parametrize(
    "url",
    [
        "http://login.microsoftonline.com",
        "http://127.0.0.1.example.com",
        "http://localhost.example.com",
        "http://10.0.0.1",
        "http://[::2]",
    ],
)
def test_http_is_for_loopback_only(url: str) -> None:
    with pytest.raises(ValueError, match="not https"):
        split_url(url)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "login.microsoftonline.com",
        "ftp://host/",
        "https://",
        "https:///path",
        "https://user@host/",
        "https://user:password@host/",
        "https://host/#fragment",
        "https://good.example\\@evil.example/",
        "https://good.example\\.evil.example/",
        "https://host/a b",
        "https://host/\n",
        " https://host/",
        "https://host:port/",
        "https://höst/",
    ],
)
def test_what_programs_may_read_differently_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match="no plain"):
        split_url(url)


@given(url=st.text() | st.from_regex(r"https?://[a-z@:/\\\[\]0-9.%-]*"))
def test_anything_else_is_a_value_error(url: str) -> None:
    try:
        origin, path = split_url(url)
    except ValueError:
        return
    assert split_url(origin + path) == (origin, path)
