"""One client's connection, from its handshake to its `disconnected` event.

Three tasks share it: one reads, one takes calls to the app, one sends. Whichever sees the end first settles it.
"""

import asyncio
import logging
from collections.abc import Coroutine, Generator, Sequence
from contextlib import contextmanager, suppress

from serverless_hub.clock import Clock, limit
from serverless_hub.errors import ProtocolError
from serverless_hub.protocol.codec import HubProtocol
from serverless_hub.protocol.framing import Splitter
from serverless_hub.protocol.handshake import handshake_answer
from serverless_hub.protocol.messages import Close, Completion, HubMessage, Invocation, Ping, StreamInvocation
from serverless_hub.service.calls import CallQueue
from serverless_hub.service.client import Client
from serverless_hub.service.client_calls import ClientCalls
from serverless_hub.service.deadline import Deadline
from serverless_hub.service.ending import Ending, log_ending
from serverless_hub.service.events import Events
from serverless_hub.service.metrics import NO_METRICS, Metrics
from serverless_hub.service.outbound import Outbound
from serverless_hub.service.ports import Transport, Upstream
from serverless_hub.service.registry import Registry
from serverless_hub.service.settings import ServiceSettings

__all__ = ["Session"]

_logger = logging.getLogger("serverless_hub.service")
_BURST = 64
"""After so many messages of one frame other connections get their turn."""


