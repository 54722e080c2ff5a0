"""The identity bundle: nobody else can write it, and where there is doubt there is none."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from serverless_hub.protocol.identity import Bundle, open_identity, seal_identity

KEY = "k" * 32
ANN = seal_identity("Chat", "ann", {"role": ["admin"], "level": 3}, KEY)


def open_(*values: str, hub: str = "chat", keys: tuple[str, ...] = (KEY,), now: float = 0) -> Bundle | None:
    return open_identity(values, hub, keys, now=now)


@pytest.mark.requirement("upstream-security.identity")
def test_what_was_sealed_comes_back() -> None:
    assert open_(ANN) == Bundle("chat", "ann", {"role": ["admin"], "level": 3}, None)
    assert open_(ANN, keys=("older", KEY)) is not None


def test_the_same_bundle_twice_is_still_one() -> None:
    assert open_(ANN, "noise", ANN) is not None


@pytest.mark.requirement("upstream-security.identity.forged")
def test_two_different_bundles_prove_nothing() -> None:
    assert open_(ANN, seal_identity("chat", "eve", {}, KEY)) is None


@pytest.mark.requirement("upstream-security.identity.forged")
def test_a_bundle_is_for_its_hub_and_its_key_only() -> None:
    assert open_(ANN, hub="news") is None
    assert open_(ANN, keys=("other",)) is None
    assert open_(ANN, keys=()) is None


@pytest.mark.requirement("upstream-security.identity.forged")
def test_a_bundle_may_expire() -> None:
    bundle = seal_identity("chat", "ann", {}, KEY, expires=100)
    assert open_(bundle, now=99) is not None
    assert open_(bundle, now=100) is None


@pytest.mark.requirement("upstream-security.identity.forged")
@pytest.mark.parametrize("value", ["", ".", "a.b", "a.b.c", ANN[:-1], ANN[1:], f"{ANN}.", ANN.replace(".", "")])
def test_what_was_tampered_with_proves_nothing(value: str) -> None:
    assert open_(value) is None


@given(value=st.text(max_size=60))
def test_arbitrary_text_proves_nothing_and_raises_nothing(value: str) -> None:
    assert open_(value) is None
