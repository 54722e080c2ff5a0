"""Healthy clients of all transports beside a fault: none may miss a broadcast, get it twice, or wait for an answer."""

import asyncio
from collections import Counter
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Protocol

import aiohttp
from websockets.asyncio.client import ClientConnection, connect

from serverless_hub.protocol.codec import JSON
from serverless_hub.protocol.messages import Completion, HubMessage, Invocation, Ping
from tests.support.http_transports import HANDSHAKE, HttpClient

__all__ = ["LIMIT", "TICK", "Crowd", "Healthy", "WebSocketLine", "crowd_at", "http_client", "running", "websocket"]

LIMIT = 20.0
"""Seconds that a test waits for anything."""
_PAUSE = 0.01
"""Seconds between two rounds: the fault needs time of the processor, too."""
TICK = "tick"
"""What is broadcast, with its number."""


class Line(Protocol):
    """A client's way to the service and back."""

    async def say(self, data: bytes) -> None: ...

    async def hear(self) -> bytes: ...


class WebSocketLine:
    def __init__(self, socket: ClientConnection) -> None:
        self._socket = socket

    async def say(self, data: bytes) -> None:
        await self._socket.send(data, text=True)

    async def hear(self) -> bytes:
        return await self._socket.recv(decode=False)


class StreamLine:
    """Server-Sent Events."""

    def __init__(self, client: HttpClient, stream: aiohttp.ClientResponse) -> None:
        self._client = client
        self._stream = stream

    async def say(self, data: bytes) -> None:
        assert (await self._client.post(data)).status == 200

    async def hear(self) -> bytes:
        while not (line := await self._stream.content.readline()).startswith(b"data: "):
            assert line, "the event stream has ended"
        return line.removeprefix(b"data: ").rstrip(b"\r\n")


class PollLine:
    """Long polling."""

    def __init__(self, client: HttpClient) -> None:
        self._client = client

    async def say(self, data: bytes) -> None:
        assert (await self._client.post(data)).status == 200

    async def hear(self) -> bytes:
        reply = await self._client.poll()
        assert reply.status == 200, "the polls have ended"
        return reply.body


class Healthy:
    """Reads all that comes, and answers for it that broadcasts come in order, each once.

    Args:
        line: its way to the service.
        first: the number of the first broadcast that it has to hear; None for one that came later.
    """

    def __init__(self, line: Line, first: int | None = 0) -> None:
        self._line = line
        self._ticks = first
        self._calls = 0
        self._waiting: dict[str, asyncio.Future[str]] = {}
        self._ticked = asyncio.Event()

    async def read(self) -> None:
        """Read, until it is cancelled or something is wrong."""
        splitter = JSON.splitter(1 << 24)
        shaken = False
        while True:
            for payload in splitter.feed(await self._line.hear()):
                if shaken:
                    self._take(JSON.decode(payload))
                else:
                    assert payload == b"{}", payload
                    shaken = True

    async def call(self, target: str = "echo") -> str:
        """Call a method; return its result or error."""
        self._calls += 1
        answer: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self._waiting[str(self._calls)] = answer
        await self._line.say(JSON.encode(Invocation(target, (), str(self._calls))))
        return await answer

    async def ticked(self, number: int) -> None:
        """Wait until so many broadcasts have come."""
        while self._ticks is None or self._ticks < number:
            self._ticked.clear()
            await self._ticked.wait()

    def _take(self, message: HubMessage | None) -> None:
        match message:
            case Invocation(target="tick"):
                (number, *_) = JSON.decode_value(message.arguments)
                assert self._ticks in {None, number}, f"broadcast {number} came instead of {self._ticks}"
                self._ticks = number + 1
                self._ticked.set()
            case Completion():
                result: object = message.error or JSON.decode_value(message.result)
                self._waiting.pop(message.invocation_id).set_result(str(result))
            case Ping() | Invocation(target="noise"):
                pass
            case _:
                raise AssertionError(message)


