"""Bodies in MessagePack: 400 for what is no call, an error completion for arguments that mean nothing."""

from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from tests.routing.caller import MESSAGEPACK, Answer, Caller, headers

pytestmark = pytest.mark.asyncio(loop_scope="module")

each_way = pytest.mark.parametrize("target", ["direct", "injected"])
encode = msgspec.msgpack.encode
DEEP_LIST = b"\x91" * 200 + b"\xc0"


def call(target: str, arguments: bytes = b"\x91\xa2hi", invocation_id: Any = "7") -> bytes:
    """Return an invocation of six elements whose arguments are encoded already."""
    return encode([1, {}, invocation_id, target, msgspec.Raw(arguments), []])


async def post(caller: Caller, target: str, body: bytes) -> Answer:
    return await caller.post(headers(target, media_type=MESSAGEPACK), body)


def completion(answer: Answer) -> list[Any]:
    """Return the array behind the length prefix, which is the whole body."""
    assert answer.status == 200
    assert answer.headers["Content-Type"] == MESSAGEPACK
    length, payload = answer.body[0], answer.body[1:]
    if length > 0x7F:
        length, payload = (length & 0x7F) | payload[0] << 7, payload[1:]
    assert len(payload) == length
    found: list[Any] = msgspec.msgpack.decode(payload)
    return found


@each_way
@pytest.mark.parametrize("elements", [5, 6, 7])
async def test_a_call_of_five_elements_or_more_is_answered_in_messagepack(
    caller: Caller, target: str, elements: int
) -> None:
    answer = await post(caller, target, encode([1, {"a": "b"}, "7", target, ["hi"], [], "later"][:elements]))
    assert completion(answer) == [3, {}, "7", 3, "hi"]


@each_way
@pytest.mark.parametrize("invocation_id", [None, ""])
async def test_nil_and_an_empty_text_as_invocation_id_mean_that_nobody_waits(
    caller: Caller, target: str, invocation_id: str | None
) -> None:
    answer = await post(caller, target, call(target, invocation_id=invocation_id))
    assert (answer.status, answer.body) == (200, b"")


NO_CALLS: dict[str, Callable[[str], bytes]] = {
    "nothing": lambda _: b"",
    "truncated": lambda target: call(target)[:-4],
    "more": lambda target: call(target) + b"\xc0",
    "framed": lambda target: bytes([len(call(target))]) + call(target),
    "json": lambda _: b'{"type":1}',
    "nil": lambda _: b"\xc0",
    "map": lambda target: encode({1: target}),
    "empty": lambda _: encode([]),
    "type alone": lambda _: encode([1]),
    "type as text": lambda target: encode(["1", {}, "7", target, [], []]),
    "ping": lambda _: encode([6]),
    "unknown type": lambda _: encode([99, {}]),
    "four elements": lambda target: encode([1, {}, "7", target]),
    "number as id": lambda target: call(target, invocation_id=7),
    "long id": lambda target: call(target, invocation_id="x" * 257),
    "another target": lambda _: call("other"),
    "bytes as target": lambda target: encode([1, {}, "7", target.encode(), [], []]),
    "arguments as map": lambda target: call(target, encode({"text": "hi"})),
    "arguments as text": lambda target: call(target, encode("hi")),
    "reserved byte": lambda target: call(target, b"\xc1"),
    "length without content": lambda target: call(target, b"\xdd\xff\xff\xff\xff"),
    "map from a number": lambda target: call(target, b"\x91\x81\x01\xa1x"),
    "map from nil": lambda target: call(target, b"\x91\x81\xc0\xa1x"),
    "text that is not UTF-8": lambda target: call(target, b"\x91\xa1\xff"),
    "deep": lambda target: call(target, b"\x91\x91" + DEEP_LIST),
    "very deep": lambda target: call(target, b"\x91" * 30_000 + b"\xc0"),
}


@pytest.mark.requirement("routing.body.map-keys", "routing.body.depth", "routing.body.invocation-id")
@each_way
@pytest.mark.parametrize("name", NO_CALLS)
async def test_what_is_no_call_is_400(
    caller: Caller, target: str, name: str, problems: Callable[[], list[str]]
) -> None:
    answer = await post(caller, target, NO_CALLS[name](target))
    assert answer.status == 400
    (problem,) = problems()
    assert problem.startswith("refused an upstream call with 400: ")
    assert completion(await post(caller, target, call(target)))[-1] == "hi"


@each_way
@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (b"\x91\x2a", "text: Input should be a valid string"),
        (b"\x91\xd4\x05\x00", "text: Input should be a valid string"),  # an unknown extension type is nil
    ],
    ids=lambda value: value[:8].hex() if isinstance(value, bytes) else "",
)
async def test_arguments_that_do_not_fit_are_an_error_completion(
    caller: Caller, target: str, arguments: bytes, reason: str, problems: Callable[[], list[str]]
) -> None:
    answer = await post(caller, target, call(target, arguments))
    text = f"{target!r} cannot be called like that: {reason}"
    assert completion(answer) == [3, {}, "7", 1, text]
    assert answer.headers["X-Serverless-Hub-Error"] == "binding"
    assert problems() == [f"Chat.{target} of connection c1 failed: {text} (binding)"]
    assert completion(await post(caller, target, call(target)))[-1] == "hi"
