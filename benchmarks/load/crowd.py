"""Thousands of WebSocket clients in one thread: plain sockets, epoll, and counting instead of parsing."""

import re
import select
import socket
import time
from collections.abc import Sequence
from contextlib import suppress

from benchmarks.load.dialects import MARK, Dialect
from benchmarks.load.frames import CLOSE_FRAME, client_frame, payloads, upgrade_request

__all__ = ["Crowd", "LostError", "disorder"]

_BATCH = 50
"""So many connections are opened at once: no server's backlog is smaller."""
_PATIENCE = 15.0
"""Seconds without any progress after which something is wrong."""
_READ_BYTES = 8192
_NUMBERED = re.compile(rb"(\d{2})\.(\d{8})\^\^")


class LostError(Exception):
    """A server has closed a connection, or does not send what it should."""


class Crowd:
    """Clients of one server.

    Args:
        port: where it listens.
        path: what is upgraded.
        dialect: how it is spoken to.
        token: the bearer token of all of them, if they need one.
    """

    def __init__(self, port: int, path: str, dialect: Dialect, token: str | None) -> None:
        self._request = upgrade_request(port, path, token)
        self._port = port
        self._hello = dialect.hello
        self._epoll = select.epoll()
        self._half: set[int] = set()
        """Whose last bytes were the first half of a mark."""
        self.sockets: dict[int, socket.socket] = {}
        self.heard: dict[int, bytearray] = {}
        """All that the watched ones have been sent."""

    def join(self, count: int) -> None:
        """Open `count` more connections, and let them say hello."""
        while count > 0:
            new = [socket.create_connection(("127.0.0.1", self._port), _PATIENCE) for _ in range(min(count, _BATCH))]
            for line in new:
                line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                line.sendall(self._request)
            rests = [_read_until(line, b"\r\n\r\n") for line in new]
            if refused := [answer[:40] for answer in rests if not answer.startswith(b"HTTP/1.1 101")]:
                raise LostError(f"no upgrade: {refused[0]!r}")
            rests = [answer.partition(b"\r\n\r\n")[2] for answer in rests]
            for say, expected in self._hello:
                rests = [_greet(line, say, expected, rest) for line, rest in zip(new, rests, strict=True)]
            for line in new:
                line.setblocking(False)
                self.sockets[line.fileno()] = line
                self._epoll.register(line.fileno(), select.EPOLLIN)
            count -= len(new)

    def leave(self, count: int) -> None:
        """Close the `count` oldest connections, as browsers do that leave a page."""
        for descriptor in list(self.sockets)[:count]:
            self._epoll.unregister(descriptor)
            self._half.discard(descriptor)
            with suppress(OSError), self.sockets.pop(descriptor) as line:
                line.send(CLOSE_FRAME)

    def watch(self, count: int) -> None:
        """Keep all that the first `count` are sent from now on."""
        self.heard = {descriptor: bytearray() for descriptor in list(self.sockets)[:count]}

    def poll(self, timeout: float) -> list[tuple[int, int]]:
        """Return which clients have been sent how many marks, within `timeout` seconds."""
        found: list[tuple[int, int]] = []
        for descriptor, _ in self._epoll.poll(timeout, 1024):
            data = self.sockets[descriptor].recv(_READ_BYTES)
            if not data:
                raise LostError("the server has closed a connection")
            if self.heard and descriptor in self.heard:
                self.heard[descriptor] += data
            marks = data.count(MARK)
            if self._half and descriptor in self._half:
                self._half.discard(descriptor)
                marks += data[0] == MARK[0]
            if data[-1] == MARK[0] and not data.endswith(MARK):
                self._half.add(descriptor)
            found.append((descriptor, marks))
        return found

    def collect(self, wanted: int, patience: float = _PATIENCE) -> int:
        """Wait for `wanted` marks; return how many have come when they are there, or nothing does any more."""
        got = 0
        while got < wanted:
            found = self.poll(patience)
            if not found:
                break
            got += sum(marks for _, marks in found)
        return got

    def close(self) -> None:
        """Close all connections."""
        self.leave(len(self.sockets))
        self._epoll.close()


def _read_until(line: socket.socket, end: bytes, data: bytes = b"") -> bytes:
    latest = time.monotonic() + _PATIENCE
    while end not in data:
        more = line.recv(_READ_BYTES)
        if not more or time.monotonic() > latest:
            raise LostError(f"the server ended the handshake after {data[:80]!r}")
        data += more
    return data


def _greet(line: socket.socket, say: str, expected: bytes, rest: bytes) -> bytes:
    if say:
        line.sendall(client_frame(say.encode()))
    _read_until(line, expected, rest)
    return b""


def disorder(heard: Sequence[bytes], sent: int, senders: int) -> int:
    """Return how many messages are missing, double or not in their sender's order, in all that some clients heard.

    Args:
        heard: the bytes of each client, frames and all.
        sent: how many messages each sender has sent.
        senders: how many there are.
    """
    wrong = 0
    for data in heard:
        found = [(int(who), int(number)) for who, number in _NUMBERED.findall(b"".join(payloads(data)))]
        for sender in range(senders):
            numbers = [number for who, number in found if who == sender]
            wrong += sum(one != other for one, other in zip(numbers, range(sent), strict=False))
            wrong += abs(sent - len(numbers))
    return wrong
