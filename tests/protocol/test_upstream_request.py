"""Reading and writing the headers and bodies of upstream calls."""

import json
from http import HTTPStatus
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from serverless_hub.protocol.codec import JSON, MESSAGEPACK
from serverless_hub.protocol.messages import Invocation
from serverless_hub.protocol.upstream import (
    Category,
    UpstreamEvent,
    UpstreamRefusal,
    connected_body,
    disconnected_body,
    invocation_body,
    parse_disconnected,
    parse_invocation,
    read_event,
)

EVENT = UpstreamEvent(
    "c1", "chat", Category.MESSAGES, "Send", JSON, "sha256=00", user_id="Änn", claims="a: b", query="?x=1"
)


def headers(**changed: bytes | None) -> list[tuple[bytes, bytes]]:
    found: dict[bytes, bytes | None] = dict(EVENT.to_headers())
    found |= {name.replace("_", "-").encode(): value for name, value in changed.items()}
    return [(name, value) for name, value in found.items() if value is not None]


def test_an_event_survives_its_headers() -> None:
    assert read_event(EVENT.to_headers()) == EVENT


@pytest.mark.requirement("routing.headers.optional")
def test_what_a_client_does_not_have_is_not_sent() -> None:
    bare = UpstreamEvent("c1", "chat", Category.CONNECTIONS, "connected", JSON)
    names = {name for name, _ in bare.to_headers()}
    assert names.isdisjoint({b"x-asrs-user-id", b"x-asrs-user-claims", b"x-asrs-client-query"})


@pytest.mark.requirement("routing.headers.required", "routing.media-type")
@pytest.mark.parametrize(
    ("changed", "status"),
    [
        ({"content_type": None}, HTTPStatus.UNSUPPORTED_MEDIA_TYPE),
        ({"content_type": b"text/plain"}, HTTPStatus.UNSUPPORTED_MEDIA_TYPE),
        ({"x_asrs_connection_id": None}, HTTPStatus.BAD_REQUEST),
        ({"x_asrs_hub": b""}, HTTPStatus.BAD_REQUEST),
        ({"x_asrs_category": None}, HTTPStatus.BAD_REQUEST),
        ({"x_asrs_event": None}, HTTPStatus.BAD_REQUEST),
    ],
)
def test_what_is_missing_or_empty_is_refused(changed: dict[str, bytes | None], status: HTTPStatus) -> None:
    with pytest.raises(UpstreamRefusal) as refusal:
        read_event(headers(**changed))
    assert refusal.value.status == status


@pytest.mark.requirement("routing.headers.required")
def test_a_header_that_stands_twice_is_refused() -> None:
    with pytest.raises(UpstreamRefusal, match="X-ASRS-Hub must be there once"):
        read_event([*EVENT.to_headers(), (b"x-asrs-hub", b"news")])


@pytest.mark.requirement("routing.media-type")
@pytest.mark.parametrize(
    "content_type", [b"application/json", b"Application/JSON; charset=utf-8", b"application/json;\xff"]
)
def test_the_media_type_ignores_case_and_parameters(content_type: bytes) -> None:
    assert read_event(headers(content_type=content_type)).protocol is JSON


def test_header_values_are_utf8_else_latin1() -> None:
    assert read_event(headers(x_asrs_user_id="Änn".encode("latin-1"))).user_id == "Änn"
    assert read_event(headers(x_asrs_user_id="Änn".encode())).user_id == "Änn"


@pytest.mark.requirement("signature.list")
def test_signatures_in_several_headers_count_together() -> None:
    assert read_event([*EVENT.to_headers(), (b"x-asrs-signature", b"sha256=01")]).signature == "sha256=00,sha256=01"


@pytest.mark.requirement("routing.body.tolerance")
@pytest.mark.parametrize("protocol", [JSON, MESSAGEPACK], ids=lambda protocol: protocol.name)
def test_an_invocation_travels_without_its_frame(protocol: object) -> None:
    assert protocol in {JSON, MESSAGEPACK}
    chosen = JSON if protocol is JSON else MESSAGEPACK
    body = invocation_body(Invocation("send", ("x",), "1"), chosen)
    assert not body.endswith(b"\x1e")
    event = UpstreamEvent("c1", "chat", Category.MESSAGES, "SEND", chosen)
    parsed = parse_invocation(body, event)
    arguments = JSON.decode_value(parsed.arguments) if chosen is JSON else parsed.arguments
    assert (parsed.target, parsed.invocation_id, arguments) == ("send", "1", ["x"])


