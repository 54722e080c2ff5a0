"""One client's connection, from its handshake to its `disconnected` event.

It waits in no task of its own: bytes that come are taken at once, and calls to the app are made by a task for as long
as there are any. Whichever sees the end first settles it. How it reads and writes is up to its link, which may be
replaced where the client has negotiated for that.
"""

import asyncio
import logging
from collections.abc import Callable, Coroutine, Sequence
from contextlib import suppress

from serverless_hub.clock import Clock, Timer
from serverless_hub.errors import ProtocolError
from serverless_hub.protocol.codec import HubProtocol
from serverless_hub.protocol.handshake import handshake_answer
from serverless_hub.protocol.messages import Close, Ping
from serverless_hub.service.client import Client
from serverless_hub.service.client_calls import ClientCalls
from serverless_hub.service.deadline import Deadline
from serverless_hub.service.direct import DirectSocket
from serverless_hub.service.direct_link import DirectLink
from serverless_hub.service.direct_outbound import Direct, DirectOutbound
from serverless_hub.service.ending import Ending, log_beginning, log_ending
from serverless_hub.service.events import Events
from serverless_hub.service.inlet import Inlet
from serverless_hub.service.intake import Intake
from serverless_hub.service.link import Link, TaskLink, hang_up
from serverless_hub.service.metrics import NO_METRICS, Metrics, TransportKind
from serverless_hub.service.outbound import Outbound
from serverless_hub.service.ports import Transport, Upstream
from serverless_hub.service.registry import Registry
from serverless_hub.service.settings import ServiceSettings
from serverless_hub.service.silence import Silence
from serverless_hub.service.stateful import Stateful

__all__ = ["Session"]