class Crowd:
    """Broadcasts, and lets every client call a method, over and over.

    Args:
        clients: who takes part.
        broadcast: sends the broadcast with this number and text.
    """

    def __init__(self, clients: Sequence[Healthy], broadcast: Callable[[int, str], None]) -> None:
        self.clients = clients
        self.answers: Counter[str] = Counter()
        """What the calls were answered with."""
        self._broadcast = broadcast
        self.sent = 0
        """How many broadcasts there have been."""
        self._beats = asyncio.Condition()
        self.leaving = False
        """Whether the next round is the last."""

    async def beat(self) -> None:
        """Wait for one more round, begun after this."""
        async with asyncio.timeout(LIMIT), self._beats:
            number = self.sent
            await self._beats.wait_for(lambda: self.sent > number)

    async def answered(self, answer: str, more: int = 1) -> None:
        """Wait until so many more calls have been answered with this."""
        number = self.answers[answer] + more
        await self.until(lambda: self.answers[answer] >= number)

    async def until(self, condition: Callable[[], bool]) -> None:
        """Wait until `condition` holds, looking behind every round."""
        async with asyncio.timeout(LIMIT):
            while not condition():
                await self.beat()

    @asynccontextmanager
    async def resting(self) -> AsyncGenerator[None]:
        """Let there be no round meanwhile."""
        async with self._beats:
            yield

    async def broadcast(self, text: str = "") -> None:
        """Send the next broadcast, and wait until all have it; only while it rests."""
        self._broadcast(self.sent, text)
        self.sent += 1
        async with asyncio.timeout(LIMIT):
            await asyncio.gather(*(client.ticked(self.sent) for client in self.clients))

    async def live(self) -> None:
        """Go round until it is told to leave."""
        while not self.leaving:
            async with asyncio.timeout(LIMIT), self._beats:
                called = asyncio.gather(*(client.call() for client in self.clients))
                await self.broadcast()
                self.answers.update(await called)
                self._beats.notify_all()
            await asyncio.sleep(_PAUSE)


@asynccontextmanager
async def http_client(url: str, token: str) -> AsyncGenerator[HttpClient]:
    """Yield a client that has negotiated and may use a transport over plain HTTP.

    Each request has a line of its own: one that was idle could end in the moment in which it is used again.
    """
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(force_close=True)) as session:
        client = HttpClient(session, f"{url}/client", token)
        await client.negotiate()
        yield client


@asynccontextmanager
async def websocket(url: str, token: str) -> AsyncGenerator[ClientConnection]:
    """Yield a WebSocket that has sent its handshake."""
    address = f"{url.replace('http', 'ws', 1)}/client/?hub=chat"
    async with connect(address, additional_headers={"Authorization": f"Bearer {token}"}) as socket:
        await socket.send(HANDSHAKE, text=True)
        yield socket


async def _streaming(url: str, token: str, stack: AsyncExitStack) -> StreamLine:
    client = await stack.enter_async_context(http_client(url, token))
    line = StreamLine(client, await stack.enter_async_context(client.stream()))
    await line.say(HANDSHAKE)
    return line


async def _polling(url: str, token: str, stack: AsyncExitStack) -> PollLine:
    client = await stack.enter_async_context(http_client(url, token))
    assert (await client.poll()).status == 200
    line = PollLine(client)
    await line.say(HANDSHAKE)
    return line


@asynccontextmanager
async def running(*clients: Healthy) -> AsyncGenerator[None]:
    """Let clients read; what they find wrong fails the body."""
    async with asyncio.TaskGroup() as group:
        readers = [group.create_task(client.read()) for client in clients]
        yield
        for reader in readers:
            reader.cancel()


@asynccontextmanager
async def crowd_at(url: str, token: str, broadcast: Callable[[int, str], None]) -> AsyncGenerator[Crowd]:
    """Yield two WebSockets, an event stream and a poller, busy until the end."""
    async with AsyncExitStack() as stack:
        lines: list[Line] = [WebSocketLine(await stack.enter_async_context(websocket(url, token))) for _ in range(2)]
        lines += [await _streaming(url, token, stack), await _polling(url, token, stack)]
        crowd = Crowd([Healthy(line) for line in lines], broadcast)
        async with running(*crowd.clients), asyncio.TaskGroup() as group:
            life = group.create_task(crowd.live())
            await crowd.beat()
            yield crowd
            crowd.leaving = True
            await life
