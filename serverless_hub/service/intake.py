"""What a client asks for: its messages, taken in order, and its calls, made one after the other."""

import asyncio
from collections.abc import Callable, Coroutine

from serverless_hub.clock import Clock
from serverless_hub.protocol.codec import HubProtocol
from serverless_hub.protocol.messages import Close, Completion, HubMessage, Invocation, Ping, StreamInvocation
from serverless_hub.protocol.nesting import check_json_text
from serverless_hub.service.calls import CallQueue
from serverless_hub.service.client_calls import ClientCalls
from serverless_hub.service.events import Events
from serverless_hub.service.inlet import Inlet
from serverless_hub.service.settings import ServiceSettings
from serverless_hub.service.silence import Silence
from serverless_hub.service.stateful import Stateful

__all__ = ["Intake"]


class Intake:
    """Makes one call at a time; a task is there for that only where the way to the app needs one.

    Args:
        protocol: what the client speaks.
        events: the way to the app.
        settings: the limits.
        clock: what all timers ask.
        silence: does not count while it is the service that does not read.
        stateful: knows which messages have come before, where the client can come back.
        push: sends an encoded message to the client.
        spawn: starts a task.
        refused: called with the reason, when the app refuses the client.
        left: called when the client says goodbye, with its error.
    """

    __slots__ = (
        "_abandoned", "_all_made", "_calls", "_client_calls", "_clock", "_events", "_inlet", "_left", "_making",
        "_protocol", "_push", "_refused", "_silence", "_spawn", "_stalled", "_stateful",
    )  # fmt: skip

    def __init__(
        self,
        protocol: HubProtocol,
        events: Events,
        settings: ServiceSettings,
        clock: Clock,
        *,
        silence: Silence,
        stateful: Stateful | None,
        push: Callable[[bytes], None],
        spawn: Callable[[Coroutine[None, None, None]], "asyncio.Task[None]"],
        refused: Callable[[str], None],
        left: Callable[[str | None], None],
    ) -> None:
        self._protocol = protocol
        self._events = events
        self._clock = clock
        self._silence = silence
        self._stateful = stateful
        self._push = push
        self._spawn = spawn
        self._refused = refused
        self._left = left
        self._calls = CallQueue(settings.max_queued_calls, settings.max_queued_bytes)
        self._client_calls: ClientCalls | None = None
        self._stalled = False
        self._inlet: Inlet | None = None
        self._making = False
        """Whether a call is under way; none is begun before it has its answer."""
        self._abandoned = False
        self._all_made: asyncio.Future[None] | None = None

    @property
    def client_calls(self) -> ClientCalls:
        """What the client is asked and has to answer."""
        if self._client_calls is None:
            self._client_calls = ClientCalls(self._protocol, self._clock, self._ask)
        return self._client_calls

    def start(self) -> None:
        """Tell the app of the client, and then what it calls, unless it is refused."""
        self._making = True
        self._spawn(self._greet())

    def feed(self, data: bytes) -> bool:
        """Take what has come over the line; False if some of it has to wait, and no more should be read for now."""
        self._silence.heard()
        if self._stateful is not None and data:
            self._stateful.heard()
        inlet = self._open_inlet
        inlet.feed(data)
        return not inlet.busy

    def take(self, message: HubMessage, size: int) -> bool:
        """Do what a message of `size` bytes asks for; False if there is no room for that now."""
        if isinstance(message, Invocation) and self._calls.full(urgent=self._is_asking):
            self._stall()
            return False
        if self._stateful is not None and not self._stateful.admits(message):
            return True
        if isinstance(message, Invocation):
            if not self._protocol.binary:  # It is passed on as it is, and nobody has looked into its arguments.
                check_json_text(bytes(message.arguments))
            self._calls.put(message, size)
            if not self._making:
                self._making = True
                self._make_next()
        else:
            self._handle(message)
        if self._stateful is not None:
            self._stateful.took(message, size)
        return True

    def close(self) -> None:
        """Take nothing any more; the calls that wait are still made."""
        if self._inlet is not None:
            self._inlet.close()

    def switch(self, inlet: Inlet) -> None:
        """Take what comes over another line; what has not been taken of the one before is dropped."""
        self.close()
        self._go_on()
        self._inlet = inlet

    async def made(self) -> None:
        """Wait until no call waits, nor the app's word on the client."""
        if self._making and not self._abandoned:
            self._all_made = asyncio.get_running_loop().create_future()
            await self._all_made

    def abandon(self) -> None:
        """Make no call any more, and take no answer."""
        self._abandoned = self._making = True
        self._calls.clear()
        self._rest()

    def finish(self) -> None:
        """Tell everybody who waits for an answer of the client that there is none."""
        if self._client_calls is not None:
            self._client_calls.finish()

    @property
    def _open_inlet(self) -> Inlet:
        assert self._inlet is not None  # noqa: S101 - nothing comes before there is a line
        return self._inlet

    @property
    def _is_asking(self) -> bool:
        return self._client_calls is not None and self._client_calls.waiting

    def _handle(self, message: HubMessage) -> None:
        match message:
            case Ping():
                self._silence.watch()
            case Close():
                self._left(message.error)
            case Completion():
                if self._client_calls is not None:
                    self._client_calls.complete(message)
            case StreamInvocation():
                error = "Streaming is not supported in serverless mode."
                self._push(self._protocol.encode(Completion(message.invocation_id, error=error)))
            case _:  # What belongs to streams means nothing here.
                pass

    def _ask(self, call: bytes) -> None:
        self._push(call)
        self._go_on()

    def _stall(self) -> None:
        """Leave a message for later: it is the service that does not read now."""
        self._stalled = True
        self._silence.pause()

    def _go_on(self) -> None:
        if self._stalled:
            self._stalled = False
            self._silence.go_on()
            self._open_inlet.look_again()

    async def _greet(self) -> None:
        try:
            refusal = await self._events.connected()
        except BaseException:
            self.abandon()
            raise
        if refusal is None:
            self._make_next()
        else:
            self.abandon()
            self._refused(refusal)

    def _make_next(self) -> None:
        """Make the first of the calls that wait; its answer brings the next."""
        try:
            self._begin_next()
        except Exception as error:  # noqa: BLE001 - whatever it is ends the connection, as the failure of a task does
            self.abandon()
            self._spawn(_raising(error))

    def _begin_next(self) -> None:
        call = self._calls.get()
        if call is None:
            self._making = False
            self._rest()
            return
        self._go_on()
        if not self._events.start(call, self._answered):
            self._spawn(self._make(call))

    async def _make(self, call: Invocation) -> None:
        try:
            answer = await self._events.answer(call)
        except BaseException:
            self.abandon()
            raise
        self._answered(answer)

    def _answered(self, answer: bytes | None) -> None:
        """Take the answer to a call."""
        if self._abandoned:
            return
        if answer is not None:
            self._push(answer)
        self._make_next()

    def _rest(self) -> None:
        if self._all_made is not None and not self._all_made.done():
            self._all_made.set_result(None)


async def _raising(error: Exception) -> None:
    raise error
