"""Every reader of JSON from outside takes and refuses the same, and never fails in another way."""

from collections.abc import Callable

import pytest

from serverless_hub.errors import ProtocolError
from serverless_hub.protocol.codec import JSON
from serverless_hub.protocol.handshake import parse_handshake
from serverless_hub.protocol.messages import Invocation
from serverless_hub.protocol.nesting import check_json_text
from serverless_hub.protocol.upstream import UpstreamEvent, parse_invocation
from serverless_hub.service.rest_answers import RestRefusal
from serverless_hub.service.rest_bodies import Body
from tests.protocol.json_cases import CASES, Case

_EVENT = UpstreamEvent("c1", "chat", "messages", "a", JSON)
_NOT_READ = {case.name for case in CASES if case.name.startswith("utf8_") or "deep" in case.name}
"""What the handshake skips unread, since it stands under a key that means nothing: neither is passed on."""


def hub_message(value: bytes) -> None:
    message = JSON.decode(b'{"type":1,"target":"a","arguments":[%s]}' % value)
    assert isinstance(message, Invocation)
    check_json_text(bytes(message.arguments))  # as a session does


def upstream(value: bytes) -> None:
    call = parse_invocation(b'{"type":1,"target":"a","arguments":[%s]}' % value, _EVENT)
    JSON.decode_value(call.arguments)


def rest(value: bytes) -> None:
    Body("application/json", value).json()


def handshake(value: bytes) -> None:
    parse_handshake(b'{"protocol":"json","version":1,"more":%s}' % value)


READERS: dict[str, Callable[[bytes], None]] = {
    reader.__name__: reader for reader in (hub_message, upstream, rest, handshake)
}
# In an array, nothing and two values with a comma between them are good.
_GOOD_INSIDE = {"empty", "blank", "comma_number"}


@pytest.mark.parametrize("reader", READERS)
@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.verdict}-{case.name}")
def test_json_is_taken_or_refused_by_every_reader(case: Case, reader: str) -> None:
    verdict = case.verdict
    if (reader == "handshake" and case.name in _NOT_READ) or (
        reader in {"hub_message", "upstream"} and case.name in _GOOD_INSIDE
    ):
        verdict = "either"
    try:
        READERS[reader](case.value)
    except (ProtocolError, RestRefusal):
        assert verdict != "accepted"
    else:
        assert verdict != "refused"
