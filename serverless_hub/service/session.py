"""One client's connection, from its handshake to its `disconnected` event.

Three tasks share it: one reads, one takes calls to the app, one sends. Whichever sees the end first settles it.
"""

import asyncio
import logging
from collections.abc import Coroutine, Sequence
from contextlib import suppress
from dataclasses import dataclass

from serverless_hub.clock import Clock, limit
from serverless_hub.errors import ProtocolError
from serverless_hub.protocol.codec import HubProtocol
from serverless_hub.protocol.framing import Splitter
from serverless_hub.protocol.handshake import handshake_answer
from serverless_hub.protocol.messages import Close, Completion, HubMessage, Invocation, Ping, StreamInvocation
from serverless_hub.service.client import Client
from serverless_hub.service.deadline import Deadline
from serverless_hub.service.events import EventQueue
from serverless_hub.service.greeting import Greeting, greet
from serverless_hub.service.outbound import Outbound
from serverless_hub.service.ports import Transport, Upstream
from serverless_hub.service.registry import Registry
from serverless_hub.service.settings import ServiceSettings

__all__ = ["Session"]

_logger = logging.getLogger("serverless_hub.service")


@dataclass(frozen=True, slots=True)
class _Ending:
    """Why a connection ended: for the app, and the last message for the client, if it still listens."""

    error: str | None = None
    close: Close | None = None
    abrupt: bool = False
    """Whether what is queued for the client is dropped."""


