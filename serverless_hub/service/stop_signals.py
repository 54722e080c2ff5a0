"""Hears of the signals that end a server, before the server acts on them.

Servers end the lifespan of an app only behind its last request, and event streams and polls do not end by themselves:
whoever holds some has to learn of the stop in another way. They also close WebSockets as soon as they hear of it: what
is to be said before has to be said first.
"""

import asyncio
import signal
import threading
from collections.abc import Awaitable, Callable
from functools import partial
from types import FrameType

__all__ = ["StopSignals"]

_Handler = Callable[[int, FrameType | None], object]

_SIGNALS = (signal.SIGINT, signal.SIGTERM)


class StopSignals:
    """Calls back when the process is told to stop; then whoever handled the signal goes on as before.

    A second signal is handed on at once.

    Args:
        callback: awaited in the event loop that ran at `listen`, before the signal is handed on; it has to end soon.
        again: called there at every signal after the first: whoever gives it will not wait.
    """

    def __init__(self, callback: Callable[[], Awaitable[None]], again: Callable[[], object] = lambda: None) -> None:
        self._callback = callback
        self._again = again
        self._task: asyncio.Task[None] | None = None
        self._told = False
        self._loop: asyncio.AbstractEventLoop | None = None
        self._previous: dict[int, _Handler] = {}

    def listen(self) -> None:
        """Put ourselves in front of the handlers that there are now; without one, a signal keeps its default effect.

        Does nothing outside of the main thread, where Python lets nobody handle signals.
        """
        self._loop, self._told = asyncio.get_running_loop(), False
        if threading.current_thread() is not threading.main_thread():
            return
        for number in _SIGNALS:
            handler = signal.getsignal(number)
            if callable(handler) and number not in self._previous:
                self._previous[number] = handler
                signal.signal(number, self._heard)

    def forget(self) -> None:
        """Take ourselves away, where nobody has come in front of us: then we only pass signals on."""
        self._loop = None
        for number, handler in list(self._previous.items()):
            if signal.getsignal(number) == self._heard:
                signal.signal(number, handler)
                del self._previous[number]

    def _heard(self, number: int, frame: FrameType | None) -> None:
        hand_on = partial(self._previous[number], number, frame)
        if self._loop is None or self._loop.is_closed():
            hand_on()
            return
        if self._told:
            self._loop.call_soon_threadsafe(self._again)
            hand_on()
            return
        self._told = True
        self._loop.call_soon_threadsafe(self._begin, hand_on)

    def _begin(self, hand_on: Callable[[], object]) -> None:
        self._task = asyncio.ensure_future(self._call_back(hand_on))

    async def _call_back(self, hand_on: Callable[[], object]) -> None:
        try:
            await self._callback()
        finally:
            hand_on()
