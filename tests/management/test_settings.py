"""Settings: the rows of IConfigurationExtensionsFacts.cs and OptionsSetupFacts.cs (Functions extension), and ours."""

from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from serverless_hub.errors import ConfigurationError
from serverless_hub.management.settings import CONNECTION_STRING_SETTING, read_endpoints, resolve_setting
from serverless_hub.protocol.endpoint import Credential, Endpoint

K = CONNECTION_STRING_SETTING
KEY = "secret-key-that-is-never-shown"
URI = "http://signalr.service.uri.com:441"
MANAGED = Credential(kind="managed_identity")
DEFAULT = Credential(kind="default")


def text(host: str) -> str:
    return f"Endpoint=http://{host};AccessKey={KEY};Version=1.0;"


def with_key(host: str, name: str = "", *, primary: bool = True) -> Endpoint:
    url = f"http://{host}"
    return Endpoint(url, KEY, client_url=url, server_url=url, name=name, primary=primary)


def with_credential(credential: Credential = DEFAULT, name: str = "", *, primary: bool = True) -> Endpoint:
    return Endpoint(URI, credential=credential, client_url=URI, server_url=URI, name=name, primary=primary)


def section(prefix: str, **settings: str) -> dict[str, str]:
    return {f"{prefix}:{name}": value for name, value in settings.items()}


EAST = "Azure:SignalR:Endpoints:east"
WEST = "Azure:SignalR:Endpoints:west"


@pytest.mark.parametrize(
    ("environ", "endpoints"),
    [
        ({}, []),
        ({"PATH": "/bin", "HTTP_PROXY": "a", "http_proxy": "b", "Other": ""}, []),
        ({f"{K}2": text("a"), f"X{K}": text("a")}, []),
        # one connection string
        ({K: text("a")}, [with_key("a")]),
        ({f"ConnectionStrings:{K}": text("a")}, [with_key("a")]),
        ({f"ConnectionStrings:{K}": text("a"), K: text("b")}, [with_key("a")]),
        ({f"ConnectionStrings:{K}": text("a"), K: "malformed"}, [with_key("a")]),
        ({K: "Endpoint=http://signalr.service.uri.com:441;AuthType=azure.msi"}, [with_credential(MANAGED)]),
        # one identity
        (section(K, serviceUri=URI), [with_credential()]),
        (section(K, serviceUri=URI, type="Primary"), [with_credential()]),
        (section(K, serviceUri=URI, type="SECONDARY"), [with_credential(primary=False)]),
        (section(K, serviceUri=URI) | {K: text("a")}, [with_key("a")]),
        (section(K, serviceUri="malformed", clientId="") | {f"ConnectionStrings:{K}": text("a")}, [with_key("a")]),
        # named endpoints
        ({EAST: text("a")}, [with_key("a", "east")]),
        ({f"{EAST}:primary": text("a")}, [with_key("a", "east")]),
        ({f"{EAST}:Secondary": text("a")}, [with_key("a", "east", primary=False)]),
        (
            {f"{EAST}:secondary": text("c"), EAST: text("a"), f"{EAST}:primary": text("b")},
            [with_key("a", "east"), with_key("b", "east"), with_key("c", "east", primary=False)],
        ),
        (section(EAST, serviceUri=URI), [with_credential(name="east")]),
        (section(EAST, serviceUri=URI, type="secondary"), [with_credential(name="east", primary=False)]),
        (section(EAST, serviceUri=URI, primary=text("a"), secondary="") | {EAST: "x"}, [with_credential(name="east")]),
        ({WEST: text("w"), EAST: text("e")}, [with_key("e", "east"), with_key("w", "west")]),
        (
            section(EAST, serviceUri=URI) | section(WEST, secondary=text("w")),
            [with_credential(name="east"), with_key("w", "west", primary=False)],
        ),
        # all together
        ({EAST: text("e"), K: text("a")}, [with_key("a"), with_key("e", "east")]),
        ({EAST: text("e")} | section(K, serviceUri=URI), [with_key("e", "east"), with_credential()]),
        (
            {EAST: text("e"), K: text("a")} | section(K, serviceUri=URI),
            [with_key("a"), with_key("e", "east")],
        ),
    ],
)
@pytest.mark.parametrize("separator", [":", "__"])
@pytest.mark.parametrize("spelling", [str, str.lower, str.upper, str.swapcase])
def test_what_goes_before_what(
    environ: dict[str, str], endpoints: list[Endpoint], separator: str, spelling: Callable[[str], str]
) -> None:
    written = {spelling(name).replace(":", separator): value for name, value in environ.items()}
    assert read_endpoints(environ=written) == [replace(each, name=spelling(each.name)) for each in endpoints]


