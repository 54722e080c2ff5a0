"""What the JSON and the MessagePack hub protocol have in common, and the table of the two."""

from typing import Any, Protocol

import msgspec

from serverless_hub.protocol.framing import Splitter
from serverless_hub.protocol.json_protocol import JsonHubProtocol
from serverless_hub.protocol.messages import HubMessage
from serverless_hub.protocol.msgpack_protocol import MessagePackHubProtocol

__all__ = ["JSON", "MESSAGEPACK", "PROTOCOLS", "PROTOCOLS_BY_MEDIA_TYPE", "HubProtocol"]


class HubProtocol(Protocol):
    """One encoding of hub messages."""

    @property
    def name(self) -> str:
        """The name in the handshake: `json` or `messagepack`."""
        ...

    @property
    def media_type(self) -> str:
        """The content type of upstream requests and answers."""
        ...

    @property
    def binary(self) -> bool:
        """Whether its messages travel in binary WebSocket frames."""
        ...

    def splitter(self, max_size: int) -> Splitter:
        """Return a fresh splitter for payloads of at most `max_size` bytes."""
        ...

    def encode(self, message: HubMessage) -> bytes:
        """Return `message` with its frame; raises TypeError for a value that has no form in this protocol."""
        ...

    def encode_result(self, invocation_id: str, result: bytes) -> bytes:
        """Return the completion of a call whose result is encoded already."""
        ...

    def decode(self, payload: bytes) -> HubMessage | None:
        """Return the message in `payload` (without frame), or None for an unknown type, to be ignored.

        Raises:
            ProtocolError: it is not a hub message.
        """
        ...

    def unframe(self, message: bytes) -> bytes:
        """Take the frame off one encoded message."""
        ...

    def encode_value(self, value: Any) -> bytes:
        """Encode a single value; raises TypeError when it has no form in this protocol."""
        ...

    def decode_value(self, data: bytes | msgspec.Raw) -> Any:
        """Decode a single value; raises ProtocolError."""
        ...


JSON: HubProtocol = JsonHubProtocol()
MESSAGEPACK: HubProtocol = MessagePackHubProtocol()
PROTOCOLS = {protocol.name: protocol for protocol in (JSON, MESSAGEPACK)}
PROTOCOLS_BY_MEDIA_TYPE = {protocol.media_type: protocol for protocol in (JSON, MESSAGEPACK)}