class Session:
    """A client between handshake and end.

    Args:
        client: who it is.
        registry: the members of its hub.
        upstream: the way to the app.
        keys: what its events are signed with.
        settings: times and limits.
        clock: what all timers ask.
    """

    def __init__(
        self,
        client: Client,
        registry: "Registry[Session]",
        upstream: Upstream,
        *,
        keys: Sequence[str],
        settings: ServiceSettings,
        clock: Clock,
    ) -> None:
        self._client = client
        self._registry = registry
        self._settings = settings
        self._clock = clock
        self._events = EventQueue(client, upstream, keys, settings.max_queued_calls)
        self._outbound = Outbound(settings.max_outbound_bytes, self._too_slow)
        self._ended: asyncio.Future[_Ending] = asyncio.get_running_loop().create_future()
        self._keep_alive = Deadline(clock, settings.ping_interval, self._ping)
        self._client_timeout = Deadline(clock, settings.client_timeout, self._timed_out)
        self.protocol: HubProtocol | None = None
        """What it speaks, once its handshake is done."""

    @property
    def id(self) -> str:
        """The connection id."""
        return self._client.connection_id

    @property
    def user_id(self) -> str | None:
        """Whose connection it is."""
        return self._client.user_id

    def push(self, message: bytes) -> None:
        """Send an encoded message, as soon as those before it are sent."""
        self._outbound.push(message)

    def close(self, error: str | None, *, allow_reconnect: bool) -> None:
        """End the connection; the client is told why and whether to come back."""
        self._end(_Ending(error, Close(error, allow_reconnect)))

    async def run(self, transport: Transport) -> None:
        """Serve the client until its last event has reached the app."""
        greeting = await greet(transport, self._clock, self._settings)
        if greeting is None:
            return
        self.protocol = greeting.protocol
        await _send_quietly(transport, handshake_answer(), binary=greeting.protocol.binary)
        self._registry.add(self)
        self._keep_alive.restart()
        worker = self._task(self._work(greeting.protocol))
        writer = self._task(self._write(transport, greeting.protocol))
        reader = self._task(self._read(transport, greeting))
        try:
            ending = await self._ended
        finally:
            self._end(_Ending("The service stopped."))
            self._registry.remove(self.id)
            self._keep_alive.stop()
            self._client_timeout.stop()
            reader.cancel()
            self._events.finish()
        if ending.error is not None:
            _logger.info("connection %s of hub %s ended: %s", self.id, self._client.hub, ending.error)
        await self._say_goodbye(transport, writer, ending)
        await asyncio.wait([worker])

    async def _say_goodbye(self, transport: Transport, writer: "asyncio.Task[None]", ending: _Ending) -> None:
        if ending.close is not None and self.protocol is not None:
            self._outbound.push(self.protocol.encode(ending.close))
        self._outbound.finish()
        if ending.abrupt:
            writer.cancel()
        with suppress(TimeoutError):
            async with limit(self._clock, self._settings.close_timeout):
                await asyncio.wait([writer])
                await transport.close()
        writer.cancel()

    async def _read(self, transport: Transport, greeting: Greeting) -> None:
        splitter = greeting.protocol.splitter(self._settings.max_message_bytes)
        data: bytes | None = greeting.rest
        while data is not None:
            if self._client_timeout.running:
                self._client_timeout.restart()
            try:
                await self._take(data, splitter, greeting.protocol)
            except ProtocolError as error:
                _logger.warning(
                    "connection %s of hub %s sent what is not SignalR: %s", self.id, self._client.hub, error
                )
                self.close("The client sent an invalid message.", allow_reconnect=False)
                return
            data = await transport.receive()
        self._end(_Ending(transport.loss))

    async def _take(self, data: bytes, splitter: Splitter, protocol: HubProtocol) -> None:
        for payload in splitter.feed(data):
            message = protocol.decode(payload)
            if isinstance(message, Invocation):
                await self._queue(message)
            elif message is not None:
                self._handle(message, protocol)

    async def _queue(self, invocation: Invocation) -> None:
        timed = self._client_timeout.running and self._events.full
        if timed:  # It is we who do not read now.
            self._client_timeout.stop()
        await self._events.put(invocation)
        if timed:
            self._client_timeout.restart()

    def _handle(self, message: HubMessage, protocol: HubProtocol) -> None:
        match message:
            case Ping():
                self._client_timeout.restart()
            case Close():
                self._end(_Ending(message.error))
            case StreamInvocation():
                error = "Streaming is not supported in serverless mode."
                self.push(protocol.encode(Completion(message.invocation_id, error=error)))
            case _:  # What belongs to streams or to stateful reconnect means nothing here.
                pass

    async def _work(self, protocol: HubProtocol) -> None:
        refusal = await self._events.connected()
        if refusal is not None:
            self.close(refusal, allow_reconnect=False)
            return
        await self._events.run(protocol, self.push)
        ending = await self._ended
        await self._events.disconnected(ending.error)

    async def _write(self, transport: Transport, protocol: HubProtocol) -> None:
        async def send(frame: bytes) -> None:
            await transport.send(frame, binary=protocol.binary)
            self._keep_alive.restart()

        try:
            await self._outbound.drain(send)
        except OSError:
            self._end(_Ending("The connection was lost."))

    def _task(self, steps: Coroutine[None, None, None]) -> "asyncio.Task[None]":
        task = asyncio.create_task(steps)
        task.add_done_callback(self._check)
        return task

    def _check(self, task: "asyncio.Task[None]") -> None:
        if not task.cancelled() and (error := task.exception()) is not None:
            _logger.error("connection %s of hub %s failed", self.id, self._client.hub, exc_info=error)
            self.close("Internal server error.", allow_reconnect=True)

    def _end(self, ending: _Ending) -> None:
        if not self._ended.done():
            self._ended.set_result(ending)

    def _ping(self) -> None:
        if self.protocol is not None:
            self.push(self.protocol.encode(Ping()))

    def _timed_out(self) -> None:
        self.close("The client has been silent for too long.", allow_reconnect=True)

    def _too_slow(self) -> None:
        _logger.warning("connection %s of hub %s does not read what it is sent", self.id, self._client.hub)
        self._end(_Ending("The client does not read what it is sent.", abrupt=True))


async def _send_quietly(transport: Transport, data: bytes, *, binary: bool) -> None:
    with suppress(OSError):
        await transport.send(data, binary=binary)
