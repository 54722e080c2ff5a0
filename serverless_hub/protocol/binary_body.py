"""A message for clients of both hub protocols in one body of the REST API, `application/octet-stream`.

A MessagePack map from the name of a protocol to the framed message in it (azure-signalr
BinaryPayloadMessageContentTest.cs).
"""

import msgspec

from serverless_hub.protocol.codec import PROTOCOLS
from serverless_hub.protocol.messages import HubMessage

__all__ = ["OCTET_STREAM", "write_binary_body"]

OCTET_STREAM = "application/octet-stream"


def write_binary_body(message: HubMessage) -> bytes:
    """Return the body; raises TypeError for a value that has no form in one of the protocols."""
    return msgspec.msgpack.encode({name: protocol.encode(message) for name, protocol in PROTOCOLS.items()})
