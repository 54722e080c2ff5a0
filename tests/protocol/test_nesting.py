"""How deep JSON is nested: brackets in texts do not count, and no bytes make the check slow."""

import json
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from serverless_hub.errors import ProtocolError
from serverless_hub.protocol.nesting import MAX_DEPTH, check_json, check_value

MEGABYTE = 1_000_000
ENOUGH = b"[" * (MAX_DEPTH + 1)
"""Brackets that are opened before the check looks closer."""
texts = st.text(st.sampled_from('[]{}"\\\n,:aä'), max_size=8)
values = st.recursive(
    st.none() | st.integers() | texts,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
    max_leaves=12,
)


def depth_of(value: Any) -> int:
    if not isinstance(value, list | dict):
        return 0
    container = cast("list[Any] | dict[str, Any]", value)
    children = container.values() if isinstance(container, dict) else container
    return 1 + max(map(depth_of, children), default=0)


def is_refused(text: bytes) -> bool:
    try:
        check_json(text)
    except ProtocolError:
        return True
    return False


@given(value=values, around=st.lists(st.tuples(st.booleans(), texts), min_size=MAX_DEPTH - 6, max_size=MAX_DEPTH + 2))
def test_what_is_refused_is_nested_deeper_than_allowed(value: Any, around: list[tuple[bool, str]]) -> None:
    for is_list, text in around:
        value = [text, value, text] if is_list else {text: value}
    assert is_refused(json.dumps(value).encode()) == (depth_of(value) > MAX_DEPTH)


@given(start=st.binary(max_size=9), end=st.binary(max_size=9))
def test_other_bytes_are_refused_or_left_to_the_parser(start: bytes, end: bytes) -> None:
    is_refused(start + ENOUGH + end)


@pytest.mark.parametrize("unit", [b'"\\', b'\\"', b'"', b'""\\', b'["\\', b'"\\"', b'"\\\n', b"\\", b'["a'], ids=repr)
@pytest.mark.parametrize("end", [b"", b"\\", b'"', b'\\"'], ids=repr)
def test_texts_that_never_end_are_read_once(unit: bytes, end: bytes) -> None:
    closed = b"[]" * (MAX_DEPTH + 1)
    # Reading the rest again from each quote would take an hour.
    assert not is_refused(closed + b'"' + unit.replace(b'"', b'\\"') * (MEGABYTE // len(unit)) + end)
    is_refused(closed + unit * (MEGABYTE // len(unit)) + end)


@pytest.mark.parametrize("innermost", [[], {}, [1], 1])
def test_containers_are_counted_and_what_is_in_them_is_not(innermost: Any) -> None:
    def nested(depth: int) -> Any:
        value = innermost
        for _ in range(depth - isinstance(innermost, list | dict)):
            value = [value]
        return value

    check_value(nested(64))
    with pytest.raises(ProtocolError, match="nested more than 64 deep"):
        check_value(nested(65))
