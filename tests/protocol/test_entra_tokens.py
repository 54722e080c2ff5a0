"""Tokens signed with RS256: only the right key, the right algorithm and the right time count."""

import hmac
import json
import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jose import jwt

from serverless_hub.errors import TokenError
from serverless_hub.protocol.tokens import (
    MAX_RSA_TOKEN_LENGTH,
    RsaKey,
    read_key_id,
    read_rsa_key,
    verify_rsa_token,
    verify_token,
)
from tests.support.entra import SigningKey, assemble, encode

NOW = 1_000_000.0
CLAIMS: dict[str, Any] = {"exp": NOW + 60, "oid": "somebody"}
SIGNING = SigningKey()
HEADER = {"typ": "JWT", "alg": "RS256", "kid": "first"}


def public_key(signing: SigningKey = SIGNING) -> RsaKey:
    jwk = signing.jwk()
    return read_rsa_key(jwk["n"], jwk["e"])


def unsigned(_: bytes) -> bytes:
    return b""


def verify(token: str) -> dict[str, Any]:
    return verify_rsa_token(token, public_key(), now=NOW)


def test_a_token_of_the_key_gives_its_claims() -> None:
    token = SIGNING.token(CLAIMS)
    assert read_key_id(token) == "first"
    assert verify(token) == CLAIMS


def test_a_key_shows_nothing_of_itself() -> None:
    assert repr(public_key()) == "RsaKey()"


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"exp": NOW}, "expired"),
        ({"exp": -1}, "expired"),
        ({"exp": None}, "no usable 'exp'"),
        ({"exp": "2000000"}, "no usable 'exp'"),
        ({"exp": True}, "no usable 'exp'"),
        ({"exp": [NOW + 60]}, "no usable 'exp'"),
        ({"exp": math.inf}, "no usable 'exp'"),
        ({"exp": math.nan}, "no usable 'exp'"),
        ({"exp": 10**400}, "no usable 'exp'"),
        ({"nbf": NOW + 301}, "not valid yet"),
        ({"nbf": math.inf}, "no usable 'nbf'"),
        ({"nbf": 10**400}, "no usable 'nbf'"),
        ({"nbf": {}}, "no usable 'nbf'"),
    ],
)
def test_a_token_that_does_not_hold_now_is_refused(changed: dict[str, Any], reason: str) -> None:
    with pytest.raises(TokenError, match=reason):
        verify(SIGNING.token(CLAIMS | changed))


def test_a_lifetime_that_no_float_can_hold_is_refused_under_an_access_key_too() -> None:
    with pytest.raises(TokenError, match="no usable 'exp'"):
        verify_token(jwt.encode({"exp": 10**400}, "key"), ["key"], now=NOW, is_audience=lambda _: True)


def test_a_token_without_an_end_is_refused() -> None:
    with pytest.raises(TokenError, match="no usable 'exp'"):
        verify(SIGNING.token({"oid": "somebody"}))


def test_a_token_of_another_key_is_refused() -> None:
    with pytest.raises(TokenError, match="signed with another key"):
        verify(SigningKey("second").token(CLAIMS, kid="first"))


@pytest.mark.requirement("upstream-security.entra.token")
@pytest.mark.parametrize("algorithm", ["none", "None", "", None, 5, ["RS256"], "rs256", "RS512", "PS256", "HS256"])
def test_only_one_algorithm_counts(algorithm: Any) -> None:
    for sign in (SIGNING.sign, unsigned):
        token = assemble(HEADER | {"alg": algorithm}, json.dumps(CLAIMS).encode(), sign)
        with pytest.raises(TokenError, match="not signed with RS256"):
            verify(token)


def test_a_token_without_a_signature_is_refused() -> None:
    with pytest.raises(TokenError, match="signed with another key"):
        verify(assemble(HEADER, json.dumps(CLAIMS).encode(), unsigned))


@pytest.mark.parametrize("secret", [SIGNING.pem(), SIGNING.jwk()["n"].encode(), json.dumps(SIGNING.jwk()).encode()])
@pytest.mark.parametrize("algorithm", ["HS256", "RS256"])
def test_the_public_key_is_no_secret_to_sign_with(secret: bytes, algorithm: str) -> None:
    token = assemble(
        HEADER | {"alg": algorithm}, json.dumps(CLAIMS).encode(), lambda data: hmac.digest(secret, data, "sha256")
    )
    with pytest.raises(TokenError):
        verify(token)


