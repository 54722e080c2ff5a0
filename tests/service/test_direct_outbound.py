"""A client without ASGI in between that reads, and is sent much at once."""

import pytest

from serverless_hub.service.direct_outbound import Direct, DirectOutbound, Frames


class _Socket:
    """Keeps what is written."""

    def __init__(self, *, takes_data: bool) -> None:
        self.takes_data = takes_data
        self.written = b""

    def attach(self, receiver: object) -> None:
        raise NotImplementedError

    def frame(self, payload: bytes, *, binary: bool) -> bytes:
        del binary
        return payload

    def write(self, frames: bytes) -> None:
        self.written += frames

    def pause(self) -> None:
        raise NotImplementedError

    def resume(self) -> None:
        raise NotImplementedError

    def close(self, code: int) -> None:
        raise NotImplementedError


class _Client:
    def __init__(self, *, reads: bool) -> None:
        self.socket = _Socket(takes_data=reads)
        self.overflows = 0
        self.outbound = DirectOutbound(
            self.socket, Direct(), binary=False, max_bytes=10, overflow=self._count, sent=lambda: None
        )

    def _count(self) -> None:
        self.overflows += 1


async def test_more_than_may_wait_is_sent_at_once_to_a_client_that_reads() -> None:
    client = _Client(reads=True)
    for message in (b"123456", b"abcdef", b"ABCDEF"):
        client.outbound.push(message)
    client.outbound.flush()
    assert client.socket.written == b"123456abcdefABCDEF"
    assert not client.overflows


async def test_more_than_may_wait_is_too_much_for_a_client_that_does_not_read() -> None:
    client = _Client(reads=False)
    client.outbound.push(b"123456")
    client.outbound.push(b"abcdef")
    assert client.overflows == 1
    client.outbound.flush()
    assert not client.socket.written


async def test_a_client_that_stops_reading_in_between_is_sent_no_more() -> None:
    client = _Client(reads=True)
    client.outbound.push(b"123456")
    client.outbound.push(b"abcdef")
    client.socket.takes_data = False
    client.outbound.push(b"ABCDEF")
    assert client.socket.written == b"123456"
    assert client.overflows == 1


async def test_what_many_clients_are_sent_together_is_joined_once() -> None:
    frames, parts = Frames(binary=False), [b"one", b"two"]
    joined = frames.join(parts)
    assert joined == b"onetwo"
    assert frames.join(parts.copy()) is joined
    assert frames.join([b"one", b"three"]) == b"onethree"
    assert frames.join(parts) == b"onetwo"


@pytest.mark.parametrize(("size", "kept"), [(32 * 1024, True), (32 * 1024 + 1, False)])
async def test_only_so_much_is_kept_for_the_next_client(size: int, *, kept: bool) -> None:
    frames, parts = Frames(binary=True), [bytes(size), bytes(size)]
    joined = frames.join(parts)
    assert joined == bytes(2 * size)
    assert (frames.join(parts) is joined) is kept
