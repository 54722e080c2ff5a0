"""What a caller reads when its arguments do not fit: parameter and reason, never a value."""

from enum import Enum
from typing import Annotated, Any, Literal
from uuid import UUID

import pytest
from msgspec import Raw
from pydantic import AfterValidator, BaseModel, Field, ImportString, model_validator
from pydantic_core import PydanticCustomError

from serverless_hub import HubException, ServerlessHub
from serverless_hub.errors import BindingError
from serverless_hub.hub.binding_errors import MAX_ERRORS
from serverless_hub.protocol.codec import JSON, MESSAGEPACK, HubProtocol
from serverless_hub.protocol.upstream import UpstreamRefusal
from tests.support.hub_bench import Bench

SECRET = "hunter2\nFAKE LOG LINE"


class Colour(Enum):
    RED = "red"


class Cat(BaseModel):
    kind: Literal["cat"]


class Dog(BaseModel):
    kind: Literal["dog"]


class Strict(BaseModel, extra="forbid"):
    text: str = ""
    inner: dict[str, int] = {}


Pet = Annotated[Cat | Dog, Field(discriminator="kind")]


async def error_of(annotation: Any, value: Any, protocol: HubProtocol = JSON) -> str:
    class Chat(ServerlessHub):
        async def send(
            self,
            first: int,
            second: annotation,  # pyright: ignore[reportInvalidTypeForm, reportUnknownParameterType] - one of many
        ) -> None: ...

    return await Bench(Chat, protocol).error("send", 1, value)


@pytest.mark.requirement("completion.error.binding")
async def test_the_text_names_method_parameter_and_reason() -> None:
    error = await error_of(int, "x")
    assert error == (
        "'send' cannot be called like that: second: Input should be a valid integer, "
        "unable to parse string as an integer"
    )


async def test_the_text_leads_to_the_place_inside_of_a_value() -> None:
    error = await error_of(list[Strict], [{}, {"text": 5}])
    assert error == "'send' cannot be called like that: second.1.text: Input should be a valid string"


@pytest.mark.requirement("completion.error.binding")
@pytest.mark.parametrize("protocol", [JSON, MESSAGEPACK], ids=lambda protocol: protocol.name)
@pytest.mark.parametrize(
    ("annotation", "value"),
    [
        (int, SECRET),
        (UUID, SECRET),
        (Colour, SECRET),
        (Literal["a"], SECRET),
        (Annotated[str, Field(pattern="^a$")], SECRET),
        (Pet, {"kind": SECRET}),
        (list[Pet], [{"kind": SECRET}]),
        (Cat | Dog, {"kind": SECRET}),
        (dict[str, int], {SECRET: "x"}),
        (dict[int, int], {SECRET: 1}),
        (Strict, {SECRET: 1}),
        (Strict, {"inner": {SECRET: "x"}}),
    ],
    ids=repr,
)
async def test_the_text_never_holds_what_was_sent(protocol: HubProtocol, annotation: Any, value: Any) -> None:
    error = await error_of(annotation, value, protocol)
    assert error.startswith("'send' cannot be called like that: second")
    assert "hunter2" not in error
    assert error.isprintable()


async def test_a_single_character_of_a_value_is_too_much() -> None:
    assert await error_of(UUID, "§") == "'send' cannot be called like that: second: Input should be a valid UUID"


def quoting(value: str) -> str:
    raise ValueError(f"do not say {value}")


def asserting(value: str) -> str:
    assert not value, f"do not say {value}"
    return value


def customising(value: str) -> str:
    raise PydanticCustomError("rude", "do not say {value}", {"value": value})


class Quoting(BaseModel):
    @model_validator(mode="before")
    @classmethod
    def check(cls, value: Any) -> Any:
        return quoting(value)


@pytest.mark.parametrize(
    "annotation",
    [*(Annotated[str, AfterValidator(check)] for check in (quoting, asserting, customising)), Quoting, ImportString],
    ids=["ValueError", "assert", "a custom error", "a model", "an error of pydantic's own types"],
)
async def test_the_text_of_a_validator_is_kept_back_since_it_may_quote_its_input(annotation: Any) -> None:
    error = await error_of(annotation, SECRET)
    assert error == "'send' cannot be called like that: second: Input is refused by a validator"


async def test_a_number_of_thousands_of_digits_is_refused_without_a_place() -> None:
    class Chat(ServerlessHub):
        async def send(self, value: int) -> None: ...

    error = await Bench(Chat).error("send", Raw(b"7" * 5000))
    assert error.startswith("'send' cannot be called like that: Invalid JSON: ")
    assert "777" not in error


async def test_a_validator_of_the_app_says_what_it_wants_with_a_hub_exception() -> None:
    def short(_value: str) -> str:
        raise HubException("take a shorter one")

    assert await error_of(Annotated[str, AfterValidator(short)], SECRET) == "take a shorter one"


async def test_at_most_five_reasons_are_named() -> None:
    error = await error_of(Strict, dict.fromkeys("abcdefghi", "x"))
    assert error.count("second.") == 5


async def test_more_than_a_thousand_reasons_are_not_even_read() -> None:
    many = [str(number) for number in range(MAX_ERRORS + 1)]
    error = await error_of(Strict, dict.fromkeys(many, "x"))
    assert error == "'send' cannot be called like that: more than 1000 reasons"
    assert "second.*: " in await error_of(Strict, dict.fromkeys(many[1:], "x"))


@pytest.mark.parametrize(
    ("protocol", "nested"),
    [(JSON, b"[" * 300 + b"]" * 300), (MESSAGEPACK, b"\x91" * 299 + b"\x90")],
    ids=["json", "messagepack"],
)
async def test_what_is_nested_too_deeply_is_refused_before_anything_runs(protocol: HubProtocol, nested: bytes) -> None:
    class Chat(ServerlessHub):
        async def send(self, value: Any) -> None: ...

    with pytest.raises(UpstreamRefusal, match="nested more than 64 deep") as refusal:
        Bench(Chat, protocol).message("send", Raw(nested))
    assert refusal.value.status == 400


async def test_a_number_that_nobody_reads_is_a_mistake_of_the_whole_call() -> None:
    class Chat(ServerlessHub):
        async def send(self, value: Any) -> None: ...

    call = Bench(Chat).message("send", Raw(b"[" + b"9" * 5000 + b"]"))
    with pytest.raises(BindingError, match=r"^'send' cannot be called like that: Invalid JSON: [a-z0-9 ]+$"):
        call.bind()
