"""Bytes: standard base64 in JSON, binary in MessagePack, in both directions."""

import sys
from collections import OrderedDict
from collections.abc import Generator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Annotated, Any, NamedTuple

import pytest
from pydantic import BaseModel, ConfigDict, Tag

from serverless_hub import ServerlessHub
from serverless_hub.hub.base64_models import base64_validator
from serverless_hub.protocol.codec import MESSAGEPACK
from tests.support.hub_bench import Bench

DATA = b"\x00\xff\xfe"
TEXT = "AP/+"


@dataclass
class Chunk:
    data: bytes


class File(BaseModel):
    model_config = ConfigDict(val_json_bytes="base64")
    data: bytes


class Folder(BaseModel):
    files: list[File] = []


class Plain(BaseModel):
    data: bytes


class Store(ServerlessHub):
    async def size(self, data: bytes) -> int:
        return len(data)

    async def plain(self, data: bytes) -> bytes:
        return data

    async def chunks(self, chunks: list[Chunk]) -> list[Chunk]:
        assert chunks[0].data == DATA
        return chunks

    async def folder(self, folder: Folder) -> Folder:
        assert folder.files[0].data == DATA
        return folder


@pytest.mark.requirement("binding.bytes")
async def test_bytes_are_standard_base64_in_json() -> None:
    assert await Bench(Store).result("size", TEXT) == 3
    assert await Bench(Store).result("plain", TEXT) == TEXT


@pytest.mark.requirement("binding.bytes")
async def test_bytes_are_binary_in_messagepack() -> None:
    bench = Bench(Store, MESSAGEPACK)
    assert await bench.result("size", DATA) == 3
    assert await bench.result("plain", DATA) == DATA


def inside(data: str | bytes) -> list[tuple[str, Any]]:
    return [("chunks", [{"data": data}]), ("folder", {"files": [{"data": data}]})]


@pytest.mark.parametrize(("target", "value"), inside(TEXT))
async def test_bytes_inside_of_dataclasses_and_models_are_base64_in_json(target: str, value: Any) -> None:
    assert await Bench(Store).result(target, value) == value


@pytest.mark.parametrize(("target", "value"), inside(DATA))
async def test_bytes_inside_of_dataclasses_and_models_are_binary_in_messagepack(target: str, value: Any) -> None:
    assert await Bench(Store, MESSAGEPACK).result(target, value) == value


async def test_bytes_inside_of_a_model_are_base64_in_json_without_any_configuration() -> None:
    class Chat(ServerlessHub):
        async def send(self, plain: Plain) -> int:
            return len(plain.data)

    assert await Bench(Chat).result("send", {"data": TEXT}) == 3


async def test_bytes_inside_of_labelled_choices_are_base64_too() -> None:
    class Chat(ServerlessHub):
        async def send(self, value: Annotated[Plain, Tag("plain")] | Annotated[int, Tag("number")]) -> int:
            return len(value.data) if isinstance(value, Plain) else value

    assert await Bench(Chat).result("send", {"data": TEXT}) == 3
    assert await Bench(Chat).result("send", 7) == 7


async def test_a_model_is_itself_again_afterwards() -> None:
    Bench(Store)
    assert Plain.model_validate_json('{"data":"AP/+"}').data == b"AP/+"
    assert Plain.__pydantic_complete__ is True


class Pair(NamedTuple):
    left: int = 1
    right: int = 2


class Defaults(BaseModel):
    pair: Pair = Pair()
    ordered: dict[str, int] = OrderedDict(a=1)
    looks_like_a_schema: dict[str, str] = {"type": "model"}
    looks_like_one_of_many: list[Any] = [{"type": "typed-dict"}]


async def test_defaults_arrive_as_the_app_wrote_them() -> None:
    seen: list[Any] = []

    class Chat(ServerlessHub):
        async def send(self, model: Defaults, pair: Pair = Pair(3)) -> None:  # noqa: B008 - a default that could change
            seen.extend((model, pair))

    assert (await Bench(Chat).completion("send", {})).error is None
    model, pair = seen
    assert (type(pair), type(model.pair), type(model.ordered)) == (Pair, Pair, OrderedDict)
    assert model.looks_like_a_schema == {"type": "model"}
    assert model.looks_like_one_of_many == [{"type": "typed-dict"}]


@pytest.fixture
def hurried_threads() -> Generator[None]:
    """Let threads take turns as often as they can."""
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-9)
    yield
    sys.setswitchinterval(interval)


@pytest.mark.usefixtures("hurried_threads")
def test_a_model_is_itself_again_whoever_reads_it_at_the_same_time() -> None:
    with ThreadPoolExecutor(8) as pool:
        validators = list(pool.map(base64_validator, [Defaults.__pydantic_core_schema__] * 200))
    assert len(validators) == 200
    assert Defaults.__pydantic_complete__ is True


async def test_text_that_is_not_base64_is_refused() -> None:
    error = await Bench(Store).error("size", "!secret!")
    assert error == "'size' cannot be called like that: data: Data should be in the encoding that is expected"
