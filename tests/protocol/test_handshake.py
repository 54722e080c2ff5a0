import pytest

from serverless_hub.errors import ProtocolError
from serverless_hub.protocol.codec import JSON, MESSAGEPACK
from serverless_hub.protocol.handshake import HandshakeRequest, choose_protocol, handshake_answer, parse_handshake


@pytest.mark.requirement("handshake.versions")
@pytest.mark.parametrize("version", [0, 1, 2])
def test_every_version_that_clients_send_is_taken(version: int) -> None:
    assert choose_protocol(HandshakeRequest("json", version)) is JSON
    assert choose_protocol(HandshakeRequest("messagepack", version)) is MESSAGEPACK


@pytest.mark.requirement("handshake.request")
def test_blanks_and_other_keys_do_not_matter() -> None:
    assert parse_handshake(b' { "version" : 1, "x": [], "protocol" : "json" } ') == HandshakeRequest("json", 1)


@pytest.mark.requirement("handshake.request")
@pytest.mark.parametrize(
    "record", [b"", b"GET / HTTP/1.1", b"[]", b'{"protocol":"json"}', b'{"protocol":1,"version":1}']
)
def test_what_is_not_a_handshake_is_a_protocol_error(record: bytes) -> None:
    with pytest.raises(ProtocolError, match="not a handshake request"):
        parse_handshake(record)


@pytest.mark.requirement("handshake.errors")
@pytest.mark.parametrize(
    ("request_", "text"),
    [
        (HandshakeRequest("xml", 1), "The protocol 'xml' is not supported."),
        (HandshakeRequest("json", 3), "The server does not support version 3 of the 'json' protocol."),
        (HandshakeRequest("json", -1), "The server does not support version -1 of the 'json' protocol."),
    ],
)
def test_what_nobody_speaks_is_answered_as_aspnet_core_does(request_: HandshakeRequest, text: str) -> None:
    with pytest.raises(ProtocolError) as error:
        choose_protocol(request_)
    assert str(error.value) == text


@pytest.mark.requirement("handshake.answer")
def test_the_answer_is_empty_or_an_error() -> None:
    assert handshake_answer() == b"{}\x1e"
    assert handshake_answer("no") == b'{"error":"no"}\x1e'