class Session:
    """A client between handshake and end.

    Args:
        client: who it is.
        protocol: what its handshake asked for.
        registry: the members of its hub.
        upstream: the way to the app.
        keys: what its events are signed with.
        settings: times and limits.
        clock: what all timers ask.
        metrics: where it is counted.
    """

    def __init__(
        self,
        client: Client,
        protocol: HubProtocol,
        registry: "Registry[Session]",
        upstream: Upstream,
        *,
        keys: Sequence[str],
        settings: ServiceSettings,
        clock: Clock,
        metrics: Metrics = NO_METRICS,
    ) -> None:
        self.protocol = protocol
        """What it speaks."""
        self.client_calls = ClientCalls(protocol, clock, self.push)
        """What its client is asked and has to answer."""
        self._client = client
        self._registry = registry
        self._settings = settings
        self._clock = clock
        self._metrics = metrics
        self._events = Events(client, protocol, upstream, keys)
        self._calls = CallQueue(settings.max_queued_calls, settings.max_queued_bytes)
        self._outbound = Outbound(settings.max_outbound_bytes, self._too_slow)
        self._tasks: list[asyncio.Task[None]] = []
        self._ended: asyncio.Future[Ending] = asyncio.get_running_loop().create_future()
        self._keep_alive = Deadline(clock, settings.ping_interval, self._ping)
        self._client_timeout = Deadline(clock, settings.client_timeout, self._timed_out)

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

    def close(self, error: str | None, *, allow_reconnect: bool, blame: str | None = None) -> None:
        """End the connection; the client is told why and whether to come back, and the log what it did wrong."""
        self._end(Ending(error, Close(error, allow_reconnect), blame=blame))

    async def run(self, transport: Transport, received: bytes) -> None:
        """Answer the handshake and serve the client until its last event has reached the app.

        Args:
            transport: its line.
            received: what it sent behind its handshake request.
        """
        await _send_quietly(transport, handshake_answer(), binary=self.protocol.binary)
        worker = self._task(self._work())
        writer = self._task(self._write(transport))
        reader = self._task(self._read(transport, received))
        try:
            with self._present(), self._metrics.connection(transport.kind, self._ended):
                ending = await self._ended
            reader.cancel()
            self._calls.finish()
            log_ending(self._client, ending)
            farewell = self._task(self._say_goodbye(transport, writer, ending))
            await asyncio.wait([worker])
            await asyncio.wait([farewell, self._task(self._events.disconnected(ending.error))])
        finally:
            for task in self._tasks:
                task.cancel()

    @contextmanager
    def _present(self) -> Generator[None]:
        """Be among the members of the hub, and watched by timers."""
        self._registry.add(self)
        self._keep_alive.restart()
        closes_at = self._client.closes_at
        expiry = None
        if closes_at is not None:
            expiry = self._clock.call_later(max(0.0, closes_at - self._clock.time()), self._expired)
        try:
            yield
        finally:
            if expiry is not None:
                expiry.cancel()
            self._registry.remove(self.id)
            self.client_calls.finish()
            self._keep_alive.stop()
            self._client_timeout.stop()

    async def _say_goodbye(self, transport: Transport, writer: "asyncio.Task[None]", ending: Ending) -> None:
        if ending.close is not None:
            self.push(self.protocol.encode(ending.close))
        self._outbound.finish()
        if ending.abrupt:
            writer.cancel()
        with suppress(TimeoutError):
            async with limit(self._clock, self._settings.close_timeout):
                await asyncio.wait([writer])
                await transport.close()
        writer.cancel()

    async def _read(self, transport: Transport, received: bytes) -> None:
        splitter = self.protocol.splitter(self._settings.max_message_bytes)
        data: bytes | None = received
        while data is not None:
            if self._client_timeout.running:
                self._client_timeout.restart()
            try:
                await self._take(data, splitter)
            except ProtocolError as error:
                blame = f"it sent what is not SignalR: {error}"
                self.close("The client sent an invalid message.", allow_reconnect=False, blame=blame)
                return
            data = await transport.receive()
        self._end(Ending(transport.loss))

    async def _take(self, data: bytes, splitter: Splitter) -> None:
        for number, payload in enumerate(splitter.feed(data), 1):
            message = self.protocol.decode(payload)
            if isinstance(message, Invocation):
                await self._queue(message, len(payload))
            elif message is not None:
                self._handle(message)
            if self._ended.done():  # What follows a Close is not for us.
                return
            if number % _BURST == 0:
                await asyncio.sleep(0)

    async def _queue(self, call: Invocation, size: int) -> None:
        timed = self._client_timeout.running and self._calls.full
        if timed:  # It is we who do not read now.
            self._client_timeout.stop()
        await self._calls.put(call, size)
        if timed:
            self._client_timeout.restart()

    def _handle(self, message: HubMessage) -> None:
        match message:
            case Ping():
                self._client_timeout.restart()
            case Close():
                self._end(Ending(message.error))
            case Completion():
                self.client_calls.complete(message)
            case StreamInvocation():
                error = "Streaming is not supported in serverless mode."
                self.push(self.protocol.encode(Completion(message.invocation_id, error=error)))
            case _:  # What belongs to streams or to stateful reconnect means nothing here.
                pass

    async def _work(self) -> None:
        refusal = await self._events.connected()
        if refusal is not None:
            self.close(refusal, allow_reconnect=False)
            return
        await self._events.calls(self._calls, self.push)

    async def _write(self, transport: Transport) -> None:
        async def send(frame: bytes) -> None:
            await transport.send(frame, binary=self.protocol.binary)
            if not self._ended.done():
                self._keep_alive.restart()

        try:
            await self._outbound.drain(send)
        except OSError:
            self._end(Ending("The connection was lost."))

    def _task(self, steps: Coroutine[None, None, None]) -> "asyncio.Task[None]":
        task = asyncio.create_task(steps)
        task.add_done_callback(self._check)
        self._tasks.append(task)
        return task

    def _check(self, task: "asyncio.Task[None]") -> None:
        if not task.cancelled() and (error := task.exception()) is not None:
            _logger.error("connection %s of hub %s failed", self.id, self._client.hub, exc_info=error)
            self.close("Internal server error.", allow_reconnect=True)

    def _end(self, ending: Ending) -> None:
        if not self._ended.done():
            self._ended.set_result(ending)

    def _ping(self) -> None:
        self.push(self.protocol.encode(Ping()))

    def _timed_out(self) -> None:
        self.close("The client has been silent for too long.", allow_reconnect=True)

    def _expired(self) -> None:
        self.close("The authentication has expired.", allow_reconnect=True)

    def _too_slow(self) -> None:
        error = "The client does not read what it is sent."
        self._end(Ending(error, abrupt=True, blame="it does not read what it is sent"))


async def _send_quietly(transport: Transport, data: bytes, *, binary: bool) -> None:
    with suppress(OSError):
        await transport.send(data, binary=binary)
