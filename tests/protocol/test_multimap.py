"""A map with several values for a key."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from serverless_hub.protocol.multimap import MultiMap


def test_a_key_gives_its_first_value_and_all_of_them() -> None:
    values = MultiMap([("a", "1"), ("b", "2"), ("a", "3")])
    assert (values["a"], values.all("a"), values.all("x"), len(values), list(values)) == (
        "1",
        ("1", "3"),
        (),
        2,
        ["a", "b"],
    )
    with pytest.raises(KeyError):
        values["A"]


def test_keys_may_ignore_case() -> None:
    assert MultiMap([("X-A", "1")], ignore_case=True)["x-a"] == "1"


def test_its_repr_hides_values() -> None:
    assert repr(MultiMap([("token", "secret")])) == "<MultiMap of token>"
    assert repr(MultiMap()) == "<MultiMap of nothing>"


def test_pairs_are_read_at_the_first_look_and_only_once() -> None:
    values = MultiMap(pair for pair in [("a", "1")])
    assert values["a"] == values["a"] == "1"


keys = st.text("aAbBß", max_size=2)


@given(pairs=st.lists(st.tuples(keys, st.integers().map(str)), max_size=8), ignore_case=st.booleans())
def test_no_value_is_lost_and_the_first_one_wins(pairs: list[tuple[str, str]], ignore_case: bool) -> None:
    def same(key: str, other: str) -> bool:
        return key.lower() == other.lower() if ignore_case else key == other

    found = MultiMap(pairs, ignore_case=ignore_case)
    assert sum(len(found.all(key)) for key in found) == len(pairs)
    for key, _ in pairs:
        assert found.all(key) == tuple(value for other, value in pairs if same(other, key))
        assert found[key] == found.get(key) == found.all(key)[0]
        assert key in found
    assert dict(found) == {key: found.all(key)[0] for key in found}
    assert "absent" not in found
