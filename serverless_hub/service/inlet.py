"""A client's messages, taken in order, and no faster than there is room for what they ask."""

import asyncio
from collections.abc import Callable

from serverless_hub.errors import ProtocolError
from serverless_hub.protocol.codec import HubProtocol
from serverless_hub.protocol.messages import HubMessage

__all__ = ["Inlet"]

_BURST = 64
"""After so many messages in a row other connections get their turn."""


class Inlet:
    """Splits what comes over one line, and hands on message by message.

    Args:
        protocol: what the client speaks.
        max_size: the largest message, in bytes.
        take: is given a message and its size, and says whether there was room for it; if not, it is offered again.
        caught_up: called when nothing waits any more.
        failed: called with what is wrong about the bytes; nothing is taken after that.
    """

    __slots__ = ("_caught_up", "_closed", "_failed", "_offered", "_payloads", "_protocol", "_splitter", "_take")

    def __init__(
        self,
        protocol: HubProtocol,
        max_size: int,
        *,
        take: Callable[[HubMessage, int], bool],
        caught_up: Callable[[], None],
        failed: Callable[[ProtocolError], None],
    ) -> None:
        self._protocol = protocol
        self._splitter = protocol.splitter(max_size)
        self._take = take
        self._caught_up = caught_up
        self._failed = failed
        self._payloads: list[bytes] = []
        """The last comes first."""
        self._offered: tuple[HubMessage, int] | None = None
        self._closed = False

    @property
    def busy(self) -> bool:
        """Whether something waits, so that it is better not to read on."""
        return bool(self._payloads) or self._offered is not None

    def feed(self, data: bytes) -> None:
        """Take bytes that have come, as far as there is room now."""
        if self._closed:
            return
        try:
            payloads = self._splitter.feed(data)
        except ProtocolError as error:
            self._fail(error)
            return
        payloads.reverse()
        if self.busy:
            self._payloads[:0] = payloads
        else:
            self._payloads = payloads
            self._go_on()

    def look_again(self) -> None:
        """Offer again what there was no room for."""
        if self._offered is not None:
            self._go_on()

    def close(self) -> None:
        """Take nothing any more."""
        self._closed = True
        self._payloads.clear()
        self._offered = None

    def _go_on(self) -> None:
        try:
            self._hand_on()
        except ProtocolError as error:
            self._fail(error)

    def _hand_on(self) -> None:
        for _ in range(_BURST):
            if self._offered is not None:
                (message, size), self._offered = self._offered, None
            elif self._payloads:
                payload = self._payloads.pop()
                size = len(payload)
                decoded = self._protocol.decode(payload)
                if decoded is None:
                    continue
                message = decoded
            else:
                self._caught_up()
                return
            if not self._take(message, size):
                if not self._closed:
                    self._offered = message, size
                return
        if self.busy:
            asyncio.get_running_loop().call_soon(self._go_on)
        else:
            self._caught_up()

    def _fail(self, error: ProtocolError) -> None:
        self.close()
        self._failed(error)
