"""A SignalR client for the terminal: JSON over a WebSocket (aspnetcore `HubProtocol.md`)."""

import asyncio
from collections.abc import AsyncGenerator, Generator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass
from typing import Any, cast

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake

from serverless_hub.cli.hub_negotiation import MAX_BYTES, negotiate
from serverless_hub.errors import (
    ClientResultError,
    ProtocolError,
    ServiceError,
    ServiceTimeoutError,
    UnreachableError,
)
from serverless_hub.protocol.codec import JSON
from serverless_hub.protocol.framing import RECORD_SEPARATOR
from serverless_hub.protocol.messages import NO_RESULT, Close, Completion, HubMessage, Invocation, Ping

__all__ = ["HubConnection", "Times", "connected"]

_HANDSHAKE = b'{"protocol":"json","version":1}' + RECORD_SEPARATOR


@dataclass(frozen=True, slots=True)
class Times:
    """In seconds; the defaults are those of the official clients."""

    start: float = 15.0
    """Until a connection has to be open."""
    ping: float = 15.0
    """How often we say that we are here."""
    silence: float = 30.0
    """After which the other side is taken for gone."""


class HubConnection:
    """An open connection to a hub, its handshake done.

    Args:
        socket: what it travels through.
        url: what errors call it.
        times: how long to wait.
    """

    def __init__(self, socket: ClientConnection, url: str, times: Times) -> None:
        self._socket = socket
        self._url = url
        self._times = times
        self._splitter = JSON.splitter(MAX_BYTES)
        self._received: list[bytes] = []

    async def shake_hands(self) -> None:
        """Agree on JSON; raises as `receive` does."""
        await self._socket.send(_HANDSHAKE.decode())
        with self._protocol_errors():
            answer = cast("object", JSON.decode_value(await self._record()))
            error = cast("dict[str, object]", answer).get("error") if isinstance(answer, dict) else "no object"
        if error:
            raise ServiceError(f"{self._url} refuses the handshake: {error}")

    async def receive(self) -> HubMessage:
        """Return the next message that is not a ping; who asks for a result is told that there is none.

        Raises:
            ServiceError: the connection ended, or the other side does not speak the protocol.
        """
        while True:
            with self._protocol_errors():
                message = JSON.decode(await self._record())
            match message:
                case None | Ping():
                    continue
                case Close(error=error):
                    raise UnreachableError(f"{self._url} closed the connection{f': {error}' if error else ''}")
                case Invocation(invocation_id=str(asked)):
                    await self._send(Completion(asked, error="this client only looks on"))
                case _:
                    pass
            return message

    async def invoke(self, target: str, arguments: Sequence[Any]) -> Any:
        """Call a method and return its result, or `NO_RESULT`.

        Raises:
            ClientResultError: the method failed; the text is what its hub says.
            ServiceError: as for `receive`.
        """
        await self._send(Invocation(target, arguments, "1"))
        while not isinstance(message := await self.receive(), Completion):
            pass
        if message.error is not None:
            raise ClientResultError(f"{target} failed: {message.error}")
        return NO_RESULT if message.result is NO_RESULT else JSON.decode_value(message.result)

    async def keep_alive(self) -> None:
        """Say from time to time that we are here, until this is cancelled or the connection ends."""
        with suppress(UnreachableError):  # whoever receives says so
            while True:
                await asyncio.sleep(self._times.ping)
                await self._send(Ping())

    async def _send(self, message: HubMessage) -> None:
        try:
            await self._socket.send(JSON.encode(message).decode())
        except ConnectionClosed as error:
            raise self._ended(error) from None

    async def _record(self) -> bytes:
        try:
            while not self._received:
                async with asyncio.timeout(self._times.silence):
                    data = await self._socket.recv()
                self._received += self._splitter.feed(data.encode() if isinstance(data, str) else data)
        except ConnectionClosed as error:
            raise self._ended(error) from None
        except TimeoutError:
            raise ServiceTimeoutError(f"{self._url} has been silent for {self._times.silence:g} seconds") from None
        return self._received.pop(0)

    @contextmanager
    def _protocol_errors(self) -> Generator[None]:
        try:
            yield
        except ProtocolError as error:
            raise ServiceError(f"{self._url} does not speak SignalR: {error}") from None

    def _ended(self, error: ConnectionClosed) -> UnreachableError:
        reason = error.rcvd.reason if error.rcvd is not None else ""
        return UnreachableError(f"the connection to {self._url} has ended{f': {reason}' if reason else ''}")


@asynccontextmanager
async def connected(url: str, headers: Mapping[str, str], times: Times) -> AsyncGenerator[HubConnection]:
    """Yield a connection to the hub at `url`.

    Args:
        url: what official clients take: the app's URL and the hub's name, and a query if the app wants one.
        headers: for the app's negotiate; a service that it names elsewhere does not get them.
        times: how long to wait.

    Raises:
        ServiceError: there is no connection; the text says why.
    """
    shown = url.partition("?")[0]
    try:
        async with asyncio.timeout(times.start):
            place, bearer = await negotiate(url, headers, 2 * times.start)  # ours is the limit that ends it
            socket = await connect(
                place, additional_headers=bearer, max_size=MAX_BYTES, ping_interval=None, open_timeout=None
            )
    except TimeoutError:
        raise ServiceTimeoutError(f"{shown} has opened no connection within {times.start:g} seconds") from None
    except (InvalidHandshake, OSError) as error:
        raise UnreachableError(f"the WebSocket of {shown} cannot be opened: {type(error).__name__}") from None
    connection = HubConnection(socket, shown, times)
    pings = asyncio.create_task(connection.keep_alive())
    try:
        await connection.shake_hands()
        yield connection
    finally:
        pings.cancel()
        await asyncio.wait([pings])
        await socket.close()