@pytest.mark.requirement("routing.body.tolerance")
@pytest.mark.parametrize(
    "body",
    [
        b'{"type":1,"target":"Send","arguments":[]}\x1e',
        b'{"Type":1,"InvocationId":null,"Target":"send","Arguments":[]}',
    ],
)
def test_a_separator_and_keys_in_another_case_are_tolerated(body: bytes) -> None:
    assert parse_invocation(body, EVENT).invocation_id is None


@pytest.mark.requirement(
    "routing.body.target", "routing.body.keys-twice", "routing.body.depth", "routing.body.invocation-id"
)
@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", "not a JSON object"),
        (b"[1]", "not a JSON object"),
        (b'{"type":6}', "not an invocation"),
        (b'{"type":4,"target":"Send","arguments":[]}', "not an invocation"),
        (b'{"type":"1","target":"Send"}', "not a hub message"),
        (b'{"type":1}', "not a hub message"),
        (b'{"type":1,"target":"\xff"}', "not a JSON object|not a hub message"),
        (b'{"type":1,"target":"Send","invocationId":7}', "not a hub message"),
        (b'{"type":1,"target":"Send","streamIds":"s"}', "not a hub message"),
        (b'{"type":1,"target":"Send","arguments":null}', "not an array"),
        (b'{"type":1,"target":"other","arguments":[]}', "not the event"),
        (b'{"type":1,"target":"Send","Target":"other","arguments":[]}', "twice, in different case"),
        (b'{"type":1,"target":"Send","arguments":' + b"[" * 64 + b"]" * 64 + b"}", "more than 64 deep"),
        (b'{"type":1,"target":"Send","arguments":[],"invocationId":"' + b"x" * 257 + b'"}', "id is too long"),
    ],
)
def test_a_body_that_is_not_the_announced_call_is_refused_with_400(body: bytes, reason: str) -> None:
    with pytest.raises(UpstreamRefusal, match=reason) as refusal:
        parse_invocation(body, EVENT)
    assert refusal.value.status == HTTPStatus.BAD_REQUEST


def test_a_body_without_arguments_has_none() -> None:
    parsed = parse_invocation(b'{"type":1,"target":"Send","streamIds":["s"],"other":1}', EVENT)
    assert (JSON.decode_value(parsed.arguments), parsed.stream_ids) == ([], ("s",))


@pytest.mark.requirement("routing.body.target")
def test_what_is_no_invocation_in_messagepack_is_refused_with_400() -> None:
    event = UpstreamEvent("c1", "chat", Category.MESSAGES, "Send", MESSAGEPACK)
    with pytest.raises(UpstreamRefusal, match="not an invocation"):
        parse_invocation(b"\x91\x06", event)


_NOT_CALLS: list[tuple[list[Any], str]] = [
    ([1, {}, None, "Send"], "too few elements"),
    ([1, {}, 7, "Send", []], "not a hub message"),
    ([1, {}, None, "Send", [], [7]], "not a hub message"),
    ([1, {}, None, "Send", None], "the arguments are not an array"),
    ([1, {}, None, "Send", {}], "the arguments are not an array"),
    ([1, {}, None, "Send", [{7: 1}]], "a key that is not text"),
    ([3, {}, "7", "Send", []], "not a hub message|not an invocation"),
    ([4, {}, "7", "Send", []], "not an invocation"),
]


@pytest.mark.requirement("routing.body.depth", "routing.body.invocation-id")
@pytest.mark.parametrize(("elements", "reason"), _NOT_CALLS)
def test_an_array_that_is_not_the_announced_call_is_refused_with_400(elements: list[Any], reason: str) -> None:
    event = UpstreamEvent("c1", "chat", Category.MESSAGES, "Send", MESSAGEPACK)
    with pytest.raises(UpstreamRefusal, match=reason) as refusal:
        parse_invocation(msgspec.msgpack.encode(elements), event)
    assert refusal.value.status == HTTPStatus.BAD_REQUEST


_ANYTHING = st.sampled_from([None, 1, 6, 1.5, "", "Send", "send", "7", [], ["s"], [7], {}, {"a": 1}])


@given(
    usual=st.dictionaries(st.sampled_from(["type", "target", "arguments", "invocationId", "streamIds"]), _ANYTHING),
    valid=st.booleans(),
)
def test_a_key_that_means_nothing_makes_no_difference(usual: dict[str, Any], *, valid: bool) -> None:
    body = {"type": 1, "target": "Send", "arguments": [1]} | usual if valid else usual
    assert _parsed(body) == _parsed({**body, "other": 1})


def _parsed(body: dict[str, Any]) -> Invocation | str:
    try:
        return parse_invocation(json.dumps(body).encode(), EVENT)
    except UpstreamRefusal as refusal:
        return str(refusal)


