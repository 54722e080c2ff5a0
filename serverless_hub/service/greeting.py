"""The handshake as the service plays it (aspnetcore HubConnectionContext.cs, HandshakeAsync)."""

import logging
from contextlib import suppress
from dataclasses import dataclass

from serverless_hub.clock import Clock, limit
from serverless_hub.errors import ProtocolError
from serverless_hub.protocol.codec import HubProtocol
from serverless_hub.protocol.framing import RECORD_SEPARATOR
from serverless_hub.protocol.handshake import MAX_HANDSHAKE_BYTES, choose_protocol, handshake_answer, parse_handshake
from serverless_hub.service.ports import Transport
from serverless_hub.service.settings import ServiceSettings

__all__ = ["Greeting", "greet"]

_logger = logging.getLogger("serverless_hub.service")


@dataclass(frozen=True, slots=True)
class Greeting:
    """What a client asked for, and what it sent behind its request."""

    protocol: HubProtocol
    rest: bytes
    version: int = 1
    """Of the hub protocol; from 2 on, the client can reconnect statefully."""


async def greet(transport: Transport, clock: Clock, settings: ServiceSettings) -> Greeting | None:
    """Read the handshake request; an unusable one is answered with its error, and the transport closed.

    Returns:
        None when there is nobody to serve. The answer to a good request is the caller's.
    """
    try:
        async with limit(clock, settings.handshake_timeout):
            return await _read_request(transport)
    except TimeoutError:
        await _refuse(transport, "Handshake was canceled.")
    except ProtocolError as error:
        await _refuse(transport, str(error))
    return None


async def _read_request(transport: Transport) -> Greeting | None:
    record, separator, rest = b"", b"", b""
    while not separator:
        data = await transport.receive()
        if data is None:
            return None
        record, separator, rest = (record + data).partition(RECORD_SEPARATOR)
        if len(record) > MAX_HANDSHAKE_BYTES:
            raise ProtocolError("The handshake request is too long.")
    request = parse_handshake(record)
    return Greeting(choose_protocol(request), rest, request.version)


async def _refuse(transport: Transport, error: str) -> None:
    _logger.warning("a client was closed during its handshake: %r", error)
    with suppress(OSError):
        await transport.send(handshake_answer(error), binary=False)
    await transport.close()
