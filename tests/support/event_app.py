"""An app as the service sees it over HTTP: it answers events, or misbehaves on request."""

import asyncio
import json
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

__all__ = ["EventApp"]


@dataclass
class EventApp:
    """Speaks HTTP by itself, so that it can do to it what no server would.

    An event `late` is answered at `release`, `fail` with 500, `hang_up` not at all, and `half` with half an answer;
    any other call gets `name` as its result.
    """

    name: str = "app"
    events: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]])
    """Connection and event, in order."""
    _release: asyncio.Event = field(default_factory=asyncio.Event)
    _lines: "set[asyncio.Task[None]]" = field(default_factory=set["asyncio.Task[None]"])

    def connections(self, event: str) -> list[str]:
        """Return the connections of an event, sorted."""
        return sorted(connection for connection, each in self.events if each == event)

    def release(self) -> None:
        """Answer what waits."""
        self._release.set()

    @asynccontextmanager
    async def serving(self, port: int = 0) -> AsyncGenerator[str]:
        """Yield its URL; at the end it dies with all its connections."""
        listener = await asyncio.start_server(self._serve, "127.0.0.1", port)
        try:
            yield f"http://127.0.0.1:{listener.sockets[0].getsockname()[1]}"
        finally:
            listener.close()
            lines = list(self._lines)
            for line in lines:
                line.cancel()
            await asyncio.gather(*lines, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        line = asyncio.current_task()
        assert line is not None
        self._lines.add(line)
        try:
            with suppress(OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
                while await self._answer(reader, writer):
                    await writer.drain()
        finally:
            self._lines.discard(line)
            writer.transport.abort()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        """Answer one request; return whether there may be another one."""
        head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in head[1:])}
        body: dict[str, Any] = json.loads(await reader.readexactly(int(headers["content-length"])))
        event = headers["x-asrs-event"]
        self.events.append((headers["x-asrs-connection-id"], event))
        if event == "late":
            await self._release.wait()
        if event == "hang_up":
            return False
        answer = b""
        if "invocationId" in body:
            answer = (
                json.dumps({"type": 3, "invocationId": body["invocationId"], "result": self.name}).encode() + b"\x1e"
            )
        status = "500 Internal Server Error" if event == "fail" else "200 OK"
        said = answer[: len(answer) // 2] if event == "half" else answer
        writer.write(f"HTTP/1.1 {status}\r\nContent-Length: {len(answer)}\r\n\r\n".encode() + said)
        return event != "half"
