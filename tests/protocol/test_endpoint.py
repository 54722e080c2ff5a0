"""Connection strings: the rows of azure-signalr ConnectionStringParserTests.cs, and where we are stricter."""

from collections.abc import Callable
from dataclasses import replace
from random import Random
from typing import Literal
from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from serverless_hub.errors import ConfigurationError
from serverless_hub.protocol.endpoint import Credential, Endpoint, parse_connection_string

KEY = "secret-key-that-is-never-shown"
URL = "https://a.service.signalr.net"
WITH_KEY = f"Endpoint=http://a;AccessKey={KEY}"


def test_a_connection_string_is_read() -> None:
    endpoint = parse_connection_string(f"Endpoint={URL}/;AccessKey={KEY};Version=1.0;")
    assert endpoint == Endpoint(URL, KEY, client_url=URL, server_url=URL)
    assert (endpoint.credential, endpoint.name, endpoint.primary) == (None, "", True)


@pytest.mark.requirement("settings.connection-string.grammar")
def test_names_ignore_case_and_values_may_have_an_equals_sign() -> None:
    assert parse_connection_string(" endpoint=http://a ; ACCESSKEY=abc== ").access_key == "abc=="


def test_names_that_nobody_knows_are_skipped() -> None:
    assert parse_connection_string(f"{WITH_KEY};EntityPath=;x={KEY}") == parse_connection_string(WITH_KEY)


@pytest.mark.parametrize("version", ["1.0", "1.1", "1.0-preview", "1.0.1", "1.25_b"])
def test_every_version_1_is_read(version: str) -> None:
    assert parse_connection_string(f"{WITH_KEY};Version={version}") == parse_connection_string(WITH_KEY)


@pytest.mark.requirement("settings.connection-string.endpoints")
@pytest.mark.parametrize(
    ("text", "urls"),
    [
        ("Endpoint=http://a", ("http://a", "http://a", "http://a")),
        ("Endpoint=http://a:500", ("http://a:500", "http://a:500", "http://a:500")),
        ("Endpoint=http://a:500;Port=400", ("http://a:400", "http://a:400", "http://a:400")),
        ("Endpoint=http://a:99999;Port=400", ("http://a:400", "http://a:400", "http://a:400")),
        ("Endpoint=http://a;Port=00080", ("http://a", "http://a", "http://a")),
        ("Endpoint=https://a;Port=80", ("https://a:80", "https://a:80", "https://a:80")),
        ("Endpoint=http://a:5;Port=4;ServerEndpoint=http://s", ("http://a:4", "http://a:4", "http://s")),
        ("Endpoint=http://a:5;Port=4;ServerEndpoint=http://s:9/", ("http://a:4", "http://a:4", "http://s:9")),
        ("Endpoint=http://a:5;Port=4;ClientEndpoint=http://c", ("http://a:4", "http://c", "http://a:4")),
        ("Endpoint=http://a;ClientEndpoint=https://c:9", ("http://a", "https://c:9", "http://a")),
    ],
)
def test_clients_and_the_app_may_have_urls_of_their_own(text: str, urls: tuple[str, str, str]) -> None:
    endpoint = parse_connection_string(f"{text};AccessKey={KEY}")
    assert (endpoint.url, endpoint.client_url, endpoint.server_url) == urls


@pytest.mark.parametrize(
    ("given_url", "port", "url"),
    [
        ("http://a/", None, "http://a"),
        ("https://a//", None, "https://a"),
        ("HTTPS://A.Example.NET", None, "https://a.example.net"),
        ("https://a:443", None, "https://a"),
        ("http://a:80/x", None, "http://a/x"),
        ("http://a:443", None, "http://a:443"),
        ("https://gateway/Some/Path/", None, "https://gateway/Some/Path"),
        ("http://localhost:8000/_signalr", None, "http://localhost:8000/_signalr"),
        ("http://localhost/_signalr/", "8000", "http://localhost:8000/_signalr"),
        ("http://[::1]:8888", None, "http://[::1]:8888"),
        ("http://[::1]", "8888", "http://[::1]:8888"),
        ("http://10.0.0.1:8888", None, "http://10.0.0.1:8888"),
        ("http://signalr_emulator:8888", None, "http://signalr_emulator:8888"),
    ],
)
def test_a_url_keeps_its_path_and_loses_what_says_nothing(given_url: str, port: str | None, url: str) -> None:
    suffix = "" if port is None else f";Port={port}"
    assert parse_connection_string(f"Endpoint={given_url};AccessKey={KEY}{suffix}").url == url


