"""A client's line to the service in the same process: a WebSocket, an event stream, or polls."""

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from serverless_hub.embedded import EmbeddedService
from serverless_hub.errors import ServerlessHubError
from serverless_hub.service.asgi import Message
from serverless_hub.testing.requests import Request, scope_of

__all__ = ["ConnectError", "Line", "Target", "Transport", "open_line"]

Transport = Literal["websockets", "sse", "long-polling"]
"""How a client connects."""

_NORMAL, _LOST = 1000, 1006


class ConnectError(ServerlessHubError):
    """A client was not let in; `status` is the HTTP status of the answer."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(text)
        self.status = status


@dataclass(frozen=True, slots=True)
class Target:
    """Where a client connects, and what it gets there."""

    service: EmbeddedService
    url: str
    """Of the service's client endpoint, with hub and id in its query."""
    token: str
    state: Mapping[str, Any]
    """Of the app's lifespan."""
    heard: Callable[[bytes], None]
    """Is given the bytes that the service sends."""
    ended: Callable[[str | None], None]
    """Is told that the line has ended, and why if that is known."""


class Line(ABC):
    """A way to the service and back."""

    binary = True
    """Whether it carries MessagePack."""

    def __init__(self, target: Target) -> None:
        self._target = target
        self._headers = {"authorization": f"Bearer {target.token}"}
        self._task: asyncio.Task[None] | None = None

    @abstractmethod
    async def open(self) -> None:
        """Return when the service listens; raises ConnectError when it does not."""

    @abstractmethod
    async def send(self, data: bytes, *, binary: bool) -> None:
        """Send one frame or body."""

    @abstractmethod
    async def leave(self, *, lost: bool) -> None:
        """End the line, in order or as if the network had broken."""

    async def cancel(self) -> None:
        """Hold on to nothing."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait([self._task])

    def _begin(self, run: Callable[[], Any]) -> "asyncio.Task[None]":
        self._task = asyncio.create_task(run())
        return self._task

    async def _post(self, body: bytes) -> None:
        """Send a body; what the service says to it is seen on the way back, too."""
        await self._requested("POST", body).run()

    def _requested(
        self,
        method: str,
        body: bytes = b"",
        heard: Callable[[bytes], None] | None = None,
        accept: str = "*/*",
    ) -> Request:
        scope = scope_of("http", self._target.url, {**self._headers, "accept": accept}, self._target.state)
        return Request(self._target.service.client, {**scope, "method": method}, body, heard)


class _WebSocket(Line):
    def __init__(self, target: Target) -> None:
        super().__init__(target)
        self._said: asyncio.Queue[Message] = asyncio.Queue()
        self._said.put_nowait({"type": "websocket.connect"})
        self._status: asyncio.Future[int] = asyncio.get_running_loop().create_future()

    async def open(self) -> None:
        task = self._begin(self._run)
        either: list[asyncio.Future[Any]] = [task, self._status]
        await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
        if not self._status.done() or self._status.result() != _SWITCHING:
            status = self._status.result() if self._status.done() else _FAILED
            raise ConnectError(status, f"the service refused the WebSocket with {status}")

    async def send(self, data: bytes, *, binary: bool) -> None:
        payload = {"bytes": data} if binary else {"text": data.decode()}
        self._said.put_nowait({"type": "websocket.receive", **payload})

    async def leave(self, *, lost: bool) -> None:
        code = _LOST if lost else _NORMAL
        self._said.put_nowait({"type": "websocket.disconnect", "code": code, "reason": ""})

    async def _run(self) -> None:
        scope = scope_of("websocket", self._target.url, self._headers, self._target.state)
        extensions: Mapping[str, Any] = {"websocket.http.response": {}}  # A refusal has a status then.
        await self._target.service.connect(
            {**scope, "subprotocols": (), "extensions": extensions}, self._said.get, self._take
        )
        self._target.ended(None)

    async def _take(self, message: Message) -> None:
        match message["type"]:
            case "websocket.accept":
                self._status.set_result(_SWITCHING)
            case "websocket.send":
                text: str | None = message.get("text")
                self._target.heard(message["bytes"] if text is None else text.encode())
            case "websocket.close":
                await self.leave(lost=False)
                self._target.ended(None)
            case "websocket.http.response.start":
                self._status.set_result(message["status"])
            case _:  # the body of a refusal
                pass


_SWITCHING, _OK, _FAILED = 101, 200, 500


class _EventStream(Line):
    binary = False

    def __init__(self, target: Target) -> None:
        super().__init__(target)
        self._stream = self._requested("GET", heard=self._take, accept="text/event-stream")
        self._opened = asyncio.Event()
        self._rest = b""

    async def open(self) -> None:
        task = self._begin(self._run)
        opened = asyncio.ensure_future(self._opened.wait())
        await asyncio.wait([task, opened], return_when=asyncio.FIRST_COMPLETED)
        opened.cancel()
        if self._stream.status != _OK:
            status = self._stream.status or _FAILED
            raise ConnectError(status, f"the service refused the event stream with {status}")

    async def send(self, data: bytes, *, binary: bool) -> None:
        del binary
        await self._post(data)

    async def leave(self, *, lost: bool) -> None:
        del lost  # The last post has said it, or not.
        self._stream.leave()

    async def _run(self) -> None:
        await self._stream.run()
        self._target.ended(None)

    def _take(self, part: bytes) -> None:
        self._opened.set()
        *events, self._rest = (self._rest + part).split(b"\r\n\r\n")
        for event in events:
            lines = event.split(b"\r\n")
            data = [line.removeprefix(b"data: ") for line in lines if line.startswith(b"data: ")]
            self._target.heard(b"\n".join(data))


class _Polls(Line):
    def __init__(self, target: Target) -> None:
        super().__init__(target)
        self._poll = self._requested("GET")
        self._lost = False

    async def open(self) -> None:
        reply = await self._poll.run()
        if reply.status != _OK:
            raise ConnectError(reply.status, f"the service refused the first poll with {reply.status}")
        self._begin(self._run)

    async def send(self, data: bytes, *, binary: bool) -> None:
        del binary
        await self._post(data)

    async def leave(self, *, lost: bool) -> None:
        self._lost = lost
        if lost:
            self._poll.leave()
        else:
            await self._requested("DELETE").run()

    async def _run(self) -> None:
        status = _OK
        while status == _OK and not self._lost:
            self._poll = self._requested("GET", heard=self._target.heard)
            status = (await self._poll.run()).status
        refused = status >= _BAD and not self._lost
        self._target.ended(f"the service refused a poll with {status}" if refused else None)


_BAD = 400
_LINES: dict[Transport, type[Line]] = {"websockets": _WebSocket, "sse": _EventStream, "long-polling": _Polls}


async def open_line(transport: Transport, target: Target) -> Line:
    """Connect over `transport`.

    Raises:
        ConnectError: the service refused it.
        ValueError: there is no such transport.
    """
    if transport not in _LINES:
        raise ValueError(f"transport={transport!r} must be one of {', '.join(_LINES)}")
    line = _LINES[transport](target)
    try:
        await line.open()
    except BaseException:
        await line.cancel()
        raise
    return line
