"""Whole sessions that are fed with anything: they end with an answer that is documented, and leave nothing behind."""

import asyncio
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from serverless_hub.protocol.codec import JSON, MESSAGEPACK, HubProtocol
from serverless_hub.protocol.messages import Close
from tests.fuzz.seeds import SEEDS
from tests.support.clock import settle
from tests.support.session_bench import session_bench

_INVALID = Close("The client sent an invalid message.")
both = pytest.mark.parametrize("protocol", [JSON, MESSAGEPACK], ids=lambda protocol: protocol.name)
frames = st.lists(st.binary(max_size=60) | st.sampled_from([s for seeds in SEEDS.values() for s in seeds]), max_size=6)


@both
@given(frames=frames, stateful=st.booleans())
@pytest.mark.requirement("service.input.any-bytes")
def test_any_frames_are_answered_or_close_the_session_in_a_documented_way(
    protocol: HubProtocol, frames: list[bytes], stateful: bool
) -> None:
    async def live() -> None:
        async with session_bench(protocol, stateful=stateful) as bench:
            for frame in frames:
                bench.line.say(frame)
            await settle()
            await settle()
            for message in bench.messages:
                assert message is not None
                if isinstance(message, Close):
                    assert message == _INVALID
            for post in bench.app.posts:
                if post.headers["content-type"] == "application/json":
                    json.loads(post.body.decode(), parse_int=str)
        assert bench.app.events.count("connected") == 1
        assert bench.app.events[-1] == "disconnected"

    asyncio.run(live())


@pytest.mark.parametrize("arguments", [b'["\xff"]', b'["\xed\xa0\x80"]', b"[" * 65 + b"]" * 65])
@pytest.mark.requirement("service.input.arguments")
async def test_arguments_that_are_not_utf_8_or_nested_too_deeply_close_the_session_and_do_not_reach_the_app(
    arguments: bytes,
) -> None:
    async with session_bench() as bench:
        bench.line.say(b'{"type":1,"target":"a","arguments":%s}\x1e' % arguments)
        await bench.ended()
        assert bench.messages == [_INVALID]
        assert bench.app.events == ["connected", "disconnected"]


async def test_arguments_may_be_nested_64_deep() -> None:
    async with session_bench() as bench:
        bench.line.say(b'{"type":1,"target":"a","arguments":%s}\x1e' % (b"[" * 64 + b"]" * 64))
        await settle()
        assert bench.app.events == ["connected", "a"]
