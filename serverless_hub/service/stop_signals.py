"""Hears of the signals that end a server, before the server acts on them.

Servers end the lifespan of an app only behind its last request, and event streams and polls do not end by themselves:
whoever holds some has to learn of the stop in another way.
"""

import asyncio
import signal
import threading
from collections.abc import Callable
from contextlib import suppress
from types import FrameType

__all__ = ["StopSignals"]

_Handler = Callable[[int, FrameType | None], object]

_SIGNALS = (signal.SIGINT, signal.SIGTERM)


class StopSignals:
    """Calls back when the process is told to stop; then whoever handled the signal goes on as before.

    Args:
        callback: called in the event loop that ran at `listen`.
        again: called there at every signal after the first: whoever gives it will not wait.
    """

    def __init__(self, callback: Callable[[], object], again: Callable[[], object] = lambda: None) -> None:
        self._callback = callback
        self._again = again
        self._told = False
        self._loop: asyncio.AbstractEventLoop | None = None
        self._previous: dict[int, _Handler] = {}

    def listen(self) -> None:
        """Put ourselves in front of the handlers that there are now; without one, a signal keeps its default effect.

        Does nothing outside of the main thread, where Python lets nobody handle signals.
        """
        self._loop = asyncio.get_running_loop()
        self._told = False
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
        callback, self._told = self._again if self._told else self._callback, True
        if self._loop is not None:
            with suppress(RuntimeError):  # It has been closed.
                self._loop.call_soon_threadsafe(callback)
        self._previous[number](number, frame)
