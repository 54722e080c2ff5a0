import pytest
from hypothesis import given
from hypothesis import strategies as st

from serverless_hub.errors import ConfigurationError
from serverless_hub.protocol.cors import CorsPolicy

VARY = (b"vary", b"Origin")
CHAT = "https://chat.example.com"


def policy(*origins: str, allow_loopback: bool = False) -> CorsPolicy:
    return CorsPolicy(origins, allow_loopback=allow_loopback)


@pytest.mark.requirement("negotiate.cors")
def test_an_allowed_origin_is_named_exactly_and_may_send_credentials() -> None:
    assert policy(CHAT).headers(CHAT) == [
        VARY,
        (b"access-control-allow-origin", b"https://chat.example.com"),
        (b"access-control-allow-credentials", b"true"),
    ]


@pytest.mark.parametrize(
    ("configured", "origin"),
    [
        ("https://Chat.Example.com", "https://chat.example.com"),
        ("https://chat.example.com:443", "https://chat.example.com"),
        ("http://chat.example.com", "http://chat.example.com:80"),
        ("HTTP://chat.example.com:8080", "http://CHAT.example.com:8080"),
        ("http://[2001:DB8::1]:8080", "http://[2001:db8::1]:8080"),
        ("capacitor://localhost", "capacitor://localhost"),
        ("chrome-extension://abcdef", "chrome-extension://abcdef"),
    ],
)
def test_origins_are_the_same_by_scheme_host_and_port_and_are_named_as_they_came(configured: str, origin: str) -> None:
    assert (b"access-control-allow-origin", origin.encode()) in policy(configured).headers(origin)


@pytest.mark.requirement("negotiate.cors")
@pytest.mark.parametrize(
    "origin",
    [
        None,
        "",
        "null",
        "*",
        "http://chat.example.com",
        "https://chat.example.com:8443",
        "https://chat.example.com.evil.example",
        "https://evil-chat.example.com",
        "https://chat.example.com/",
        "https://user@chat.example.com",
        "https://chat.example.com https://evil.example",
        "https://chat.example.com\n",
        "https://chat.example.com\r\nset-cookie: x=y",
        "https://chat.example.com:443443",
        "https://chat.example.com:65536",
        "https://chat.example.com:",
        "//chat.example.com",
        "chat.example.com",
        "https://chät.example.com",
        "https://[::1",
    ],
)
def test_any_other_origin_gets_nothing_but_that_the_answer_varies(origin: str | None) -> None:
    assert policy(CHAT).headers(origin) == [VARY]
    assert policy(CHAT).preflight_headers(origin, "authorization") == [VARY]


@pytest.mark.parametrize(
    "origin",
    ["http://localhost:5173", "https://localhost", "http://LOCALHOST:1", "http://127.0.0.1:8000", "https://[::1]:9"],
)
def test_pages_of_the_same_machine_are_allowed_where_that_is_wanted(origin: str) -> None:
    assert policy(allow_loopback=True).allows(origin)
    assert not policy(CHAT).allows(origin)


@pytest.mark.parametrize(
    "origin",
    [
        "http://localhost.evil.example",
        "http://evil.example",
        "http://127.0.0.1.evil.example",
        "http://127.0.0.2",
        "ftp://localhost",
        "file://localhost",
        "null",
    ],
)
def test_what_only_looks_like_the_same_machine_is_not(origin: str) -> None:
    assert not policy(allow_loopback=True).allows(origin)


def test_loopback_can_be_allowed_beside_others() -> None:
    both = policy(CHAT, allow_loopback=True)
    assert both.allows(CHAT)
    assert both.allows("http://localhost:5173")


def test_a_star_is_an_error_that_says_why() -> None:
    with pytest.raises(ConfigurationError, match="credentials"):
        policy(CHAT, "*")


@pytest.mark.parametrize(
    "origin",
    ["", "null", "chat.example.com", "https://chat.example.com/", "https://*.example.com", "https://chät.example"],
)
def test_what_is_no_origin_is_an_error_that_names_it(origin: str) -> None:
    with pytest.raises(ConfigurationError, match="which is no origin") as error:
        policy(origin)
    assert repr(origin) in str(error.value)


@pytest.mark.requirement("transports.cors.preflight")
def test_a_preflight_allows_the_methods_of_signalr_and_the_headers_that_were_asked_for() -> None:
    asked = "authorization,x-requested-with,x-signalr-user-agent"
    assert policy(CHAT).preflight_headers(CHAT, asked) == [
        *policy(CHAT).headers(CHAT),
        (b"access-control-allow-methods", b"GET, POST, DELETE"),
        (b"access-control-allow-headers", asked.encode()),
        (b"access-control-max-age", b"600"),
    ]


@pytest.mark.parametrize("asked", [None, "", "x" * 1025, "a\r\nb", "a\x00", "hä"])
def test_headers_that_cannot_be_echoed_are_not_allowed(asked: str | None) -> None:
    names = [name for name, _ in policy(CHAT).preflight_headers(CHAT, asked)]
    assert b"access-control-allow-methods" in names
    assert b"access-control-allow-headers" not in names


def test_up_to_1_kib_of_headers_can_be_asked_for() -> None:
    assert (b"access-control-allow-headers", b"x" * 1024) in policy(CHAT).preflight_headers(CHAT, "x" * 1024)


@given(origin=st.text(max_size=40) | st.text("htps:/localh.evx[]127@# \n\r", max_size=30).map("http://".__add__))
def test_no_text_in_the_header_breaks_the_answer(origin: str) -> None:
    for name, value in policy(CHAT, allow_loopback=True).preflight_headers(origin, origin):
        assert b"\r" not in value
        assert b"\n" not in value
        assert name == name.lower()


def test_a_policy_may_allow_what_another_one_names() -> None:
    one, other = CorsPolicy(), CorsPolicy(["https://a.example"], allow_loopback=True)
    one.allow(other)
    assert one.allows("https://a.example")
    assert not one.allows("http://localhost")
