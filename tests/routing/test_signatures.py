"""Who may post events: whoever has signed the connection id with an access key."""

import base64
from collections.abc import Callable

import pytest

from tests.routing.caller import Caller, both_ways, headers, message, sign
from tests.support.client import negotiate

pytestmark = [pytest.mark.asyncio(loop_scope="module"), both_ways]

RIGHT = sign("c1")
WRONG = sign("c1", "another key of some length")
each_way = pytest.mark.parametrize("target", ["direct", "injected"])


def signed(target: str, signature: str | None) -> list[tuple[str, str]]:
    others = [(name, value) for name, value in headers(target) if name != "X-ASRS-Signature"]
    return others if signature is None else [*others, ("X-ASRS-Signature", signature)]


@each_way
@pytest.mark.parametrize(
    "signature",
    [
        RIGHT,
        RIGHT.replace(RIGHT[7:], RIGHT[7:].upper()),
        f"{WRONG},{RIGHT}",
        f"{WRONG}, {RIGHT}",
        ",".join([WRONG] * 7 + [RIGHT]),
        f"nonsense,,sha256=,{RIGHT}",
    ],
    ids=["one", "upper-case", "second", "second-after-space", "eighth", "among-nonsense"],
)
async def test_a_valid_signature_lets_an_event_in(caller: Caller, target: str, signature: str) -> None:
    answer = await caller.post(signed(target, signature), message(target, "hi"))
    assert answer.completion["result"] == "hi"


@each_way
@pytest.mark.parametrize(
    "signature",
    [
        None,
        "",
        "sha256=",
        WRONG,
        RIGHT[:-2],
        RIGHT + "00",
        sign("c2"),
        RIGHT.replace("sha256", "sha1"),
        "sha256=" + base64.b64encode(bytes.fromhex(RIGHT[7:])).decode(),
        ",".join([WRONG] * 8 + [RIGHT]),
    ],
    ids=["none", "empty", "blank", "key", "short", "long", "connection", "algorithm", "base64", "ninth"],
)
async def test_anything_else_is_refused(
    caller: Caller, target: str, signature: str | None, problems: Callable[[], list[str]]
) -> None:
    answer = await caller.post(signed(target, signature), message(target, "hi"))
    assert answer.status == 401
    assert problems() == ["refused an upstream call with 401: no valid signature of the connection id"]
    assert (await caller.invoke(target, "on")).completion["result"] == "on"


async def test_signatures_in_two_headers_count_like_a_list(caller: Caller) -> None:
    both = [*signed("direct", WRONG), ("X-ASRS-Signature", RIGHT)]
    assert (await caller.post(both, message("direct", "hi"))).status == 200


@each_way
async def test_a_client_cannot_make_a_signature_of_its_own_token(
    caller: Caller, target: str, problems: Callable[[], list[str]]
) -> None:
    token = (await negotiate(caller.url))["accessToken"]
    connection_id, _, mac = token.rpartition(".")
    signature = "sha256=" + base64.urlsafe_b64decode(mac + "=").hex()
    assert signature == sign(connection_id)  # So it would be, did the connection id not have a dot.
    answer = await caller.post(headers(target, connection_id=connection_id), message(target, "hi"))
    assert answer.status == 401
    assert token not in " ".join(problems())


UNKNOWN = [
    {"hub": "other"},
    {"category": "other"},
    {"category": "connections"},
    {"event": "other"},
    {"event": "connected"},
]


@pytest.mark.parametrize("change", UNKNOWN, ids=str)
async def test_what_there_is_not_is_404_for_a_service(
    caller: Caller, change: dict[str, str], problems: Callable[[], list[str]]
) -> None:
    answer = await caller.post(headers(**{"event": "direct", **change}), message("direct", "hi"))
    assert answer.status == 404
    (problem,) = problems()
    named = "there is no hub 'other': there are " if "hub" in change else "hub 'chat' has no "
    assert problem.startswith(f"refused an upstream call with 404: {named}")


@pytest.mark.parametrize("change", [*UNKNOWN, {}], ids=str)
async def test_a_stranger_does_not_learn_what_there_is(caller: Caller, change: dict[str, str]) -> None:
    asked = headers(**{"event": "direct", **change})[:-1]
    answer = await caller.post(asked, message("direct", "hi"))
    assert answer.status == 401
    assert answer.body == b'{"error":"no valid signature of the connection id"}'
