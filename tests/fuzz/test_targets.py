"""The targets of the fuzzer, without it: on its seeds, on pieces of them, and on any bytes."""

import importlib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.fuzz.seeds import SEEDS
from tests.fuzz.targets import TARGETS

each_target = pytest.mark.parametrize("name", TARGETS)


def test_every_target_has_seeds() -> None:
    assert SEEDS.keys() == TARGETS.keys()


@each_target
def test_a_target_takes_its_seeds_and_what_is_left_of_them_when_a_byte_is_missing_or_another(name: str) -> None:
    for seed in SEEDS[name]:
        TARGETS[name](seed)
        for index in range(len(seed)):
            TARGETS[name](seed[:index])
            TARGETS[name](seed[:index] + seed[index + 1 :])
            TARGETS[name](seed[:index] + bytes([seed[index] ^ 0x80]) + seed[index + 1 :])


@each_target
@given(data=st.data())
def test_a_target_takes_any_bytes(name: str, data: st.DataObject) -> None:
    seeds = st.sampled_from(SEEDS[name])
    cut = data.draw(st.binary(max_size=100) | seeds)
    other = data.draw(st.binary(max_size=20) | seeds)
    at = data.draw(st.integers(0, len(cut)))
    TARGETS[name](cut[:at] + other + cut[at:])


@each_target
def test_a_target_fails_on_what_its_parser_does_not_expect(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A target that swallows everything would find nothing."""

    def fail(*_: Any, **__: Any) -> None:
        raise ZeroDivisionError

    targets = importlib.import_module("tests.fuzz.targets")
    parser = {
        "handshake": "parse_handshake",
        "json_protocol": "_pass_on",
        "messagepack_protocol": "_pass_on",
        "upstream_request": "parse_invocation",
        "negotiate_query": "read_request",
        "connection_string": "parse_connection_string",
        "odata_filter": "read_filter",
        "rest_body": "Body",
        "rest_query": "RestQuery",
        "settings_file": "read_settings",
    }[name]
    monkeypatch.setattr(targets, parser, fail)
    with pytest.raises(ZeroDivisionError):
        TARGETS[name](SEEDS[name][0])
