from typing import Any

import pytest

from serverless_hub.service.asgi import Message
from serverless_hub.service.websocket import WebSocketTransport


class Socket:
    """A server's side of a WebSocket: gives what it has, remembers what it is sent, or fails."""

    def __init__(self, *messages: Message, failure: Exception | None = None) -> None:
        self._messages = list(messages)
        self._failure = failure
        self.sent: list[Message] = []
        self.transport = WebSocketTransport(self._receive, self._send)

    async def _receive(self) -> Message:
        return self._messages.pop(0)

    async def _send(self, message: Message) -> None:
        if self._failure is not None:
            raise self._failure
        self.sent.append(message)


@pytest.mark.requirement("transports.ws.subprotocol")
async def test_it_is_accepted_without_a_subprotocol() -> None:
    socket = Socket({"type": "websocket.connect"})
    assert await socket.transport.accept()
    assert socket.sent == [{"type": "websocket.accept"}]


@pytest.mark.parametrize("failure", [ConnectionError("gone"), RuntimeError("already closed")])
async def test_a_client_that_is_gone_before_it_is_accepted_is_no_error(failure: Exception) -> None:
    assert not await Socket({"type": "websocket.connect"}, failure=failure).transport.accept()


@pytest.mark.requirement("transports.ws.frames")
async def test_text_and_binary_frames_are_both_taken() -> None:
    socket = Socket(
        {"type": "websocket.receive", "text": "hä"},
        {"type": "websocket.receive", "text": "", "bytes": None},
        {"type": "websocket.receive", "text": None, "bytes": b"\x00"},
        {"type": "websocket.receive", "bytes": b"\x01"},
    )
    assert [await socket.transport.receive() for _ in range(4)] == ["hä".encode(), b"", b"\x00", b"\x01"]


@pytest.mark.requirement("transports.ws.frames")
async def test_json_goes_out_as_text_and_messagepack_as_bytes() -> None:
    socket = Socket()
    await socket.transport.send("hä".encode(), binary=False)
    await socket.transport.send(b"\xff", binary=True)
    assert socket.sent == [
        {"type": "websocket.send", "text": "hä"},
        {"type": "websocket.send", "bytes": b"\xff"},
    ]


IN_ORDER: list[dict[str, Any]] = [
    {"code": 1000},
    {"code": 1001},
    *({"code": code, "reason": ""} for code in (1000, 1005, 0, None)),
]


@pytest.mark.requirement("closing.by-client")
@pytest.mark.parametrize("message", IN_ORDER)
async def test_a_client_that_leaves_in_order_is_no_loss(message: Message) -> None:
    socket = Socket({"type": "websocket.disconnect", **message})
    assert await socket.transport.receive() is None
    assert socket.transport.loss is None


@pytest.mark.requirement("closing.by-client")
@pytest.mark.parametrize("message", [{}, {"code": 1005}])
async def test_an_end_without_a_close_frame_is_a_loss(message: Message) -> None:
    socket = Socket({"type": "websocket.disconnect", **message})
    assert await socket.transport.receive() is None
    assert socket.transport.loss == "The connection was lost."


@pytest.mark.requirement("closing.by-client")
@pytest.mark.parametrize("code", [1006, 1009, 1011, 4000])
async def test_any_other_end_is_a_loss_that_says_its_code(code: int) -> None:
    socket = Socket({"type": "websocket.disconnect", "code": code})
    assert socket.transport.loss is None
    assert await socket.transport.receive() is None
    assert socket.transport.loss == f"The connection was lost (WebSocket code {code})."


@pytest.mark.requirement("closing.websocket")
async def test_it_is_closed_normally() -> None:
    socket = Socket()
    await socket.transport.close()
    assert socket.sent == [{"type": "websocket.close", "code": 1000}]


@pytest.mark.parametrize("failure", [ConnectionError("gone"), RuntimeError("already closed")])
async def test_sending_to_a_client_that_is_gone_is_an_os_error_whatever_the_server_raises(failure: Exception) -> None:
    transport = Socket(failure=failure).transport
    with pytest.raises(OSError, match=str(failure)):
        await transport.send(b"x", binary=False)
    await transport.close()


async def test_a_server_that_stops_is_no_fault_of_the_line() -> None:
    socket = Socket({"type": "websocket.disconnect", "code": 1012})
    assert await socket.transport.receive() is None
    assert socket.transport.loss == "The service stopped."


@pytest.mark.parametrize(
    ("disconnect", "broken"),
    [
        ({}, True),
        ({"code": 1005}, True),
        ({"code": 1006}, True),
        ({"code": 1006, "reason": ""}, True),
        ({"code": 1011, "reason": "keepalive ping timeout"}, True),
        ({"code": 1005, "reason": ""}, False),
        ({"code": 1000, "reason": ""}, False),
        ({"code": 1001}, False),
        ({"code": 1009, "reason": "too big"}, False),
        ({"code": 1012}, False),
        ({"code": 4000}, False),
    ],
)
async def test_a_line_has_broken_only_where_nobody_has_closed_it(disconnect: Message, broken: bool) -> None:
    socket = Socket({"type": "websocket.disconnect", **disconnect})
    assert not socket.transport.broken
    assert await socket.transport.receive() is None
    assert socket.transport.broken is broken