@pytest.mark.parametrize(
    "bad_url",
    [
        *("a", "xxx", "endpoint=aaa", "ftp://a", "//a", "http:", "http://", "http:///x", "http://[", "http://]"),
        *("http://[::1", "http://[:]", "http://[1.2.3.4]", "http://a b", "http://a\tb", "http://a\\b", "http://.a"),
        *(
            "http://a..b",
            f"http://{'a' * 64}",
            "http://\u00e4",
            "http://\u2100",
            "http://\u212a",
            "http\u017f://a",
            f"http://{KEY}@a",
            f"http://u:{KEY}@a",
        ),
        *(f"http://a?{KEY}", f"http://a/#{KEY}", "http://a/\u00e4", "http://a/ b", "http://a:", "http://a:x"),
    ],
)
@pytest.mark.parametrize("name", ["Endpoint", "ClientEndpoint", "ServerEndpoint"])
def test_what_is_no_http_url_is_refused(name: str, bad_url: str) -> None:
    text = f"{'' if name == 'Endpoint' else 'Endpoint=http://a;'}{name}={bad_url};AccessKey={KEY}"
    with pytest.raises(ConfigurationError) as error:
        parse_connection_string(text)
    assert str(error.value).startswith(f"{name} of the connection string ")
    assert KEY not in str(error.value)


@pytest.mark.parametrize(
    "port", ["0", "-1", "+80", "2.3", "x", "65536", "1000000", "9" * 5000, "\u0663", "8\u0663", "\u00b2", "8 0"]
)
def test_a_port_that_is_none_is_refused(port: str) -> None:
    with pytest.raises(ConfigurationError, match="Port of the connection string is not a number from 1 to 65535"):
        parse_connection_string(f"{WITH_KEY};Port={port}")


@pytest.mark.parametrize("port", ["0", "65536", "9" * 5000])
def test_a_port_in_a_url_that_is_none_is_refused(port: str) -> None:
    with pytest.raises(ConfigurationError, match="the port of Endpoint of the connection string is not a number"):
        parse_connection_string(f"Endpoint=http://a:{port};AccessKey={KEY}")


@pytest.mark.parametrize("port", [1, 65535])
def test_the_first_and_the_last_port_are_ports(port: int) -> None:
    assert parse_connection_string(f"{WITH_KEY};Port={port}").url == f"http://a:{port}"


@pytest.mark.requirement("settings.connection-string.auth-type")
@pytest.mark.parametrize(
    ("properties", "credential"),
    [
        ("AuthType=azure", Credential(kind="default")),
        ("AuthType=Azure;ClientId=c;TenantId=t;ClientSecret=s", Credential(kind="default")),
        ("AuthType=azure.msi", Credential(kind="managed_identity")),
        ("AuthType=azure.msi;ClientId=c", Credential(kind="managed_identity", client_id="c")),
        ("AuthType=azure.msi;ClientId=c;TenantId=t;ClientSecret=s", Credential(kind="managed_identity", client_id="c")),
        ("AuthType=AAD", Credential(kind="managed_identity")),
        ("AuthType=aad;ClientId=c", Credential(kind="managed_identity", client_id="c")),
        ("AuthType=aad;ClientId=c;ClientSecret=s", Credential(kind="managed_identity", client_id="c")),
        ("AuthType=aad;TenantId=t", Credential(kind="managed_identity")),
        ("AuthType=aad;ClientSecret=s", Credential(kind="managed_identity")),
        (
            "AuthType=aad;ClientId=c;TenantId=t;ClientSecret=s",
            Credential(kind="application", client_id="c", tenant_id="t", client_secret="s"),
        ),
        (
            "AuthType=azure.app;ClientId=c;TenantId=t;ClientSecret=s",
            Credential(kind="application", client_id="c", tenant_id="t", client_secret="s"),
        ),
        (
            "AuthType=azure.app;ClientId=c;TenantId=t;ClientCert=/p",
            Credential(kind="application", client_id="c", tenant_id="t", client_cert_path="/p"),
        ),
        (
            "AuthType=azure.app;ClientId=c;TenantId=t;ClientCertPath=/p;ClientSecret=s",
            Credential(kind="application", client_id="c", tenant_id="t", client_secret="s", client_cert_path="/p"),
        ),
        (f"AuthType=azure;AccessKey={KEY}", Credential(kind="default")),
    ],
)
def test_an_auth_type_gives_a_credential_in_place_of_the_key(properties: str, credential: Credential) -> None:
    endpoint = parse_connection_string(f"Endpoint={URL};{properties}")
    assert endpoint == Endpoint(URL, credential=credential, client_url=URL, server_url=URL)


