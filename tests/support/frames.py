"""WebSocket frames as a client sends them, sound or not (RFC 6455, 5.2), and a reader of what a server sends."""

from websockets.client import ClientProtocol
from websockets.frames import Frame
from websockets.frames import Opcode as TheirOpcode
from websockets.protocol import OPEN
from websockets.uri import parse_uri

__all__ = ["BINARY", "CLOSE", "CONTINUATION", "PING", "PONG", "TEXT", "client_frame", "read_by_client"]

CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG = 0, 1, 2, 8, 9, 10


def client_frame(
    opcode: int,
    payload: bytes = b"",
    *,
    final: bool = True,
    reserved: int = 0,
    mask: bytes | None = b"\x11\x82\xf3\x04",
    length_bytes: int | None = None,
) -> bytes:
    """Return one frame.

    Args:
        opcode: any, of those that do not exist, too.
        payload: before it is masked.
        final: whether it is the last of its message.
        reserved: the three reserved bits, 1 to 7.
        mask: None for a frame without one.
        length_bytes: 0, 2 or 8, however long the payload is; None for the shortest form.
    """
    size = len(payload)
    if length_bytes is None:
        length_bytes = 0 if size < 126 else 2 if size < 1 << 16 else 8
    short = size if length_bytes == 0 else 126 if length_bytes == 2 else 127
    head = bytes((final << 7 | reserved << 4 | opcode, (mask is not None) << 7 | short))
    head += size.to_bytes(length_bytes, "big") if length_bytes else b""
    if mask is None:
        return head + payload
    return head + mask + bytes(byte ^ mask[index % 4] for index, byte in enumerate(payload))


def read_by_client(data: bytes) -> list[tuple[int, bytes]]:
    """Return opcodes and payloads of the frames of a server as the websockets library reads them; all are final."""
    client = ClientProtocol(parse_uri("ws://localhost/"), state=OPEN, max_size=None)
    client.receive_data(data)
    assert client.parser_exc is None, client.parser_exc
    frames = [event for event in client.events_received() if isinstance(event, Frame)]
    assert all(frame.fin for frame in frames)
    return [(int(TheirOpcode(frame.opcode)), bytes(frame.data)) for frame in frames]