@pytest.mark.parametrize("extensions", [["b64"], [], None])
def test_critical_extensions_are_refused(extensions: Any) -> None:
    with pytest.raises(TokenError, match="critical extensions"):
        verify(SIGNING.token(CLAIMS, crit=extensions, b64=False))


@pytest.mark.parametrize("key_id", [None, "", 5, ["first"], "k" * 257])
def test_a_token_has_to_say_which_key_has_signed_it(key_id: Any) -> None:
    with pytest.raises(TokenError, match="does not say which key"):
        verify(SIGNING.token(CLAIMS, kid=key_id))


@pytest.mark.requirement("upstream-security.entra.keys")
def test_a_key_inside_of_the_token_is_not_believed() -> None:
    thief = SigningKey("second")
    for header in ({"jwk": thief.jwk()}, {"jku": "https://evil.example/keys"}, {"x5u": "https://evil.example/c"}):
        with pytest.raises(TokenError, match="signed with another key"):
            verify(thief.token(CLAIMS, kid="first", **header))


def test_a_token_longer_than_a_header_line_is_not_read() -> None:
    longest = SIGNING.token(CLAIMS | {"x": "y" * 5700})
    assert 8000 < len(longest) <= MAX_RSA_TOKEN_LENGTH
    assert verify(longest)["oid"] == "somebody"
    for read in (read_key_id, verify):
        with pytest.raises(TokenError, match="longer than 8192"):
            read(SIGNING.token(CLAIMS | {"x": "y" * 6000}))


@pytest.mark.parametrize(
    "payload", [b"", b"[]", b"null", b"5", b"\xff", b"[" * 3000, b'{"exp":' + b"9" * 5000 + b"}", b'{"exp":1e999}']
)
def test_a_signed_payload_that_is_no_object_of_claims_is_refused(payload: bytes) -> None:
    with pytest.raises(TokenError):
        verify(assemble(HEADER, payload, SIGNING.sign))


@pytest.mark.parametrize(
    "header", [b"", b"[]", b"null", b"\xff", b"[" * 3000, b'{"alg":' * 600, b'{"alg":' + b"9" * 5000 + b"}"]
)
def test_a_header_that_is_no_object_is_refused(header: bytes) -> None:
    with pytest.raises(TokenError):
        read_key_id(f"{encode(header)}.e30.c2ln")


@pytest.mark.parametrize("token", ["", ".", "..", "a", "a.b", "a.b.c", "a.b.c.d", "ü.ü.ü", "\ud800.a.b", "=.=.=", "\0"])
def test_what_is_no_token_is_refused_without_being_quoted(token: str) -> None:
    for read in (read_key_id, verify):
        with pytest.raises(TokenError) as refusal:
            read(token)
        assert str(refusal.value) == "the token is malformed"
        assert refusal.value.__suppress_context__


@given(token=st.text(max_size=60) | st.binary(max_size=60).map(lambda data: data.hex(".")))
def test_arbitrary_text_never_raises_anything_else(token: str) -> None:
    for read in (read_key_id, verify):
        with pytest.raises(TokenError):
            read(token)


@given(header=st.binary(max_size=60), payload=st.binary(max_size=60), signature=st.binary(max_size=300))
def test_arbitrary_parts_never_raise_anything_else(header: bytes, payload: bytes, signature: bytes) -> None:
    for first in (header, json.dumps(HEADER).encode()):
        with pytest.raises(TokenError):
            verify(".".join(map(encode, (first, payload, signature))))


@given(payload=st.binary(max_size=60))
def test_arbitrary_signed_payloads_never_raise_anything_else(payload: bytes) -> None:
    with pytest.raises(TokenError):
        verify(assemble(HEADER, payload, SIGNING.sign))


@given(modulus=st.text(max_size=400), exponent=st.text(max_size=10))
def test_arbitrary_keys_never_raise_anything_else(modulus: str, exponent: str) -> None:
    for n, e in [(modulus, exponent), (SIGNING.jwk()["n"], exponent), (modulus, SIGNING.jwk()["e"])]:
        try:
            read_rsa_key(n, e)
        except TokenError:
            continue
