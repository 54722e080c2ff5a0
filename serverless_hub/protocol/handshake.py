"""The handshake: the first thing both sides say, always JSON (HubProtocol.md, "HandshakeRequest Message").

Clients send hub-protocol versions 0, 1 and 2: one library sends the negotiate version here.
"""

import msgspec

from serverless_hub.errors import ProtocolError
from serverless_hub.protocol.codec import PROTOCOLS, HubProtocol
from serverless_hub.protocol.framing import RECORD_SEPARATOR
from serverless_hub.protocol.values import to_json

__all__ = [
    "MAX_HANDSHAKE_BYTES",
    "STATEFUL_VERSION",
    "HandshakeRequest",
    "choose_protocol",
    "handshake_answer",
    "parse_handshake",
]

MAX_HANDSHAKE_BYTES = 4096
"""The largest handshake request that is read, in bytes."""

STATEFUL_VERSION = 2
"""From this version of a hub protocol on, there are Ack and Sequence; a client says it where it negotiated for them."""


class HandshakeRequest(msgspec.Struct, frozen=True):
    """What the client would like to speak."""

    protocol: str
    version: int


def parse_handshake(record: bytes) -> HandshakeRequest:
    """Read a handshake request without its 0x1E; unknown keys are ignored.

    Raises:
        ProtocolError: it is not one.
    """
    try:
        return msgspec.json.decode(record, type=HandshakeRequest)
    except (ValueError, RecursionError) as error:
        raise ProtocolError(f"not a handshake request: {error}") from error


def choose_protocol(request: HandshakeRequest) -> HubProtocol:
    """Return the hub protocol that `request` asks for.

    Raises:
        ProtocolError: nobody here speaks it; the text is the one that ASP.NET Core answers (HubConnectionContext.cs).
    """
    protocol = PROTOCOLS.get(request.protocol)
    if protocol is None:
        raise ProtocolError(f"The protocol '{request.protocol}' is not supported.")
    if not 0 <= request.version <= STATEFUL_VERSION:
        raise ProtocolError(
            f"The server does not support version {request.version} of the '{request.protocol}' protocol."
        )
    return protocol


def handshake_answer(error: str | None = None) -> bytes:
    """Return the handshake response with its 0x1E: empty, or with an `error`."""
    return to_json({} if error is None else {"error": error}) + RECORD_SEPARATOR