@pytest.mark.parametrize(
    ("properties", "missing"),
    [
        ("AuthType=azure.app", "add ClientId and TenantId and ClientSecret or ClientCertPath"),
        ("AuthType=azure.app;TenantId=t;ClientSecret=s", "add ClientId$"),
        ("AuthType=azure.app;ClientId=c;ClientSecret=s", "add TenantId$"),
        ("AuthType=azure.app;ClientId=c;TenantId=t", "add ClientSecret or ClientCertPath$"),
        ("AuthType=aad;ClientId=c;TenantId=t", "add ClientSecret or ClientCertPath$"),
    ],
)
def test_an_application_without_all_that_it_needs_is_refused(properties: str, missing: str) -> None:
    with pytest.raises(ConfigurationError, match=missing):
        parse_connection_string(f"Endpoint={URL};{properties}")


@pytest.mark.requirement("settings.connection-string.grammar")
@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "the connection string is blank"),
        (" \t\n", "the connection string is blank"),
        (" ; ", "lacks Endpoint=...;"),
        ("XXX=yyy", "lacks Endpoint=...;"),
        (f"AccessKey={KEY}", "lacks Endpoint=...;"),
        ("Endpoint=http://a", "lacks AccessKey=...;"),
        ("Endpoint=http://a;AccessKey=", "AccessKey of the connection string is blank"),
        (f"Endpoint=;AccessKey={KEY}", "Endpoint of the connection string is blank"),
        (f"{WITH_KEY};AuthType=", "AuthType of the connection string is blank"),
        (f"{WITH_KEY};AuthType={KEY}", "AuthType of the connection string is not known"),
        (f"{WITH_KEY};Version=2.0", "Version of the connection string is not supported: write Version=1.0;"),
        (f"{WITH_KEY};Version=abc", "Version"),
        (f"{WITH_KEY};TransportType=Persistent", "takes Transient: everything is sent over the REST API"),
        (f"{WITH_KEY};Version=1.x", "Version"),
        (f"{WITH_KEY};Version=1.0AccessKey={KEY}", "Version"),
        (f"{WITH_KEY};accesskey={KEY}", "AccessKey of the connection string is there twice"),
        (
            f"{WITH_KEY};AuthType=azure;ClientCert=a;ClientCertPath=b",
            "ClientCertPath of the connection string is there tw",
        ),
        (f"{WITH_KEY};{KEY}=;{KEY}=", "a name of the connection string is there twice"),
        (f"Endpoint=http://a;{KEY}", "has no '='"),
        ("XXX", "has no '='"),
        (f"{WITH_KEY}\n{KEY}", "AccessKey of the connection string has characters that do not print"),
        (f"{WITH_KEY}\u200b", "AccessKey of the connection string has characters that do not print"),
        (f"{WITH_KEY}\udcff", "AccessKey of the connection string has characters that do not print"),
    ],
)
def test_what_is_wrong_is_said_without_the_key(text: str, reason: str) -> None:
    with pytest.raises(ConfigurationError, match=reason) as error:
        parse_connection_string(text)
    assert KEY not in str(error.value)


@pytest.mark.parametrize(
    ("access_key", "credential"),
    [(None, None), ("", None), ("", Credential(kind="default")), (KEY, Credential(kind="default"))],
)
def test_an_endpoint_has_either_a_key_or_a_credential(access_key: str | None, credential: Credential | None) -> None:
    with pytest.raises(ConfigurationError, match="either an access_key or a credential") as error:
        Endpoint(URL, access_key, credential=credential, client_url=URL, server_url=URL)
    assert KEY not in str(error.value)


def test_what_is_read_can_be_named_and_made_secondary() -> None:
    endpoint = replace(parse_connection_string(WITH_KEY), name="east", primary=False)
    assert (endpoint.name, endpoint.primary, endpoint.access_key) == ("east", False, KEY)


NAMES = [
    *("Endpoint", "Port", "Version", "ClientEndpoint", "ServerEndpoint", "AccessKey", "AuthType"),
    *("ClientId", "TenantId", "ClientSecret", "ClientCert", "ClientCertPath", "Other"),
]
FRAGMENTS = st.sampled_from(
    [*NAMES, "http://", "https://", "a", "[", "]", ":", "1.0", "azure", ".msi", ".app", "aad", "="]
)
VALUES = st.lists(FRAGMENTS | st.text(max_size=5), max_size=4).map("".join)
PAIRS = st.builds("{}={}".format, st.sampled_from(NAMES), VALUES)


