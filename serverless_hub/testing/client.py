"""A SignalR client in a test."""

import asyncio
import inspect
import json
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass
from typing import Any, Literal, TypeVar, overload

from pydantic import TypeAdapter, ValidationError

from serverless_hub.errors import HubException
from serverless_hub.hub.base64_models import base64_validator
from serverless_hub.protocol.codec import HubProtocol
from serverless_hub.protocol.messages import Close, Completion, HubMessage, Invocation, NoResult, Ping
from serverless_hub.protocol.values import to_json
from serverless_hub.testing.clock import settle
from serverless_hub.testing.lines import Line
from serverless_hub.testing.stage import Stage

__all__ = ["Closed", "Handler", "HubClient"]

_T = TypeVar("_T")
_SEPARATOR = b"\x1e"
_MAX_BYTES = 1 << 26
"""The largest message that a client takes: larger than any that a service lets through by default."""
_PING_SECONDS = 15.0
"""How often clients ping (aspnetcore `HubConnection.ts`)."""
_NO_HANDLER = "Client didn't provide a result."
"""What the JavaScript client answers."""

Handler = Callable[..., Any]
"""Takes a call's arguments; what it returns, or its awaitable does, is the result."""


@dataclass(frozen=True, slots=True)
class Closed:
    """How a connection ended."""

    by: Literal["client", "service"]
    error: str | None = None
    """What the client was told."""
    allow_reconnect: bool = False
    """Whether client libraries may come back by themselves."""


