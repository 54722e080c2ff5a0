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
_NO_BINARY = (
    "Cannot use the '{}' protocol on the current transport. The transport does not support 'Binary' transfer format."
)


@dataclass(frozen=True, slots=True)
class Greeting:
    """What a client asked for, and what it sent behind its request."""

    protocol: HubProtocol
    rest: bytes
    version: int = 1
    """Of the hub protocol; from 2 on, the client can reconnect statefully."""


async def greet(
    transport: Transport,
    clock: Clock,
    settings: ServiceSettings,
    *,
    timeout: float | None = None,  # noqa: ASYNC109 - measured by the injected clock, not by asyncio's
    takes_binary: bool = True,
) -> Greeting | None:
    """Read the handshake request; an unusable one is answered with its error, and the transport closed.

    Args:
        transport: the client's line.
        clock: what the limits are counted by.
        settings: the limits.
        timeout: how long it may take, instead of what the settings say.
        takes_binary: whether the transport does.

    Returns:
        None when there is nobody to serve. The answer to a good request is the caller's.
    """
    try:
        async with limit(clock, timeout or settings.handshake_timeout):
            return await _read_request(transport, takes_binary=takes_binary)
    except TimeoutError:
        error = "Handshake was canceled."
    except ProtocolError as refused:
        error = str(refused)
    _logger.warning("a client was closed during its handshake: %r", error)
    with suppress(TimeoutError):
        async with limit(clock, settings.close_timeout):
            await _refuse(transport, error)
    return None


async def _read_request(transport: Transport, *, takes_binary: bool) -> Greeting | None:
    record, separator, rest = b"", b"", b""
    while not separator:
        data = await transport.receive()
        if data is None:
            return None
        record, separator, rest = (record + data).partition(RECORD_SEPARATOR)
        if len(record) > MAX_HANDSHAKE_BYTES:
            raise ProtocolError("The handshake request is too long.")
    request = parse_handshake(record)
    protocol = choose_protocol(request)
    if protocol.binary and not takes_binary:
        raise ProtocolError(_NO_BINARY.format(protocol.name))
    return Greeting(protocol, rest, request.version)


async def _refuse(transport: Transport, error: str) -> None:
    with suppress(OSError):
        await transport.send(handshake_answer(error), binary=False)
    await transport.close()
