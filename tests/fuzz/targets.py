"""One function per parser that takes any bytes: it returns, or what it raises is a bug."""

import json
from collections.abc import Callable
from contextlib import suppress
from typing import Any
from urllib.parse import parse_qs

import msgspec

from serverless_hub.errors import ConfigurationError, InvalidArgumentError, ProtocolError
from serverless_hub.protocol.client_info import parse_claims, parse_query, write_query
from serverless_hub.protocol.codec import JSON, MESSAGEPACK, HubProtocol
from serverless_hub.protocol.endpoint import parse_connection_string
from serverless_hub.protocol.handshake import choose_protocol, handshake_answer, parse_handshake
from serverless_hub.protocol.messages import Completion, HubMessage, Invocation
from serverless_hub.protocol.nesting import check_json_text
from serverless_hub.protocol.upstream import invocation_body, parse_disconnected, parse_invocation, read_event
from serverless_hub.protocol.upstream_answer import read_refusal
from serverless_hub.service.odata import read_filter
from serverless_hub.service.odata_values import Subject
from serverless_hub.service.request import Refusal, read_request
from serverless_hub.service.rest_answers import RestRefusal
from serverless_hub.service.rest_bodies import Body
from serverless_hub.service.rest_commands import read_commands
from serverless_hub.service.rest_query import RestQuery
from serverless_hub.service.settings_file import read_settings

__all__ = ["KEY", "TARGETS", "Target"]

Target = Callable[[bytes], None]
KEY = "an-access-key-of-some-length"
_MAX_BYTES = 1 << 16
_SUBJECTS = (Subject("c1", "ann", {"g", "h"}), Subject("c2", None, set[str]()))
_MEDIA_TYPES = ("application/json", "application/x-msgpack", "application/octet-stream", "")


def handshake(data: bytes) -> None:
    try:
        choose_protocol(parse_handshake(data))
    except ProtocolError as error:
        handshake_answer(str(error))


def json_protocol(data: bytes) -> None:
    _receive(JSON, data)


def messagepack_protocol(data: bytes) -> None:
    _receive(MESSAGEPACK, data)


def upstream_request(data: bytes) -> None:
    """The first line is the media type and the event; what follows is the body."""
    head, _, body = data.partition(b"\n")
    media_type, _, event = head.partition(b" ")
    names = {b"X-ASRS-Connection-Id": b"c1", b"X-ASRS-Hub": b"chat", b"X-ASRS-Category": b"messages"}
    headers = [*names.items(), (b"Content-Type", media_type), (b"X-ASRS-Event", event), (b"X-ASRS-User-Claims", event)]
    parse_disconnected(body)
    read_refusal(body)
    with suppress(ProtocolError):
        upstream = read_event(headers)
        parse_claims(upstream.claims)
        call = parse_invocation(body, upstream)
        if isinstance(call.arguments, msgspec.Raw):
            upstream.protocol.decode_value(call.arguments)


def negotiate_query(data: bytes) -> None:
    text = data.decode("latin-1")
    parse_query(write_query(text))
    scope: dict[str, Any] = {"query_string": data, "headers": []}
    with suppress(Refusal):
        read_request(scope, [KEY], 0, token_in_query=True)
    assert "access_token" not in parse_qs(scope["query_string"].decode("latin-1"))


def connection_string(data: bytes) -> None:
    with suppress(ConfigurationError):
        parse_connection_string(data.decode("utf-8", "replace"))


def odata_filter(data: bytes) -> None:
    with suppress(InvalidArgumentError):
        takes = read_filter(data.decode("utf-8", "replace"))
        assert {takes(subject) for subject in _SUBJECTS} <= {True, False}


def rest_body(data: bytes) -> None:
    """The first byte chooses the media type."""
    body = Body(_MEDIA_TYPES[data[0] % len(_MEDIA_TYPES)] if data else "", data[1:])
    for read in (body.payload, body.item, lambda: read_commands(body.json())):
        with suppress(RestRefusal, InvalidArgumentError):
            read()


def rest_query(data: bytes) -> None:
    with suppress(RestRefusal):
        query = RestQuery(data.decode("latin-1"))
        query.texts("filter")
        query.flag("removed")
        query.number("ttl", 0)


def settings_file(data: bytes) -> None:
    with suppress(ConfigurationError):
        rules = read_settings(data, lambda _: None)
        found = None if rules is None else rules.find("chat", "messages", "send")
        if found is not None:
            found.template.url("chat", "messages", "send")


TARGETS: dict[str, Target] = {
    target.__name__: target
    for target in (
        *(handshake, json_protocol, messagepack_protocol, upstream_request),
        *(negotiate_query, connection_string, odata_filter, rest_body, rest_query, settings_file),
    )
}


def _receive(protocol: HubProtocol, data: bytes) -> None:
    """Do with a stream of messages what a session does, and check what it would send on."""
    splitter = protocol.splitter(_MAX_BYTES)
    with suppress(ProtocolError):
        for part in (data[: len(data) // 2], data[len(data) // 2 :]):
            for payload in splitter.feed(part):
                message = protocol.decode(payload)
                if message is not None:
                    _pass_on(protocol, message)


def _pass_on(protocol: HubProtocol, message: HubMessage) -> None:
    invocation_id = getattr(message, "invocation_id", None)
    if isinstance(invocation_id, str):
        assert protocol.encode(Completion(invocation_id, error="no"))
    if isinstance(message, Invocation):
        if protocol is JSON:
            check_json_text(bytes(message.arguments))
        body = invocation_body(message, protocol)
        assert protocol.decode(body) is not None
        if protocol is JSON:  # Of any app: numbers may be as large as they like.
            json.loads(body.decode(), parse_int=str, parse_float=str)
    for name in ("arguments", "item", "result"):
        value = getattr(message, name, None)
        if isinstance(value, msgspec.Raw):
            with suppress(ProtocolError):
                protocol.decode_value(value)
