"""Whatever comes is bound, or refused with a `BindingError` that quotes nothing."""

import inspect
import json
from datetime import UTC
from functools import cache
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from serverless_hub.errors import BindingError
from serverless_hub.hub.binding import Binder
from serverless_hub.protocol.codec import MESSAGEPACK
from tests.hub.annotated import ANNOTATIONS, FIELD_NAMES

each_annotation = pytest.mark.parametrize("name", ANNOTATIONS)
few = settings(max_examples=settings().max_examples // 4, deadline=None)
"""For tests that run once for each annotation, on a machine that does other things besides."""

SENTINEL = "hunter2"
NUMBER = 7318462951
starts = st.sampled_from(["", "1", "2026-07-01T", "12:00:", "PT", "6f1ed002-ab5d-4c6f-9d2b-7d6e1d1f3b", "cat", "aGk="])
hidden = st.builds("{}{}{}".format, starts, st.just(SENTINEL), st.text("\n\x1b §ä😀", max_size=3))
"""Texts that have no place in an error, and look like something else at first."""
good = st.sampled_from(
    ["red", "cat", "dog", "1", "-1.5", "true", "2026-07-01", "12:00:00", "P1D", "NaN", "aGk=", "9" * 5000]
)
texts = hidden | good | st.text(st.characters(exclude_categories=["Cs"]), max_size=5)
names = st.sampled_from(FIELD_NAMES)
numbers = st.sampled_from([NUMBER, -NUMBER, NUMBER / 1e10, 0, 1, 2**63, 2**64 - 1, 1e300]) | st.integers(-9, 99)
scalars = st.none() | st.booleans() | numbers | texts


def anything(leaves: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.recursive(
        leaves,
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(names | texts, inner, max_size=3)
            | st.fixed_dictionaries({"kind": st.sampled_from(["cat", "dog"]) | hidden, "lives": inner, "data": inner})
            | st.fixed_dictionaries({"name": inner, "addresses": st.lists(st.fixed_dictionaries({"town": inner}))})
        ),
        max_leaves=6,
    )


times = st.datetimes(timezones=st.just(UTC))
json_values = anything(scalars | st.integers(-(2**80), 2**80))
messagepack_values = anything(scalars | st.floats() | st.binary(max_size=5) | st.just(SENTINEL.encode()) | times)


@cache
def binder_of(name: str) -> Binder:
    parameter = inspect.Parameter("value", inspect.Parameter.POSITIONAL_OR_KEYWORD, annotation=ANNOTATIONS[name])
    return Binder("'send'", [parameter])


def assert_bound_or_refused(binder: Binder, arguments: Any) -> None:
    """Raise whatever is raised and is no `BindingError`."""
    try:
        assert len(binder.bind(arguments)) == 1
    except BindingError as error:
        text = str(error)
        assert text.startswith("'send' cannot be called like that: value")
        assert text.isprintable()
        assert not any(quoted in text for quoted in (SENTINEL, "unter", str(NUMBER)[:6]))


@each_annotation
@few
@given(value=json_values)
def test_any_json_is_bound_or_refused_without_a_quote(name: str, value: Any) -> None:
    assert_bound_or_refused(binder_of(name), msgspec.Raw(json.dumps([value]).encode()))


@each_annotation
@few
@given(value=messagepack_values)
def test_any_messagepack_is_bound_or_refused_without_a_quote(name: str, value: Any) -> None:
    assert_bound_or_refused(binder_of(name), MESSAGEPACK.decode_value(MESSAGEPACK.encode_value([value])))


@pytest.mark.parametrize("value", [SENTINEL, {"text": SENTINEL}, {"number": NUMBER}, [SENTINEL]], ids=repr)
@pytest.mark.parametrize("name", ["model that refuses and quotes", "validator that quotes"])
def test_validators_that_quote_are_refused_without_a_quote(name: str, value: Any) -> None:
    with pytest.raises(BindingError):
        binder_of(name).bind([value])
    assert_bound_or_refused(binder_of(name), [value])


def signature_of(required: int, optional: int, *, rest: bool) -> inspect.Signature:
    def parameter(index: int, kind: Any, default: Any = inspect.Parameter.empty) -> inspect.Parameter:
        return inspect.Parameter(f"p{index}", kind, annotation=int, default=default)

    kind = inspect.Parameter.POSITIONAL_ONLY
    parameters = [parameter(index, kind) for index in range(required)]
    parameters += [parameter(required + index, kind, -index) for index in range(optional)]
    return inspect.Signature([*parameters, *[parameter(99, inspect.Parameter.VAR_POSITIONAL)][: int(rest)]])


counts = st.integers(0, 3)


@given(required=counts, optional=counts, rest=st.booleans(), numbers=st.lists(st.integers(0, 9), max_size=8))
def test_arguments_are_counted_and_filled_in_as_python_does_it(
    required: int, optional: int, rest: bool, numbers: list[int]
) -> None:
    signature = signature_of(required, optional, rest=rest)
    binder = Binder("'send'", list(signature.parameters.values()))
    try:
        expected = signature.bind(*numbers)
    except TypeError:
        with pytest.raises(BindingError, match=rf"^'send' takes .*: {len(numbers)} came$"):
            binder.bind(numbers)
    else:
        expected.apply_defaults()
        assert binder.bind(msgspec.Raw(json.dumps(numbers).encode())) == binder.bind(numbers) == expected.args
