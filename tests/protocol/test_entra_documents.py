import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from serverless_hub.errors import TokenError
from serverless_hub.protocol.entra import EntraAuthentication
from serverless_hub.protocol.entra_documents import MAX_DOCUMENT_BYTES, read_keys, read_metadata
from serverless_hub.protocol.tokens import verify_rsa_token
from tests.support.entra import CLIENT, OBJECT, TENANT, SigningKey

AUTHORITY = "https://login.microsoftonline.com"
SETTINGS = EntraAuthentication(
    tenant_id=TENANT, audience="api://chat", callers=OBJECT, key_origins="https://keys.example"
)
METADATA: dict[str, Any] = {
    "issuer": f"{AUTHORITY}/{TENANT}/v2.0",
    "jwks_uri": f"{AUTHORITY}/{TENANT}/discovery/v2.0/keys",
    "token_endpoint": "https://elsewhere.example",
}
FIRST, SECOND = SigningKey("first"), SigningKey("second")


def metadata(**changed: Any) -> bytes:
    return json.dumps(METADATA | changed).encode()


def key_set(*keys: Any) -> bytes:
    return json.dumps({"keys": keys}).encode()


@pytest.mark.parametrize("url", [METADATA["jwks_uri"], "https://keys.example/a?appid=1"])
def test_the_metadata_says_where_the_keys_are(url: str) -> None:
    assert read_metadata(metadata(jwks_uri=url), SETTINGS) == url


@pytest.mark.requirement("upstream-security.entra.keys")
@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"issuer": f"{AUTHORITY}/common/v2.0"}, "another issuer"),
        ({"issuer": f"{AUTHORITY}/{CLIENT}/v2.0"}, "another issuer"),
        ({"issuer": None}, "malformed"),
        ({"jwks_uri": None}, "malformed"),
        ({"jwks_uri": [METADATA["jwks_uri"]]}, "malformed"),
        ({"jwks_uri": ""}, "no usable URL"),
        ({"jwks_uri": "file:///etc/passwd"}, "no usable URL"),
        ({"jwks_uri": "http://login.microsoftonline.com/keys"}, "not https"),
        ({"jwks_uri": "https://login.microsoftonline.com@evil.example/keys"}, "no usable URL"),
        ({"jwks_uri": "https://evil.example/keys"}, "keys at https://evil.example: add it to key_origins"),
        ({"jwks_uri": "http://127.0.0.1/keys"}, "add it to key_origins"),
        ({"jwks_uri": f"{AUTHORITY}:8443/keys"}, "add it to key_origins"),
    ],
)
def test_metadata_that_leads_elsewhere_is_refused(changed: dict[str, Any], reason: str) -> None:
    with pytest.raises(TokenError, match=reason):
        read_metadata(metadata(**changed), SETTINGS)


def test_every_key_of_the_set_verifies_what_it_has_signed() -> None:
    keys = read_keys(key_set(FIRST.jwk(), SECOND.jwk(alg="RS256", x5c=["MII"])), SETTINGS)
    assert list(keys) == ["first", "second"]
    for signing in (FIRST, SECOND):
        assert verify_rsa_token(signing.token({"exp": 2}), keys[signing.key_id], now=1) == {"exp": 2}


@pytest.mark.parametrize("issuer", [METADATA["issuer"], f"{AUTHORITY}/{{tenantid}}/v2.0"])
def test_a_key_may_say_that_it_is_the_tenants_or_everybodys(issuer: str) -> None:
    assert list(read_keys(key_set(FIRST.jwk(issuer=issuer)), SETTINGS)) == ["first"]


@pytest.mark.parametrize(
    "unusable",
    [
        SECOND.jwk(use="enc"),
        SECOND.jwk(use=None),
        SECOND.jwk(alg="RS512"),
        SECOND.jwk(alg="HS256"),
        SECOND.jwk(kty="oct", k="c2VjcmV0"),
        SECOND.jwk(kty="EC"),
        SECOND.jwk(kid=None),
        SECOND.jwk(n=None),
        SECOND.jwk(n=5),
        SECOND.jwk(n=""),
        SECOND.jwk(n="ü"),
        SECOND.jwk(n="AQAB"),
        SECOND.jwk(e=""),
        SECOND.jwk(e="AA"),
        SECOND.jwk(e="A" * 40 + "AQAB" * 2),
        SECOND.jwk(n=SECOND.jwk()["n"] + "A" * 1200),
        SECOND.jwk(issuer=f"{AUTHORITY}/9188040d-6c67-4c5b-b112-36a304b66dad/v2.0"),
        SECOND.jwk(issuer=None),
        SigningKey("short", bits=1024).jwk(),
        {},
        None,
        "second",
        [SECOND.jwk()],
    ],
)
def test_a_key_that_is_not_for_our_tokens_is_passed_over(unusable: Any) -> None:
    assert list(read_keys(key_set(unusable, FIRST.jwk(), unusable), SETTINGS)) == ["first"]
    with pytest.raises(TokenError, match="no usable RSA key"):
        read_keys(key_set(unusable), SETTINGS)


def test_the_first_of_two_keys_with_one_id_counts() -> None:
    keys = read_keys(key_set(FIRST.jwk(), SECOND.jwk(kid="first")), SETTINGS)
    assert verify_rsa_token(FIRST.token({"exp": 2}), keys["first"], now=1)


def test_private_parts_that_were_published_by_mistake_are_left_alone() -> None:
    assert list(read_keys(key_set(FIRST.jwk(d="AQAB", p="AQAB")), SETTINGS)) == ["first"]


@pytest.mark.parametrize(
    "document",
    [b"", b"\xff", b"[]", b"null", b"{", b'{"keys":{}}', b'{"keys":1}', b"[" * 100_000, b"{}", b'{"keys":[]}'],
)
def test_garbage_is_refused(document: bytes) -> None:
    for read in (read_metadata, read_keys):
        with pytest.raises(TokenError):
            read(document, SETTINGS)


def test_a_document_larger_than_allowed_is_not_read() -> None:
    padding = b" " * (MAX_DOCUMENT_BYTES - len(metadata()))
    assert read_metadata(metadata() + padding, SETTINGS)
    with pytest.raises(TokenError, match="more than 262144 bytes"):
        read_metadata(metadata() + padding + b" ", SETTINGS)


values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63) | st.text(max_size=10) | st.sampled_from(["RSA", "sig"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["keys", "kty", "kid", "n", "e", "use", "issuer", "jwks_uri"]), inner)
    ),
    max_leaves=12,
)
changes = st.dictionaries(st.sampled_from([*FIRST.jwk(), "issuer", "alg"]), values)


@given(document=st.binary(max_size=60) | values.map(lambda value: json.dumps(value).encode()))
def test_arbitrary_documents_never_raise_anything_else(document: bytes) -> None:
    for read in (read_metadata, read_keys):
        try:
            read(document, SETTINGS)
        except TokenError:
            continue


@given(changed=changes)
def test_arbitrary_keys_never_raise_anything_else(changed: dict[str, Any]) -> None:
    assert "second" in read_keys(key_set(FIRST.jwk(kid="first") | changed, SECOND.jwk()), SETTINGS)


@given(changed=st.dictionaries(st.sampled_from(["issuer", "jwks_uri"]), values))
def test_arbitrary_metadata_never_raises_anything_else(changed: dict[str, Any]) -> None:
    try:
        assert read_metadata(metadata(**changed), SETTINGS) == METADATA["jwks_uri"]
    except TokenError:
        return
