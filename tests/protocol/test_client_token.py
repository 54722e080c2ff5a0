from typing import Any

import pytest

from serverless_hub.protocol.client_token import (
    ClientIdentity,
    ClientOptions,
    client_claims,
    client_url,
    is_client_audience,
    read_identity,
)


@pytest.mark.requirement("negotiate.url")
def test_clients_connect_below_client_with_the_hub_in_lower_case() -> None:
    assert client_url("http://localhost:8888/", "Chat") == "http://localhost:8888/client/?hub=chat"


@pytest.mark.requirement("negotiate.token")
@pytest.mark.parametrize(
    ("audience", "ours"),
    [
        ("http://localhost:8888/client/?hub=chat", True),
        ("http://localhost/client/?hub=chat", True),
        ("https://elsewhere/_signalr/client?hub=CHAT", True),
        ("http://localhost/client/?hub=news", False),
        ("http://localhost/client/", False),
        ("http://localhost/client/?hub=chat&hub=chat", False),
        ("http://localhost/api/v1/hubs/chat", False),
        ("http://localhost/api/hubs/chat?hub=chat", False),
        ("http://[", False),
        ("", False),
    ],
)
def test_an_audience_is_compared_by_path_and_hub(audience: str, ours: bool) -> None:
    assert is_client_audience(audience, "Chat") is ours


@pytest.mark.requirement("negotiate.claims.renamed")
def test_user_and_claims_survive_the_token() -> None:
    payload = client_claims(
        "ann", {"role": ["a", "b"], "nonce": "x", "level": 3, "ok": True}, audience="us", now=100.5, lifetime=60
    )
    assert payload["asrs.u.nonce"] == "x"
    assert (payload["nbf"], payload["iat"], payload["exp"], payload["aud"]) == (100, 100, 160, "us")
    claims = (("role", "a"), ("role", "b"), ("nonce", "x"), ("level", "3"), ("ok", "true"))
    assert read_identity(payload) == ClientIdentity("ann", claims)


def test_a_client_without_a_user_has_none() -> None:
    assert read_identity(client_claims(None, {}, audience="us", now=0, lifetime=1)) == ClientIdentity()


@pytest.mark.parametrize("name", ["nameid", "sub"])
def test_tokens_by_others_name_the_user_in_standard_claims(name: str) -> None:
    assert read_identity({name: 7}).user_id == "7"


@pytest.mark.requirement("negotiate.options", "negotiate.transports")
def test_options_become_claims_of_the_service() -> None:
    options = ClientOptions(
        detailed_errors=True,
        diagnostic_client=True,
        closes_at=160.5,
        transports=["WebSockets", "LongPolling"],
        handshake_timeout=20,
    )
    payload = client_claims(None, {}, audience="us", now=100, lifetime=60, options=options)
    chosen = {name: value for name, value in payload.items() if name.startswith("asrs.s.")}
    assert chosen == {
        "asrs.s.derror": "True",
        "asrs.s.dc": "true",
        "asrs.s.coae": "true",
        "asrs.s.aeo": "160",
        "asrs.s.htt": "5",
        "asrs.s.cht": "20",
    }
    identity = read_identity(payload)
    assert identity.claims == ()
    assert identity.detailed_errors
    assert identity.handshake_timeout == 20
    assert identity.transports == frozenset[Any](["WebSockets", "LongPolling"])


@pytest.mark.requirement("negotiate.user-id.claims")
@pytest.mark.parametrize("name", ["nameid", "sub"])
def test_a_claim_of_the_app_never_names_the_user(name: str) -> None:
    payload = client_claims(None, {name: "victim"}, audience="us", now=0, lifetime=1)
    assert read_identity(payload) == ClientIdentity(None, ((name, "victim"),))


@pytest.mark.requirement("negotiate.expiration")
@pytest.mark.parametrize(
    ("payload", "closes_at"),
    [
        ({"exp": 5}, None),
        ({"asrs.s.coae": "false", "asrs.s.aeo": "7"}, None),
        ({"asrs.s.coae": "true", "asrs.s.aeo": "7", "exp": 5}, 7),
        ({"asrs.s.coae": "True", "exp": 5}, 5),
        ({"asrs.s.coae": True}, 0),
        ({"asrs.s.coae": "true", "asrs.s.aeo": "soon"}, 0),
        ({"asrs.s.coae": "true", "asrs.s.aeo": "inf"}, 0),
        ({"asrs.s.coae": "true", "asrs.s.aeo": 10**400}, 0),
    ],
)
def test_a_connection_that_closes_on_expiry_knows_when(payload: dict[str, Any], closes_at: float | None) -> None:
    assert read_identity(payload).closes_at == closes_at


@pytest.mark.parametrize(
    ("claim", "transports"),
    [
        ("7", "LongPolling ServerSentEvents WebSockets"),
        (2, "ServerSentEvents"),
        ("0", ""),
        ("8", ""),
        ("all", ""),
        ("inf", ""),
        (None, ""),
        ([1], ""),
    ],
)
def test_bits_that_nobody_can_read_allow_no_transport(claim: Any, transports: str) -> None:
    allowed = read_identity({"asrs.s.htt": claim}).transports
    assert allowed is not None
    assert " ".join(sorted(allowed)) == transports
    assert read_identity({}).transports is None


@pytest.mark.requirement("transports.claims")
@pytest.mark.parametrize(
    ("claim", "seconds"),
    [("20", 20), (1, 1), ("31", 30), ("inf", 30), ("0", None), ("-1", None), ("nan", None), ("soon", None), ([], None)],
)
def test_a_handshake_may_take_half_a_minute_at_most(claim: Any, seconds: float | None) -> None:
    assert read_identity({"asrs.s.cht": claim}).handshake_timeout == seconds


@pytest.mark.parametrize(("claim", "detailed"), [("True", True), (True, True), ("false", False), ("1", False)])
def test_details_of_errors_have_to_be_asked_for(claim: Any, *, detailed: bool) -> None:
    assert read_identity({"asrs.s.derror": claim}).detailed_errors is detailed
    assert not read_identity({}).detailed_errors
