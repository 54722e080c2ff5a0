"""MessagePack's own types, and arguments that are not MessagePack after all."""

from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest
from pydantic import BaseModel

from serverless_hub import ServerlessHub
from serverless_hub.protocol.codec import MESSAGEPACK
from serverless_hub.protocol.upstream import UpstreamRefusal
from tests.support.hub_bench import Bench

WHEN = datetime(2026, 7, 1, 12, 30, tzinfo=UTC)


class Event(BaseModel):
    at: datetime


class Chat(ServerlessHub):
    async def when(self, at: datetime) -> str:
        return at.isoformat()

    async def model(self, event: Event) -> Event:
        return event

    async def anything(self, value: Any) -> Any:
        return value

    async def text(self, value: str) -> str:
        return value


@pytest.fixture
def bench() -> Bench:
    return Bench(Chat, MESSAGEPACK)


@pytest.mark.requirement("binding.messagepack.extensions")
async def test_a_timestamp_is_a_datetime(bench: Bench) -> None:
    assert await bench.result("when", WHEN) == WHEN.isoformat()
    assert await bench.result("model", {"at": WHEN}) == {"at": WHEN}


async def test_a_datetime_may_come_as_text_too(bench: Bench) -> None:
    assert await bench.result("when", "2026-07-01T12:30:00Z") == WHEN.isoformat()


async def test_without_a_type_values_stay_what_they_are(bench: Bench) -> None:
    for value in (b"\x00\xff", WHEN, {"a": [1, 1.5, None, True]}, 2**64 - 1, -(2**63)):
        assert await bench.result("anything", value) == value


@pytest.mark.requirement("binding.messagepack.extensions")
async def test_extensions_that_nobody_knows_are_null(bench: Bench) -> None:
    assert await bench.result("anything", msgspec.msgpack.Ext(5, b"x")) is None


@pytest.mark.parametrize(
    "arguments",
    [b"\x91\xa1\xff", b"\x91\xd7\xff" + b"\xff" * 8],
    ids=["not UTF-8", "not a timestamp"],
)
async def test_arguments_that_cannot_be_decoded_are_refused_before_anything_runs(
    bench: Bench, arguments: bytes
) -> None:
    with pytest.raises(UpstreamRefusal, match="not MessagePack") as refusal:
        bench.message("anything", msgspec.Raw(arguments))
    assert refusal.value.status == 400