_logger = logging.getLogger("serverless_hub.service")


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

    __slots__ = (
        "_began",
        "_client",
        "_clock",
        "_ending",
        "_events",
        "_expiry",
        "_intake",
        "_keep_alive",
        "_kind",
        "_link",
        "_metrics",
        "_on_end",
        "_registry",
        "_settings",
        "_silence",
        "_stateful",
        "_tasks",
        "outbound",
        "parted",
        "protocol",
    )

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
        self.protocol: HubProtocol = protocol
        """What it speaks."""
        self._client = client
        self._registry = registry
        self._settings = settings
        self._clock = clock
        self._metrics = metrics
        self._events = Events(client, protocol, upstream, keys, clock)
        self._stateful = (
            Stateful(protocol, settings, clock, overflow=self._too_slow, end=self._end) if stateful else None
        )
        self.outbound: Outbound | DirectOutbound
        """What is sent to it, from `begin` on."""
        self._link: Link
        self._kind: TransportKind
        self._tasks: set[asyncio.Task[None]] = set()
        self._ending: Ending | None = None
        self.parted: asyncio.Future[None] | None = None
        """Once it has ended: done when its client has been sent the last, or cannot be."""
        self._on_end: Callable[[], None] | None = None
        self._keep_alive = Deadline(clock, settings.ping_interval, self._ping)
        self._silence = Silence(clock, settings.client_timeout, self._timed_out)
        self._expiry: Timer | None = None
        self._intake = Intake(
            protocol,
            self._events,
            settings,
            clock,
            silence=self._silence,
            stateful=self._stateful,
            push=self.push,
            spawn=self._task,
            refused=self._refuse,
            left=self._left,
        )

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
        return self._stateful is not None and self._ending is None

    @property
    def client_calls(self) -> ClientCalls:
        """What its client is asked and has to answer."""
        return self._intake.client_calls

    def push(self, message: bytes) -> None:
        """Send an encoded message, as soon as those before it are sent."""
        self.outbound.push(message)

    def close(self, error: str | None, *, allow_reconnect: bool, blame: str | None = None) -> None:
        """End the connection; the client is told why and whether to come back, and the log what it did wrong."""
        self._end(Ending(error, Close(error, allow_reconnect), blame=blame))

    def dismiss(self, reason: str | None) -> None:
        """End the connection for the app; the client may come back, and reads the `reason` if it is to know such."""
        shown = self._settings.close_reasons or self._client.detailed_errors
        self._end(Ending(reason, Close(reason if shown else None, allow_reconnect=True)))

    async def answer_handshake(self, transport: Transport) -> None:
        """Tell the client that it is served from now on."""
        with suppress(OSError):
            await transport.send(handshake_answer(), binary=self.protocol.binary)

    def begin(self, transport: Transport, received: bytes, on_end: Callable[[], None]) -> "asyncio.Future[None]":
        """Serve the client over `transport`, its handshake answered.

        Args:
            transport: its line.
            received: what it sent behind its handshake request.
            on_end: called once when the connection has ended; then `finish` has to be.

        Returns:
            Done when the connection no longer needs `transport`.
        """
        settings = self._settings
        outbound = self._stateful.outbound if self._stateful else Outbound(settings.max_outbound_bytes, self._too_slow)
        self.outbound = outbound
        self._enter(transport.kind, on_end)
        return self._open(transport, outbound, received)

    def begin_directly(self, socket: DirectSocket, direct: Direct, received: bytes, on_end: Callable[[], None]) -> None:
        """Serve the client over `socket`, its handshake answered; like `begin`, but no request has to wait."""
        outbound = DirectOutbound(
            socket,
            direct,
            binary=self.protocol.binary,
            max_bytes=self._settings.max_outbound_bytes,
            overflow=self._too_slow,
            sent=self._keep_alive.restart,
        )
        link = DirectLink(socket, outbound, take=self._intake.feed, lose=self._left)
        self.outbound, self._link = outbound, link
        self._intake.switch(self._new_inlet(link.caught_up))
        self._enter("web_sockets", on_end)
        link.received(received)
        socket.attach(link)

    def resume(self, transport: Transport) -> "asyncio.Future[None]":
        """Go on over `transport`, in place of the line before; only for a connection that is `resumable`.

        Returns:
            Done when the connection no longer needs `transport`.
        """
        assert self._stateful is not None  # noqa: S101 - as the caller has seen
        replaced = self._link
        replaced.stop_reading()
        replaced.stop_writing()
        self._task(hang_up(replaced, self._clock, self._settings.close_timeout)).add_done_callback(
            lambda _: replaced.end()
        )
        if self._stateful.suspended:
            self._silence.go_on()
        self._stateful.resume()
        return self._open(transport, self._stateful.outbound, b"")

    async def finish(self) -> None:
        """Say goodbye to the client, and wait until its last event has reached the app."""
        ending, parted = self._ending, self.parted
        assert ending is not None  # noqa: S101 - as the caller has been told
        assert parted is not None  # noqa: S101 - it came with the ending
        self._leave(ending)
        self._link.stop_reading()
        try:
            farewell = self._task(self._say_goodbye(ending))
            farewell.add_done_callback(lambda _: parted.set_result(None))
            await self._intake.made()
            await asyncio.wait([farewell, self._task(self._events.disconnected(ending.error))])
        finally:
            self._intake.abandon()
            for task in list(self._tasks):
                task.cancel()
            self._link.end()

    def _enter(self, kind: TransportKind, on_end: Callable[[], None]) -> None:
        """Be among the members of the hub, and watched by timers."""
        self._kind = kind
        self._on_end = on_end
        self._began = self._clock.monotonic()
        self._registry.add(self)
        self._metrics.opened(kind)
        log_beginning(self._client, kind)
        self._keep_alive.restart()
        if self._stateful is not None:
            self._stateful.start()
        closes_at = self._client.closes_at
        if closes_at is not None:
            self._expiry = self._clock.call_later(max(0.0, closes_at - self._clock.time()), self._expired)
        self._intake.start()
        if self._ending is not None:
            on_end()

    def _leave(self, ending: Ending) -> None:
        if self._expiry is not None:
            self._expiry.cancel()
        seconds = self._clock.monotonic() - self._began
        self._metrics.closed(self._kind, ending, seconds)
        self._registry.remove(self.id)
        self._intake.finish()
        self._keep_alive.stop()
        self._silence.stop()
        if self._stateful is not None:
            self._stateful.stop()
        log_ending(self._client, ending, seconds)

    def _open(self, transport: Transport, outbound: Outbound, received: bytes) -> "asyncio.Future[None]":
        """Begin to read and write over `transport`; what was `received` comes first."""
        caught_up = asyncio.Event()
        self._intake.switch(self._new_inlet(caught_up.set))
        over = asyncio.get_running_loop().create_future()
        reader = self._task(self._read(transport, received, caught_up))
        writer = self._task(self._write(transport, outbound))
        self._link = TaskLink(transport, over, reader, writer)
        return over

    async def _say_goodbye(self, ending: Ending) -> None:
        self.outbound.finish(b"" if ending.close is None else self.protocol.encode(ending.close))
        if ending.abrupt:
            self._link.stop_writing()
        await hang_up(self._link, self._clock, self._settings.close_timeout)
        self._link.stop_writing()

    def _new_inlet(self, caught_up: Callable[[], None]) -> Inlet:
        inlet = Inlet(
            self.protocol,
            self._settings.max_message_bytes,
            take=self._intake.take,
            caught_up=caught_up,
            failed=self._invalid,
        )
        if self._ending is not None:
            inlet.close()
        return inlet

    async def _read(self, transport: Transport, received: bytes, caught_up: asyncio.Event) -> None:
        data: bytes | None = received
        while data is not None:
            caught_up.clear()
            if not self._intake.feed(data):
                await caught_up.wait()
            data = await transport.receive()
        self._lose(transport.loss, for_good=not transport.broken)
        if self._ending is None:  # It goes on without this line.
            self._link.end()

    def _invalid(self, error: ProtocolError) -> None:
        blame = f"it sent what is not SignalR: {error}"
        text = "The client sent an invalid message."
        detail = f" It sent what is not SignalR: {error}" if self._client.detailed_errors else ""
        self.close(text + detail, allow_reconnect=False, blame=blame)

    async def _write(self, transport: Transport, outbound: Outbound) -> None:
        async def send(frame: bytes) -> None:
            await transport.send(frame, binary=self.protocol.binary)
            if self._ending is None:
                self._keep_alive.restart()

        try:
            await outbound.drain(send)
        except OSError:
            self._lose("The connection was lost.", for_good=False)

    def _lose(self, loss: str | None, *, for_good: bool) -> None:
        """Do without the line: `for_good`, or until the client comes back, if it can."""
        if self._stateful is None or loss is None or for_good:
            self._end(Ending(loss))
        elif not self._stateful.suspended and self._ending is None:
            self._link.stop_writing()
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
        if self._ending is None:
            self._ending = ending
            self.parted = asyncio.get_running_loop().create_future()
            self._intake.close()
            if self._on_end is not None:
                self._on_end()

    def _left(self, error: str | None) -> None:
        self._end(Ending(error))

    def _refuse(self, reason: str) -> None:
        self.close(reason, allow_reconnect=False)

    def _ping(self) -> None:
        self.outbound.urge(self.protocol.encode(Ping()))

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