@given(text=st.text(max_size=100) | st.lists(PAIRS | VALUES, max_size=6).map(";".join))
def test_arbitrary_text_is_read_or_a_configuration_error(text: str) -> None:
    try:
        endpoint = parse_connection_string(text)
    except ConfigurationError:
        return
    for url in (endpoint.url, endpoint.client_url, endpoint.server_url):
        assert urlsplit(url).hostname
        assert urlsplit(url).port != 0
        assert url.isascii()


SECRET = "S3CR3T"


SECRETIVE = st.lists(st.just(SECRET) | FRAGMENTS, min_size=1, max_size=3).map("".join)
SECRETIVE_PAIRS = st.builds("{}={}".format, st.sampled_from(NAMES) | SECRETIVE, SECRETIVE)


@given(text=st.lists(st.sampled_from(WITH_KEY.split(";")) | SECRETIVE_PAIRS | SECRETIVE, max_size=6).map(";".join))
def test_no_error_shows_a_secret(text: str) -> None:
    shown = ""
    try:
        parse_connection_string(text)
    except ConfigurationError as error:
        shown = str(error)
    assert SECRET not in shown


WORDS = st.text("abcXYZ019+/=-_.~", min_size=1, max_size=20)
SECRETS = WORDS.map(SECRET.__add__)
HOSTS = st.from_regex(r"[a-z0-9]{1,9}(\.[a-z0-9-]{1,9}){0,2}", fullmatch=True) | st.ip_addresses(v=6).map("[{}]".format)
PORTS = st.just("") | st.integers(81, 442).map(":{}".format)
URLS = st.builds("{}://{}{}{}".format, st.sampled_from(["http", "https"]), HOSTS, PORTS, st.sampled_from(["", "/x/Y"]))
Texts = st.SearchStrategy[str]


def properties(required: dict[str, Texts], **optional: Texts) -> st.SearchStrategy[dict[str, str]]:
    return st.fixed_dictionaries(required, optional=optional)


APP_TYPES = st.sampled_from(["aad", "azure.app"])
PROOFS = st.one_of(
    properties({"AccessKey": SECRETS}),
    properties({"AuthType": st.just("azure.msi")}, ClientId=WORDS),
    properties(
        {"AuthType": APP_TYPES, "ClientId": WORDS, "TenantId": WORDS, "ClientSecret": SECRETS}, ClientCertPath=WORDS
    ),
)
KINDS: dict[str, Literal["managed_identity", "application"]] = {
    "azure.msi": "managed_identity",
    "azure.app": "application",
    "aad": "application",
}


@given(
    urls=properties({"Endpoint": URLS}, ClientEndpoint=URLS, ServerEndpoint=URLS),
    proof=PROOFS,
    spelling=st.sampled_from([str, str.lower, str.upper, str.swapcase]),
    space=st.sampled_from(["", " ", "\n"]),
    random=st.randoms(use_true_random=False),
)
def test_what_is_written_is_what_is_read(
    urls: dict[str, str], proof: dict[str, str], spelling: Callable[[str], str], space: str, random: Random
) -> None:
    pairs = list({**urls, **proof}.items())
    random.shuffle(pairs)
    endpoint = parse_connection_string(
        ";".join(f"{space}{spelling(name)}{space}={space}{value}" for name, value in pairs)
    )
    credential = None
    if "AuthType" in proof:
        credential = Credential(
            kind=KINDS[proof["AuthType"]],
            client_id=proof.get("ClientId"),
            tenant_id=proof.get("TenantId"),
            client_secret=proof.get("ClientSecret"),
            client_cert_path=proof.get("ClientCertPath"),
        )
    assert endpoint == Endpoint(
        urls["Endpoint"],
        proof.get("AccessKey"),
        credential=credential,
        client_url=urls.get("ClientEndpoint", urls["Endpoint"]),
        server_url=urls.get("ServerEndpoint", urls["Endpoint"]),
    )
    assert SECRET not in f"{endpoint} {endpoint!r}"


def test_the_sign_that_stands_for_a_key_is_not_taken_for_one() -> None:
    with pytest.raises(ConfigurationError, match="put the key there"):
        parse_connection_string("Endpoint=http://localhost:8888;AccessKey=…;Version=1.0;")
