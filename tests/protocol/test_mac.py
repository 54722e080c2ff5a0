"""HMACs with prepared keys, and what is signed with them, against other implementations."""

import hmac

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jose import jwt
from jose.exceptions import JOSEError

from serverless_hub.protocol.identity import open_identity, seal_identity
from serverless_hub.protocol.mac import hmac_sha256
from serverless_hub.protocol.tokens import sign_token

KEY = "an access key of some length, for tests"


@given(content=st.binary(max_size=200), key=st.binary(max_size=150))
def test_an_hmac_is_the_one_of_the_standard_library(content: bytes, key: bytes) -> None:
    assert hmac_sha256(content, key) == hmac.digest(key, content, "sha256")


@given(content=st.binary(max_size=20), key=st.text(max_size=80))
def test_a_key_that_is_text_counts_as_its_utf_8_bytes(content: bytes, key: str) -> None:
    assert hmac_sha256(content, key) == hmac.digest(key.encode(), content, "sha256")


def test_a_token_is_the_one_that_python_jose_makes() -> None:
    claims = {"nameid": "ann", "roles": ["a", "b"], "age": 7, "asrs.s.dc": "true", "exp": 1700003600, "aud": "http://x"}
    assert sign_token(claims, KEY) == jwt.encode(claims, KEY, algorithm="HS256")


def test_a_token_keeps_claims_in_any_script() -> None:
    claims = {"name": 'Ünï \\ "ñ" 漢字'}
    assert jwt.decode(sign_token(claims, KEY), KEY, algorithms=["HS256"]) == claims


def test_a_public_key_signs_no_token() -> None:
    with pytest.raises(JOSEError):
        sign_token({}, "-----BEGIN PUBLIC KEY-----")


def test_bundles_of_unknown_clients_say_their_hub_and_are_sealed_with_their_key() -> None:
    sealed = seal_identity("Chat", None, {}, KEY)
    assert sealed == seal_identity("chat", None, {}, KEY)
    assert sealed not in {seal_identity("news", None, {}, KEY), seal_identity("chat", None, {}, KEY + "2")}
    bundle = open_identity([sealed], "chat", [KEY], now=0)
    assert bundle is not None
    assert (bundle.hub, bundle.user_id, bundle.claims, bundle.expires) == ("chat", None, {}, None)
