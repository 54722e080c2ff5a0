"""One client's connection, from its handshake to its `disconnected` event.

Three tasks share it: one reads, one takes calls to the app, one sends. Whichever sees the end first settles it. The
line, with its reader and writer, may be replaced where the client has negotiated for that.
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
from serverless_hub.service.link import Link
from serverless_hub.service.metrics import NO_METRICS, Metrics
from serverless_hub.service.outbound import Outbound
from serverless_hub.service.ports import Transport, Upstream
from serverless_hub.service.registry import Registry
from serverless_hub.service.settings import ServiceSettings
from serverless_hub.service.silence import Silence
from serverless_hub.service.stateful import Stateful

__all__ = ["Session"]

_logger = logging.getLogger("serverless_hub.service")
_BURST = 64
"""After so many messages of one frame other connections get their turn."""
_LOST = "The connection was lost."


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
        stateful: whether the client may come back when its line breaks.
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
        stateful: bool = False,
        metrics: Metrics = NO_METRICS,
    ) -> None:
        self.protocol = protocol
        """What it speaks."""
        self.client_calls = ClientCalls(protocol, clock, self._ask)
        """What its client is asked and has to answer."""
        self.released: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        """Done when it no longer needs the line that it began with."""
        self.parted: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        """Done when its client has been sent the last, or cannot be."""
        self._client = client
        self._registry = registry
        self._settings = settings
        self._clock = clock
        self._metrics = metrics
        self._events = Events(client, protocol, upstream, keys)
        self._calls = CallQueue(
            settings.max_queued_calls, settings.max_queued_bytes, urgent=lambda: self.client_calls.waiting
        )
        self._stateful = (
            Stateful(protocol, settings, clock, overflow=self._too_slow, end=self._end) if stateful else None
        )
        self._outbound = (
            self._stateful.outbound if self._stateful else Outbound(settings.max_outbound_bytes, self._too_slow)
        )
        self._tasks: set[asyncio.Task[None]] = set()
        self._ended: asyncio.Future[Ending] = asyncio.get_running_loop().create_future()
        self._keep_alive = Deadline(clock, settings.ping_interval, self._ping)
        self._silence = Silence(clock, settings.client_timeout, self._timed_out)

    @property
    def id(self) -> str:
        """The connection id."""
        return self._client.connection_id

    @property
    def hub(self) -> str:
        """The name of its hub, in lower case."""
        return self._client.hub

    @property
    def user_id(self) -> str | None:
        """Whose connection it is."""
        return self._client.user_id

    @property
    def resumable(self) -> bool:
        """Whether its client may come back, or go on, over another line."""
        return self._stateful is not None and not self._ended.done()

    def push(self, message: bytes) -> None:
        """Send an encoded message, as soon as those before it are sent."""
        self._outbound.push(message)

    def close(self, error: str | None, *, allow_reconnect: bool, blame: str | None = None) -> None:
        """End the connection; the client is told why and whether to come back, and the log what it did wrong."""
        self._end(Ending(error, Close(error, allow_reconnect), blame=blame))

    def dismiss(self, reason: str | None) -> None:
        """End the connection for the app; the client may come back, and reads the `reason` if it is to know such."""
        shown = self._settings.close_reasons or self._client.detailed_errors
        self._end(Ending(reason, Close(reason if shown else None, allow_reconnect=True)))

    async def run(self, transport: Transport, received: bytes) -> None:
        """Answer the handshake and serve the client until its last event has reached the app.

        Args:
            transport: its line.
            received: what it sent behind its handshake request.
        """
        await _send_quietly(transport, handshake_answer(), binary=self.protocol.binary)
        worker = self._task(self._work())
        self._link = self._open(transport, received, self.released)
        try:
            with self._present(), self._metrics.connection(transport.kind, self._ended):
                ending = await self._ended
            self._link.reader.cancel()
            self._calls.finish()
            log_ending(self._client, ending)
            farewell = self._task(self._say_goodbye(self._link, ending))
            farewell.add_done_callback(lambda _: self.parted.set_result(None))
            await asyncio.wait([worker])
            await asyncio.wait([farewell, self._task(self._events.disconnected(ending.error))])
        finally:
            for task in list(self._tasks):
                task.cancel()
            self._link.end()

    def resume(self, transport: Transport) -> "asyncio.Future[None]":
        """Go on over `transport`, in place of the line before; only for a connection that is `resumable`.

        Returns:
            Done when the connection no longer needs `transport`.
        """
        assert self._stateful is not None  # noqa: S101 - as the caller has seen
        replaced = self._link
        replaced.reader.cancel()
        replaced.writer.cancel()
        self._task(self._hang_up(replaced.transport)).add_done_callback(lambda _: replaced.end())
        if self._stateful.suspended:
            self._silence.go_on()
        self._stateful.resume()
        self._link = self._open(transport, b"", asyncio.get_running_loop().create_future())
        return self._link.over

    def _open(self, transport: Transport, received: bytes, over: "asyncio.Future[None]") -> Link:
        """Begin to read and write over `transport`; what was `received` comes first."""
        reader = self._task(self._read(transport, received))
        return Link(transport, over, reader, self._task(self._write(transport)))

    @contextmanager
    def _present(self) -> Generator[None]:
        """Be among the members of the hub, and watched by timers."""
        self._registry.add(self)
        self._keep_alive.restart()
        if self._stateful is not None:
            self._stateful.start()
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
            self._silence.stop()
            if self._stateful is not None:
                self._stateful.stop()

    async def _say_goodbye(self, link: Link, ending: Ending) -> None:
        self._outbound.finish(b"" if ending.close is None else self.protocol.encode(ending.close))
        if ending.abrupt:
            link.writer.cancel()
        with suppress(TimeoutError):
            async with limit(self._clock, self._settings.close_timeout):
                await asyncio.wait([link.writer])
                await link.transport.close()
        link.writer.cancel()

    async def _hang_up(self, transport: Transport) -> None:
        with suppress(TimeoutError):
            async with limit(self._clock, self._settings.close_timeout):
                await transport.close()

    async def _read(self, transport: Transport, received: bytes) -> None:
        splitter = self.protocol.splitter(self._settings.max_message_bytes)
        data: bytes | None = received
        while data is not None:
            self._silence.heard()
            if self._stateful is not None and data:
                self._stateful.heard()
            try:
                await self._take(data, splitter)
            except ProtocolError as error:
                blame = f"it sent what is not SignalR: {error}"
                text = "The client sent an invalid message."
                detail = f" It sent what is not SignalR: {error}" if self._client.detailed_errors else ""
                self.close(text + detail, allow_reconnect=False, blame=blame)
                return
            data = await transport.receive()
        self._lose(transport.loss, for_good=not transport.broken)
        if not self._ended.done():  # It goes on without this line.
            self._link.end()

    async def _take(self, data: bytes, splitter: Splitter) -> None:
        for number, payload in enumerate(splitter.feed(data), 1):
            message = self.protocol.decode(payload)
            if message is not None and (self._stateful is None or self._stateful.admits(message)):
                await self._do(message, len(payload))
            if self._ended.done():  # What follows a Close is not for us.
                return
            if number % _BURST == 0:
                await asyncio.sleep(0)

    async def _do(self, message: HubMessage, size: int) -> None:
        if isinstance(message, Invocation):
            await self._queue(message, size)
        else:
            self._handle(message)
        if self._stateful is not None:
            self._stateful.took(message, size)

    async def _queue(self, call: Invocation, size: int) -> None:
        if not self._calls.full:
            await self._calls.put(call, size)
            return
        with self._silence.paused():  # It is we who do not read now.
            await self._calls.put(call, size)

    def _handle(self, message: HubMessage) -> None:
        match message:
            case Ping():
                self._silence.watch()
            case Close():
                self._end(Ending(message.error))
            case Completion():
                self.client_calls.complete(message)
            case StreamInvocation():
                error = "Streaming is not supported in serverless mode."
                self.push(self.protocol.encode(Completion(message.invocation_id, error=error)))
            case _:  # What belongs to streams means nothing here.
                pass

    def _ask(self, call: bytes) -> None:
        self.push(call)
        self._calls.look_again()

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
            self._lose(_LOST, for_good=False)

    def _lose(self, loss: str | None, *, for_good: bool) -> None:
        """Do without the line: `for_good`, or until the client comes back, if it can."""
        if self._stateful is None or loss is None or for_good:
            self._end(Ending(loss))
        elif not self._stateful.suspended and not self._ended.done():
            self._link.writer.cancel()
            self._keep_alive.stop()
            self._silence.pause()
            self._stateful.suspend(loss)

    def _task(self, steps: Coroutine[None, None, None]) -> "asyncio.Task[None]":
        task = asyncio.create_task(steps)
        self._tasks.add(task)
        task.add_done_callback(self._check)
        return task

    def _check(self, task: "asyncio.Task[None]") -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            _logger.error("connection %s of hub %s failed", self.id, self._client.hub, exc_info=error)
            self.close("Internal server error.", allow_reconnect=True)

    def _end(self, ending: Ending) -> None:
        if not self._ended.done():
            self._ended.set_result(ending)

    def _ping(self) -> None:
        self._outbound.urge(self.protocol.encode(Ping()))

    def _timed_out(self) -> None:
        self.close("The client has been silent for too long.", allow_reconnect=True)

    def _expired(self) -> None:
        self.close("The authentication has expired.", allow_reconnect=True)

    def _too_slow(self) -> None:
        if self._stateful is not None and self._stateful.suspended:
            self._end(Ending("Too much waits for the client, whose connection was lost."))
            return
        error = "The client does not read what it is sent."
        self._end(Ending(error, abrupt=True, blame="it does not read what it is sent"))


async def _send_quietly(transport: Transport, data: bytes, *, binary: bool) -> None:
    with suppress(OSError):
        await transport.send(data, binary=binary)
