"""A client's WebSocket without ASGI in between, in memory: the service holds one end, the test the other."""

from dataclasses import dataclass

from serverless_hub.service.direct import DirectSocket, Receiver
from tests.support.line import FakeLine

__all__ = ["DirectLine", "FakeSocket", "Gone"]


@dataclass(frozen=True)
class Gone:
    """The end of a client."""

    code: int | None


class FakeSocket:
    """A socket whose frames are the messages as they are."""

    def __init__(self, line: FakeLine) -> None:
        self._line = line
        self.takes_data = True
        self.reads = True
        """Whether the service reads."""
        self.code: int | None = None
        """What the service has closed it with."""
        self.framed: list[bytes] = []
        """The messages of which frames were made."""
        self.receiver: Receiver | None = None
        self.unread: list[bytes | Gone] = []
        self._binary = False

    def attach(self, receiver: Receiver) -> None:
        self.receiver = receiver
        unread, self.unread = self.unread, []
        for one in unread:
            self.deliver(one)

    def deliver(self, one: bytes | Gone) -> None:
        """Give the service what the client has sent, or tell it of its end."""
        receiver = self.receiver
        if isinstance(one, bytes):
            if receiver is not None:
                receiver.received(one)
        elif receiver is not None:
            self.receiver = None
            receiver.lost(one.code)

    def come(self, one: bytes | Gone) -> None:
        """Take what the client does; it is seen once the service reads."""
        if self.receiver is not None and self.reads:
            self.deliver(one)
        else:
            self.unread.append(one)

    def frame(self, payload: bytes, *, binary: bool) -> bytes:
        self.framed.append(payload)
        self._binary = binary
        return payload

    def write(self, frames: bytes) -> None:
        if not self._line.closed:
            self._line.sent.append((frames, self._binary))

    def pause(self) -> None:
        self.reads = False

    def resume(self) -> None:
        self.reads = True
        while self.unread and self.reads and self.receiver is not None:
            self.deliver(self.unread.pop(0))

    def close(self, code: int) -> None:
        if not self._line.closed:
            self._line.closed, self.code = True, code


class DirectLine(FakeLine):
    """A line that a session may attach to."""

    def __init__(self) -> None:
        super().__init__()
        self.direct = FakeSocket(self)
        self.socket: DirectSocket | None = self.direct

    def say(self, data: bytes) -> None:
        self.direct.come(data)

    def leave(self, loss: str | None = None, *, broken: bool = True) -> None:
        """Be gone: closed normally, or with the code at the end of `loss`, or without one."""
        super().leave(loss, broken=broken)
        _, _, code = (loss or "code 1000).").partition("code ")
        self.lose(int(code.rstrip(").")) if code else None)

    def lose(self, code: int | None) -> None:
        """Be gone with this close code, or without one."""
        self.direct.come(Gone(code))

    def stop_reading(self) -> None:
        super().stop_reading()
        self.direct.takes_data = False

    def read_again(self) -> None:
        super().read_again()
        self.direct.takes_data = True
        if self.direct.receiver is not None:
            self.direct.receiver.writable()

    @property
    def unread(self) -> int:
        return len(self.direct.unread)
