import pytest

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