class HubClient:
    """A connected client; `HubTestClient.connect` makes it.

    Args:
        name: what transcripts call it.
        stage: what it has in common with others.
        protocol: what it speaks.
        handlers: what answers calls of the service, by target.
    """

    _line: Line

    def __init__(self, name: str, stage: Stage, protocol: HubProtocol, handlers: Mapping[str, Handler]) -> None:
        self.name = name
        self.connection_id = ""
        """As the hub knows it."""
        self.pings = True
        """Whether the client pings every 15 seconds of the clock, as clients do."""
        self._stage = stage
        self._protocol = protocol
        self._splitter = protocol.splitter(_MAX_BYTES)
        self._handlers = {target.lower(): handler for target, handler in handlers.items()}
        self._greeted = False
        self._calls: list[Invocation] = []
        self._completions: dict[str, Completion] = {}
        self._last_id = 0
        self._closed: Closed | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def closed(self) -> Closed | None:
        """How the connection ended; None while it is open."""
        return self._closed

    async def send(self, target: str, *arguments: Any) -> None:
        """Call a method of the hub without waiting for it."""
        await self._say(Invocation(target, arguments))

    @overload
    async def invoke(self, target: str, *arguments: Any, timeout: float | None = None) -> Any: ...  # noqa: ASYNC109 - it is a limit, which ends in a failure of the test
    @overload
    async def invoke(self, target: str, *arguments: Any, returns: type[_T], timeout: float | None = None) -> _T: ...  # noqa: ASYNC109 - as above
    async def invoke(self, target: str, *arguments: Any, returns: Any = Any, timeout: float | None = None) -> Any:  # noqa: ASYNC109 - as above
        """Call a method of the hub and return its result.

        Args:
            target: the method's name on the wire.
            arguments: whatever pydantic can serialise.
            returns: the type of the result; without it, plain values are returned as they came.
            timeout: how many seconds this may take.

        Raises:
            HubException: the hub answered with an error; the text is what a client sees.
            ExpectationError: there is no answer in time, the connection ended, or the result is not `returns`.
        """
        self._last_id += 1
        call_id = str(self._last_id)
        await self._say(Invocation(target, arguments, call_id))
        await self._until(lambda: call_id in self._completions, f"had no answer to {target!r}", timeout)
        completion = self._completions.pop(call_id)
        if completion.error is not None:
            raise HubException(completion.error)
        result = None if isinstance(completion.result, NoResult) else self._protocol.decode_value(completion.result)
        return self._read(f"the result of {target!r}", result, returns)

    @overload
    async def receive(self, target: str, *, timeout: float | None = None) -> list[Any]: ...  # noqa: ASYNC109 - as above
    @overload
    async def receive(self, target: str, *, returns: type[_T], timeout: float | None = None) -> _T: ...  # noqa: ASYNC109 - as above
    async def receive(self, target: str, *, returns: Any = Any, timeout: float | None = None) -> Any:  # noqa: ASYNC109 - as above
        """Return the arguments of the next call of `target` by the hub; calls of other targets wait for their turn.

        Args:
            target: what the hub calls; case does not count.
            returns: the type of the arguments together, such as `tuple[str, Message]`; without it, a list of plain
                values.
            timeout: how many seconds this may take.

        Raises:
            ExpectationError: there is none in time, the connection ended, or the arguments are not `returns`.
        """
        await self._until(lambda: self._first(target) is not None, f"did not receive {target!r}", timeout)
        call = self._first(target)
        assert call is not None  # noqa: S101 - for type checkers: it was waited for
        self._calls.remove(call)
        return self._read(f"what {target!r} was called with", self._protocol.decode_value(call.arguments), returns)

    async def expect_nothing(self, target: str | None = None, *, timeout: float = 0.2) -> None:  # noqa: ASYNC109 - as above
        """Return when the app is quiet and no call is left that was not received.

        Args:
            target: what must not have been called; without it, anything.
            timeout: how many seconds the app may take to become quiet: until it has answered all events.

        Raises:
            ExpectationError: a call is there.
        """
        await self._stage.quiet(timeout)
        call = self._first(target)
        if call is not None:
            raise self._stage.transcript.failure(f"{self.name} received {call.target!r}, which was not expected")

    def on(self, target: str, handler: Handler) -> None:
        """Answer calls of `target` with what `handler` returns for their arguments; they are not received then.

        An exception of the handler is answered as an error with its text, and so is what cannot be sent.
        """
        self._handlers[target.lower()] = handler

    async def until_closed(self, *, timeout: float | None = None) -> Closed:  # noqa: ASYNC109 - as above
        """Wait until the connection has ended, and return how.

        Raises:
            ExpectationError: it has not ended in time.
        """
        await self._stage.until(lambda: self._closed is not None, f"{self.name} is still connected", timeout)
        assert self._closed is not None  # noqa: S101 - for type checkers: it was waited for
        return self._closed

    async def close(self, *, lost: bool = False) -> None:
        """Leave, as the end of a page does; with `lost`, as if the network had broken. Does nothing once closed."""
        if self._closed is not None:
            return
        if not lost:
            await self._say(Close())
        self._end(Closed("client"))
        await self._line.leave(lost=lost)
        await settle()

    async def forget(self) -> None:
        """Hold on to nothing, whatever state the connection is in."""
        self._end(Closed("client"))
        await self._line.cancel()
        for task in self._tasks:
            task.cancel()

    async def greet(self, line: Line) -> None:
        """Do the handshake over an open line to the service, and wait until the app knows of the client.

        Raises:
            ExpectationError: one of the two takes too long.
        """
        self._line = line
        request = json.dumps({"protocol": self._protocol.name, "version": 1}).encode() + _SEPARATOR
        await line.send(request, binary=False)
        await self._until(lambda: self._greeted, "had no answer to its handshake", None)
        has_connected = self._stage.events.has_connected
        what = f"{self.name} waits for the app to answer its event 'connected'"
        await self._stage.until(lambda: has_connected(self.connection_id) or self._closed is not None, what)
        self._stage.clock.call_later(_PING_SECONDS, self._ping)

    def take(self, data: bytes) -> None:
        """Take bytes from the service."""
        if not self._greeted:
            answer, _, data = data.partition(_SEPARATOR)
            self._greeted = True
            self._stage.transcript.note(self.name, f"handshake answered with {answer.decode()}")
        messages = [self._protocol.decode(payload) for payload in self._splitter.feed(data)]
        for message in (message for message in messages if message is not None):
            self._stage.transcript.received(self.name, message, self._protocol)
            self._handle(message)
        self._stage.bell.ring()

    def line_ended(self, error: str | None) -> None:
        """Take it that the line has ended."""
        self._end(Closed("service", error))

    def _handle(self, message: HubMessage) -> None:
        match message:
            case Invocation():
                handler = self._handlers.get(message.target.lower())
                if handler is None and message.invocation_id is None:
                    self._calls.append(message)
                else:
                    self._spawn(self._answer(message, handler))
            case Completion():
                self._completions[message.invocation_id] = message
            case Close():
                self._end(Closed("service", message.error, message.allow_reconnect))
            case _:  # pings, and what only other clients ask for
                pass

    async def _answer(self, call: Invocation, handler: Handler | None) -> None:
        completion = await self._completion(call, handler)
        if completion is not None:
            await self._say_if_open(completion)

    async def _completion(self, call: Invocation, handler: Handler | None) -> Completion | None:
        call_id = call.invocation_id
        try:
            if handler is None:
                raise LookupError(_NO_HANDLER)  # noqa: TRY301 - answered as every other error is
            result = handler(*self._protocol.decode_value(call.arguments))
            result = await result if inspect.isawaitable(result) else result
            self._protocol.encode_value(result)  # Raises where it cannot be sent.
        except Exception as error:  # noqa: BLE001 - what a handler raises is its answer
            if call_id is None:
                self._stage.failures.append(error)
                return None
            return Completion(call_id, error=str(error))
        return None if call_id is None else Completion(call_id, result)

    def _spawn(self, coroutine: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(coroutine)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _ping(self) -> None:
        if self._closed is None:
            if self.pings:
                self._spawn(self._say_if_open(Ping()))
            self._stage.clock.call_later(_PING_SECONDS, self._ping)

    async def _say(self, message: HubMessage) -> None:
        if self._closed is not None:
            raise self._stage.transcript.failure(f"{self.name} is not connected any more: {self._closed}")
        data = self._protocol.encode(message)
        self._stage.transcript.sent(self.name, message, self._protocol)
        async with self._stage.limited(f"{self.name} could not send {type(message).__name__}"):
            await self._line.send(data, binary=self._protocol.binary)

    async def _say_if_open(self, message: HubMessage) -> None:
        if self._closed is None:
            await self._say(message)

    def _end(self, closed: Closed) -> None:
        if self._closed is None:
            self._closed = closed
            self._stage.transcript.note(self.name, f"closed by the {closed.by}: {closed.error}")
            self._stage.bell.ring()

    def _first(self, target: str | None) -> Invocation | None:
        wanted = None if target is None else target.lower()
        return next((call for call in self._calls if wanted in {None, call.target.lower()}), None)

    async def _until(self, found: Callable[[], bool], what: str, timeout: float | None) -> None:  # noqa: ASYNC109 - as above
        await self._stage.until(lambda: found() or self._closed is not None, f"{self.name} {what}", timeout)
        if not found():
            raise self._stage.transcript.failure(f"{self.name} {what}: the connection is closed ({self._closed})")

    def _read(self, what: str, value: Any, returns: Any) -> Any:
        if returns is Any:
            return value
        try:
            return base64_validator(TypeAdapter[Any](returns).core_schema).validate_json(to_json(value))
        except ValidationError as error:
            raise self._stage.transcript.failure(f"{what} is not {returns}: {error}") from error
