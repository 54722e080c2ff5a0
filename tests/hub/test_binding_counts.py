"""How many arguments a call may have."""

import pytest

from serverless_hub import ServerlessHub
from serverless_hub.protocol.codec import JSON, MESSAGEPACK, HubProtocol
from tests.support.hub_bench import Bench

pytestmark = pytest.mark.parametrize("protocol", [JSON, MESSAGEPACK], ids=lambda protocol: protocol.name)


class Chat(ServerlessHub):
    async def none(self) -> str:
        return "none"

    async def one(self, a: int) -> str:
        return f"{a}"

    async def perhaps(self, a: int = 1) -> str:
        return f"{a}"

    async def two(self, a: int, b: str) -> str:
        return f"{a} {b}"

    async def optional(self, a: int, b: int = 2, c: str = "three") -> str:
        return f"{a} {b} {c}"

    async def rest(self, a: int, *others: int) -> str:
        return f"{a} {others}"

    async def anything(self, *values: object) -> str:
        return f"{values}"

    async def slash(self, a: int, /, b: int) -> str:
        return f"{a} {b}"


@pytest.mark.requirement("binding.count.exact")
async def test_the_count_has_to_match_when_nothing_is_optional(protocol: HubProtocol) -> None:
    bench = Bench(Chat, protocol)
    assert await bench.result("two", 1, "x") == "1 x"
    assert await bench.error("two", 1) == "'two' takes 2 arguments: 1 came"
    assert await bench.error("two", 1, "x", None) == "'two' takes 2 arguments: 3 came"


@pytest.mark.requirement("binding.count.exact")
async def test_a_method_without_parameters_takes_no_arguments(protocol: HubProtocol) -> None:
    bench = Bench(Chat, protocol)
    assert await bench.result("none") == "none"
    assert await bench.error("none", 1) == "'none' takes 0 arguments: 1 came"


async def test_one_argument_is_named_in_the_singular(protocol: HubProtocol) -> None:
    bench = Bench(Chat, protocol)
    assert await bench.error("one") == "'one' takes 1 argument: 0 came"
    assert await bench.error("perhaps", 1, 2) == "'perhaps' takes 0 to 1 arguments: 2 came"


@pytest.mark.requirement("binding.count.optional")
async def test_what_has_a_default_may_be_left_out(protocol: HubProtocol) -> None:
    bench = Bench(Chat, protocol)
    assert await bench.result("optional", 1) == "1 2 three"
    assert await bench.result("optional", 1, 5) == "1 5 three"
    assert await bench.result("optional", 1, 5, "x") == "1 5 x"


@pytest.mark.requirement("binding.count.optional")
async def test_too_few_and_too_many_name_the_range(protocol: HubProtocol) -> None:
    bench = Bench(Chat, protocol)
    for arguments in ([], [1, 2, "x", 4]):
        error = await bench.error("optional", *arguments)
        assert error == f"'optional' takes 1 to 3 arguments: {len(arguments)} came"


@pytest.mark.requirement("binding.count.optional")
async def test_a_starred_parameter_takes_the_rest(protocol: HubProtocol) -> None:
    bench = Bench(Chat, protocol)
    assert await bench.result("rest", 1) == "1 ()"
    assert await bench.result("rest", 1, 2, 3) == "1 (2, 3)"
    assert await bench.result("anything") == "()"
    assert await bench.result("anything", 1, "x", None) == "(1, 'x', None)"


async def test_what_stands_before_a_starred_parameter_has_to_come(protocol: HubProtocol) -> None:
    assert await Bench(Chat, protocol).error("rest") == "'rest' takes at least 1 argument: 0 came"


async def test_the_rest_is_validated_too(protocol: HubProtocol) -> None:
    error = await Bench(Chat, protocol).error("rest", 1, 2, "x")
    assert error.startswith("'rest' cannot be called like that: others: Input should be a valid integer")


async def test_a_count_that_is_wrong_wins_over_a_type_that_is_wrong(protocol: HubProtocol) -> None:
    assert await Bench(Chat, protocol).error("two", "x") == "'two' takes 2 arguments: 1 came"


async def test_positional_only_parameters_are_arguments_like_others(protocol: HubProtocol) -> None:
    assert await Bench(Chat, protocol).result("slash", 1, 2) == "1 2"


async def test_a_million_arguments_too_many_are_one_mistake(protocol: HubProtocol) -> None:
    error = await Bench(Chat, protocol).error("one", *range(1_000_000))
    assert error == "'one' takes 1 argument: 1000000 came"