def test_names_of_headers_ignore_case_and_other_headers_are_skipped() -> None:
    written = [(name.title(), value) for name, value in EVENT.to_headers()]
    assert read_event([*written, (b"Host", b"\xff"), (b"host", b"x")]) == EVENT


def test_of_an_optional_header_that_stands_twice_the_first_counts() -> None:
    assert read_event([*EVENT.to_headers(), (b"x-asrs-user-id", b"eve")]).user_id == "Änn"


def test_brackets_inside_of_text_are_not_depth() -> None:
    body = b'{"type":1,"target":"Send","arguments":["' + b"[" * 500 + rb"\"[" + b'"]}'
    assert parse_invocation(body, EVENT).target == "Send"


def test_many_brackets_side_by_side_are_not_depth() -> None:
    body = b'{"type":1,"target":"Send","arguments":[' + b",".join([b"[]"] * 200) + b"]}"
    assert parse_invocation(body, EVENT).target == "Send"


@pytest.mark.requirement("context.error")
@pytest.mark.parametrize(
    ("body", "error"),
    [
        (disconnected_body(None), None),
        (disconnected_body("gone"), "gone"),
        (b'{"Type":11,"Error":"gone"}', "gone"),
        (b'{"type":11,"error":""}', None),
        (b'{"type":11,"error":5}', None),
        (b"garbage", None),
    ],
)
def test_the_error_of_a_disconnected_event_is_read_where_there_is_one(body: bytes, error: str | None) -> None:
    assert parse_disconnected(body) == error


def test_the_body_of_connected_is_message_ten() -> None:
    assert connected_body() == b'{"type":10}'


@pytest.mark.parametrize("more", [[], [(b"host", b"a"), (b"host", b"a")]], ids=["once", "twice"])
def test_headers_have_a_limit_in_bytes_that_counts_before_all_else(more: list[tuple[bytes, bytes]]) -> None:
    found = [*EVENT.to_headers(), *more]
    size = sum(len(name) + len(value) for name, value in found)
    assert read_event(found, size) == EVENT
    with pytest.raises(UpstreamRefusal, match="more than") as refusal:
        read_event(found[1:], size - len(b"content-type") - len(b"application/json") - 1)
    assert refusal.value.status == HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE


@pytest.mark.parametrize(
    "content_type", ["application/json", "application/x-msgpack", "Application/JSON; a=b", "text/plain", ""]
)
@pytest.mark.parametrize("name", [name for name, _ in EVENT.to_headers()])
@pytest.mark.parametrize("value", [b"", b"a", b"\xff", "ä".encode(), None])
def test_headers_in_lower_case_and_in_capitals_mean_the_same(
    content_type: str, name: bytes, value: bytes | None
) -> None:
    changed = {name.decode().replace("-", "_"): value}
    found = headers(**({"content_type": content_type.encode()} | changed))
    capitals = [(other.upper(), given) for other, given in found]
    assert _read(found) == _read(capitals)


def _read(found: list[tuple[bytes, bytes]]) -> UpstreamEvent | tuple[HTTPStatus, str]:
    try:
        return read_event(found)
    except UpstreamRefusal as refusal:
        return refusal.status, str(refusal)


def test_many_events_and_long_ones_are_read_too() -> None:
    for number in range(1100):
        assert read_event(headers(x_asrs_connection_id=b"c%d" % number)).connection_id == f"c{number}"
    for user in (b"a" * 3000, b"b" * 3000):
        assert read_event(headers(x_asrs_user_id=user)).user_id == user.decode()


def test_what_is_remembered_of_events_are_no_tokens() -> None:
    known, with_token = headers(x_asrs_connection_id=b"r1"), headers(authorization=b"Bearer secret")
    assert read_event(known, 32_768) is read_event(known, 32_768)
    assert read_event(with_token, 32_768) is not read_event(with_token, 32_768)


def test_headers_that_have_been_read_may_still_be_too_large_for_somebody_else() -> None:
    assert read_event(headers(), 32_768) == read_event(headers(), 32_768) == EVENT
    with pytest.raises(UpstreamRefusal) as refusal:
        read_event(headers(), 100)
    assert refusal.value.status == HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE


def test_an_invocation_id_is_measured_in_bytes() -> None:
    def body(invocation_id: str) -> bytes:
        return json.dumps({"type": 1, "target": "Send", "arguments": [], "invocationId": invocation_id}).encode()

    for fits, too_long in (("a" * 256, "a" * 257), ("ä" * 128, "ä" * 129)):
        assert parse_invocation(body(fits), EVENT).invocation_id == fits
        with pytest.raises(UpstreamRefusal, match="too long"):
            parse_invocation(body(too_long), EVENT)