def test_a_hub_may_have_a_connection_of_its_own() -> None:
    environ = {"Chat": text("chat"), "ConnectionStrings__Feed": text("feed"), "Feed__x": "y", K: text("default")}
    assert read_endpoints("chat", environ) == [with_key("chat")]
    assert read_endpoints("Feed", environ) == [with_key("feed")]
    assert read_endpoints("Third", environ) == []
    assert read_endpoints("My__Own", {"my:own": text("a")}) == [with_key("a")]


def test_named_endpoints_belong_to_every_connection() -> None:
    assert read_endpoints("Chat", {EAST: text("e"), "Chat": text("a")}) == [with_key("a"), with_key("e", "east")]


def test_the_environment_is_read_when_nothing_else_is_given(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ServerlessHubTest__serviceUri", URI)
    assert read_endpoints("ServerlessHubTest") == [with_credential()]
    assert resolve_setting("%serverlesshubtest:serviceuri%") == URI


@pytest.mark.parametrize(
    ("settings", "credential"),
    [
        ({}, DEFAULT),
        ({"clientId": "c"}, Credential(kind="default", client_id="c")),
        ({"clientId": " c ", "tenantId": "t"}, Credential(kind="default", client_id="c", tenant_id="t")),
        ({"credential": "managedidentity"}, MANAGED),
        ({"credential": "ManagedIdentity", "tenantId": "t", "clientSecret": KEY}, MANAGED),
        (
            {"credential": "managedidentity", "clientId": "c"},
            Credential(kind="managed_identity", client_id="c"),
        ),
        (
            {"clientId": "c", "tenantId": "t", "clientSecret": KEY},
            Credential(kind="application", client_id="c", tenant_id="t", client_secret=KEY),
        ),
    ],
)
@pytest.mark.parametrize(("prefix", "name"), [(K, ""), (EAST, "east")])
def test_an_identity_has_the_credential_that_its_section_says(
    settings: dict[str, str], credential: Credential, prefix: str, name: str
) -> None:
    environ = section(prefix, serviceUri=URI, **settings)
    assert read_endpoints(environ=environ) == [with_credential(credential, name)]


def test_an_identity_has_all_that_its_section_says() -> None:
    environ = section(
        EAST,
        serviceUri=f"{URI}/",
        credential="managedidentity",
        type="secondary",
        serverEndpoint="https://serverEndpoint.com",
        clientEndpoint="https://clientEndpoint.com/path",
        somethingElse="",
    )
    expected = Endpoint(
        URI,
        credential=MANAGED,
        client_url="https://clientendpoint.com/path",
        server_url="https://serverendpoint.com",
        name="east",
        primary=False,
    )
    assert read_endpoints(environ=environ) == [expected]


@pytest.mark.requirement("endpoints.weight")
def test_a_named_endpoint_may_have_a_weight() -> None:
    environ = {EAST: text("e"), f"{EAST}:secondary": text("f"), f"{EAST}:weight": "12", WEST: text("w")}
    weights = {endpoint.url: endpoint.weight for endpoint in read_endpoints(environ=environ)}
    assert weights == {"http://e": 12, "http://f": 12, "http://w": 1}
    assert read_endpoints(environ=section(EAST, serviceUri=URI, weight="3"))[0].weight == 3


def test_one_setting_in_two_spellings_counts_once_where_they_agree() -> None:
    environ = {K: text("a"), K.lower(): f"{text('a')} ", "Azure__SignalR__Endpoints__East": text("e"), EAST: text("e")}
    assert read_endpoints(environ=environ) == [with_key("a"), with_key("e", "East")]


def test_the_first_spelling_of_a_name_is_the_name_of_its_endpoints() -> None:
    environ = {"Azure__SignalR__Endpoints__East__primary": text("a"), f"{EAST}:secondary": text("b")}
    assert read_endpoints(environ=environ) == [with_key("a", "East"), with_key("b", "East", primary=False)]


@pytest.mark.parametrize(
    ("environ", "reason"),
    [
        # blank
        ({K: ""}, f"{K} is blank"),
        ({K: " \t"}, f"{K} is blank"),
        ({K.lower(): ""}, f"{K.lower()} is blank"),
        ({f"ConnectionStrings__{K}": "", K: text("a")}, f"ConnectionStrings__{K} is blank"),
        ({K: "", f"{K}__serviceUri": URI}, f"{K} is blank"),
        ({f"{K}__serviceUri": " "}, f"{K}__serviceUri is blank"),
        ({f"{EAST}:primary": ""}, f"{EAST}:primary is blank"),
        ({f"{EAST}:serviceUri": "", EAST: text("a")}, f"{EAST}:serviceUri is blank"),
        *(
            (section(K, serviceUri=URI) | {f"{K}:{key}": ""}, f"{K}:{key} is blank")
            for key in (
                "credential",
                "clientId",
                "tenantId",
                "clientSecret",
                "clientEndpoint",
                "serverEndpoint",
                "type",
                "managedIdentityResourceId",
            )
        ),
        # malformed
        ({K: "Endpoint=http://a"}, f"{K}: the connection string lacks AccessKey"),
        ({f"ConnectionStrings__{K}": KEY}, f"ConnectionStrings__{K}: a part of the connection string has no '='"),
        (
            {f"{EAST}:secondary": f"Endpoint={KEY}"},
            f"{EAST}:secondary: Endpoint of the connection string is not an http",
        ),
        (section(K, serviceUri=f"http://{KEY}@a"), f"{K}:serviceUri is not an http"),
        (section(K, serviceUri=URI, clientEndpoint=KEY), f"{K}:clientEndpoint is not an http"),
        (section(K, serviceUri=URI, serverEndpoint=KEY), f"{K}:serverEndpoint is not an http"),
        (section(K, serviceUri=URI, type=KEY), f"{K}:type takes Primary or Secondary"),
        (section(K, serviceUri=URI, credential=KEY), f"{K}:credential takes managedidentity"),
        (section(K, serviceUri=URI, credential="workloadidentity"), f"{K}:credential takes managedidentity"),
        # incomplete
        (section(K, serviceUri=URI, clientSecret=KEY), f"{K}: the credential of an application is incomplete: add Cl"),
        (section(EAST, serviceUri=URI, clientSecret=KEY, clientId="c"), f"{EAST}: the cred.*incomplete: add TenantId$"),
        (section(K, clientId="c"), f"{K}:clientId needs {K}:serviceUri"),
        (section(K, clientSecret=KEY, type="Primary"), f"{K}:clientSecret needs {K}:serviceUri"),
        (section(EAST, tertiary=text("a")), f"{EAST} gives no endpoint"),
        (section(EAST, clientId="c"), f"{EAST} gives no endpoint"),
        ({"Azure__SignalR__Endpoints__": text("a")}, "a setting of Azure:SignalR:Endpoints names no endpoint"),
        ({"Azure:SignalR:Endpoints::serviceUri": URI}, "a setting of Azure:SignalR:Endpoints names no endpoint"),
        *(
            (section(EAST, primary=text("a"), weight=weight), f"{EAST}:weight takes a number from 1 to 999")
            for weight in ("0", "-1", "1.5", "1000", "many", "٣")
        ),
        (section(EAST, weight="3"), f"{EAST} gives no endpoint"),
        # contradicted
        ({K: text("a"), K.lower(): text("b")}, f"{K} and {K.lower()} are one setting with two values"),
        (
            {f"{K}__serviceUri": URI, f"{K}:serviceUri": "http://b"},
            f"{K}:serviceUri and {K}__serviceUri are one setting",
        ),
        ({K: text("a"), K.upper(): ""}, "are one setting with two values"),
        # what Azure Functions reads and we do not
        *(
            (section(K, serviceUri=URI) | {f"{K}:{key}": KEY}, f"{K}:{key} is not supported")
            for key in (
                "managedIdentityClientId",
                "managedIdentityResourceId",
                "managedIdentityObjectId",
                "clientCertificate",
                "additionallyAllowedTenants",
                "serviceConnectionId",
                "systemAccessToken",
                "tokenFilePath",
                "azureCloud",
            )
        ),
    ],
)
def test_what_is_wrong_is_named_and_no_secret_is_shown(environ: dict[str, str], reason: str) -> None:
    with pytest.raises(ConfigurationError, match=reason) as error:
        read_endpoints(environ=environ)
    assert KEY not in str(error.value)


@pytest.mark.parametrize("name", ["", " "])
def test_a_connection_has_a_name(name: str) -> None:
    with pytest.raises(ConfigurationError, match="the name of a connection is blank"):
        read_endpoints(name, {K: text("a")})


HUBS = {"HubName": "chat", "Team__Hub": " feed\n", "again": "%HubName%", "empty": " ", "two": "a", "TWO": "b"}


@pytest.mark.parametrize(
    ("written", "resolved"),
    [
        ("", ""),
        ("chat", "chat"),
        ("%HubName%", "chat"),
        ("%HUBNAME%", "chat"),
        ("a_%hubname%_%Team:Hub%", "a_chat_feed"),
        ("%HubName%%HubName%", "chatchat"),
        ("%team__hub%", "feed"),
        ("%again%", "%HubName%"),
    ],
)
def test_names_between_percent_signs_become_their_settings(written: str, resolved: str) -> None:
    assert resolve_setting(written, HUBS) == resolved


@pytest.mark.parametrize(
    ("written", "reason"),
    [
        ("%Missing%", "'%Missing%' takes the setting 'Missing', which is not set"),
        ("% HubName %", "takes the setting ' HubName ', which is not set"),
        ("100%%", "'100%%' takes the setting '', which is not set"),
        ("%HubName", "'%HubName' has a % without a second one"),
        ("%HubName%%", "has a % without a second one"),
        ("%empty%", "empty is blank"),
        ("%two%", "TWO and two are one setting with two values"),
    ],
)
def test_a_setting_that_cannot_be_put_in_is_named(written: str, reason: str) -> None:
    with pytest.raises(ConfigurationError, match=reason):
        resolve_setting(written, HUBS)


SECRET = "S3CR3T"
KEYS = st.sampled_from(
    [
        *(
            "serviceUri",
            "credential",
            "clientId",
            "tenantId",
            "clientSecret",
            "clientEndpoint",
            "serverEndpoint",
            "type",
        ),
        *("primary", "secondary", "managedIdentityResourceId", "weight", "other"),
    ]
)
SECTIONS = st.sampled_from([K, f"ConnectionStrings:{K}", EAST, WEST, "Azure:SignalR:Endpoints"])
NAMES = SECTIONS | st.builds("{}:{}".format, SECTIONS, KEYS) | st.builds("{}__{}".format, SECTIONS, KEYS)
VALUES = st.sampled_from(
    [
        *("", URI, "primary", "managedidentity", SECRET, f"Endpoint=http://a;AccessKey={SECRET}", f"Endpoint={SECRET}"),
        f"Endpoint=https://a/b;AuthType=azure.app;ClientId=c;TenantId=t;ClientSecret={SECRET}",
    ]
)


def hide_ids(endpoint: Endpoint) -> Endpoint:
    if endpoint.credential is None:
        return endpoint
    return replace(endpoint, credential=replace(endpoint.credential, client_id="c", tenant_id="t"))


@given(environ=st.dictionaries(NAMES | st.text(max_size=5), VALUES | st.text(max_size=5), max_size=8))
def test_arbitrary_settings_give_endpoints_or_an_error_and_show_no_secret(environ: dict[str, str]) -> None:
    try:
        shown = repr([hide_ids(endpoint) for endpoint in read_endpoints(environ=environ)])
    except ConfigurationError as error:
        shown = str(error)
    assert SECRET not in shown


PIECES = st.text("abAB :_", max_size=3).map(lambda text: (text, text)) | st.sampled_from(
    [("%a%", "1"), ("%B%", "2"), ("%A:b%", "3"), ("%a__B%", "3")]
)


@given(pieces=st.lists(PIECES, max_size=6))
def test_what_is_not_between_percent_signs_stays(pieces: list[tuple[str, str]]) -> None:
    written, resolved = ("".join(column) for column in (zip(*pieces, strict=True) if pieces else ((), ())))
    assert resolve_setting(written, {"A": "1", "b": "2", "a:b": "3"}) == resolved


@given(text=st.text("%ab", max_size=12))
def test_arbitrary_text_is_resolved_or_a_configuration_error(text: str) -> None:
    names = text.split("%")[1::2]
    if text.count("%") % 2 == 0 and set(names) <= {"a", "b"}:
        assert "%" not in resolve_setting(text, {"a": "1", "b": "2"})
    else:
        with pytest.raises(ConfigurationError):
            resolve_setting(text, {"a": "1", "b": "2"})


@pytest.mark.parametrize("value", ["Transient", "transient"])
def test_sending_by_requests_may_be_named(value: str) -> None:
    assert read_endpoints(environ={"AzureSignalRServiceTransportType": value}) == []


@pytest.mark.requirement("settings.transport-type")
@pytest.mark.parametrize("value", ["Persistent", "other"])
def test_a_persistent_transport_is_refused_with_the_reason(value: str) -> None:
    with pytest.raises(ConfigurationError, match="takes Transient: everything is sent over the REST API"):
        read_endpoints(environ={"azuresignalrservicetransporttype": value})


def test_a_variable_that_goes_while_others_are_read_was_never_there() -> None:
    class Changing(dict[str, str]):
        def __iter__(self) -> Iterator[str]:
            yield from ["GONE", *super().__iter__()]

    assert resolve_setting("%Name%", Changing({"Name": "value"})) == "value"
