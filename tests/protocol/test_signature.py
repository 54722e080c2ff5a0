"""The signature of upstream calls (vectors: Functions extension, SignalRTriggerResolverTests.cs)."""

import hashlib
import hmac

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from serverless_hub.protocol.signature import sign_connection, verify_connection

CONNECTION = "0f9c97a2f0bf4706afe87a14e0797b11"
VECTORS = {
    "7aab239577fd4f24bc919802fb629f5f": "7767effcb3946f3e1de039df4b986ef02c110b1469d02c0a06f41b3b727ab561",
    "a5f2815d0d0c4b00bd27e832432f91ab": "d4aefb65547a00a9881fa8ac8bd03d0faf77af9da5205d45c6e57cbda4377760",
}
KEYS = list(VECTORS)
FIRST, SECOND = (f"sha256={digest}" for digest in VECTORS.values())


@pytest.mark.requirement("signature.algorithm", "client-answers.body")
def test_both_keys_sign_as_azure_does() -> None:
    assert sign_connection(CONNECTION, KEYS) == f"{FIRST},{SECOND}"


@pytest.mark.requirement("signature.any-key", "signature.list")
@pytest.mark.parametrize(
    ("header", "keys"),
    [
        (FIRST, KEYS),
        (SECOND, KEYS),
        (f"{FIRST}, {SECOND}", KEYS[1:]),
        (FIRST.upper().replace("SHA256", "sha256"), KEYS),
        (FIRST.removeprefix("sha256="), KEYS),
        (f"sha256=zz,sha256=00,{FIRST}", KEYS),
    ],
)
def test_any_signature_by_any_key_is_enough(header: str, keys: list[str]) -> None:
    assert verify_connection(CONNECTION, header, keys)


@pytest.mark.requirement("signature.missing")
@pytest.mark.parametrize("header", ["", ",", "sha256=", FIRST[:-2], f"{FIRST}00", "sha256=" + "0" * 64])
def test_anything_else_proves_nothing(header: str) -> None:
    assert not verify_connection(CONNECTION, header, KEYS)


@pytest.mark.requirement("signature.fail-closed")
def test_without_keys_nothing_is_proven() -> None:
    assert not verify_connection(CONNECTION, FIRST, [])


@pytest.mark.requirement("signature.list")
def test_at_most_eight_signatures_are_looked_at() -> None:
    wrong = "sha256=" + "0" * 64
    assert verify_connection(CONNECTION, ",".join([wrong] * 7 + [FIRST]), KEYS)
    assert not verify_connection(CONNECTION, ",".join([wrong] * 8 + [FIRST]), KEYS)


@pytest.mark.requirement("signature.dot")
def test_a_connection_id_with_a_dot_proves_nothing_even_when_its_signature_is_right() -> None:
    header = "sha256=" + hmac.new(KEYS[0].encode(), b"h.p", hashlib.sha256).hexdigest()
    assert not verify_connection("h.p", header, KEYS)


@pytest.mark.requirement("signature.algorithm")
@given(key=st.text(min_size=1, max_size=200), connection=st.text(max_size=200))
@example(key="k" * 64, connection=CONNECTION)
@example(key="k" * 65, connection=CONNECTION)
def test_it_is_the_hmac_of_the_connection_id_whatever_the_key(key: str, connection: str) -> None:
    key, connection = (text.encode("utf-8", "replace").decode() for text in (key, connection))
    expected = hmac.new(key.encode(), connection.encode(), hashlib.sha256).hexdigest()
    assert sign_connection(connection, [key]) == f"sha256={expected}"


@given(header=st.text(max_size=300), connection=st.text(max_size=30))
def test_arbitrary_text_is_never_proof_nor_an_exception(header: str, connection: str) -> None:
    assert not verify_connection(connection.encode("utf-8", "replace").decode(), header, KEYS)


@pytest.mark.requirement("signature.memory")
def test_what_was_proven_counts_no_longer_when_its_key_does_not() -> None:
    assert verify_connection(CONNECTION, FIRST, KEYS)
    assert verify_connection(CONNECTION, FIRST, KEYS)
    assert not verify_connection(CONNECTION, FIRST, KEYS[1:])
    assert not verify_connection(CONNECTION, SECOND, KEYS[:1])


@pytest.mark.requirement("signature.memory")
def test_a_proof_counts_for_its_connection_and_its_header_only() -> None:
    assert verify_connection(CONNECTION, FIRST, KEYS)
    assert not verify_connection("another", FIRST, KEYS)
    assert not verify_connection(CONNECTION, FIRST[:-1] + "0", KEYS)


def test_many_connections_and_long_headers_are_proven_too() -> None:
    for number in range(5000):
        assert verify_connection(f"c{number}", sign_connection(f"c{number}", KEYS[:1]), KEYS)
    assert verify_connection(CONNECTION, FIRST + "," * 1024, KEYS)
    assert verify_connection(CONNECTION, FIRST, KEYS)
