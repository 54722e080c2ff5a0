"""How long a client may say nothing."""

from collections.abc import Callable, Generator
from contextlib import contextmanager

from serverless_hub.clock import Clock
from serverless_hub.service.deadline import Deadline

__all__ = ["Silence"]


class Silence:
    """Calls back once a client that has pinged says nothing for `seconds`; there are times that do not count."""

    def __init__(self, clock: Clock, seconds: float, callback: Callable[[], None]) -> None:
        self._deadline = Deadline(clock, seconds, callback)
        self._watched = False
        self._pauses = 0

    def watch(self) -> None:
        """Count from now on: the client has pinged."""
        self._watched = True
        self.heard()

    def heard(self) -> None:
        """Count from now, if at all."""
        if self._watched and not self._pauses:
            self._deadline.restart()

    def pause(self) -> None:
        """Do not count until `go_on`, called as often as this."""
        self._pauses += 1
        self._deadline.stop()

    def go_on(self) -> None:
        """Take one `pause` back."""
        self._pauses -= 1
        self.heard()

    @contextmanager
    def paused(self) -> Generator[None]:
        """Do not count meanwhile."""
        self.pause()
        try:
            yield
        finally:
            self.go_on()

    def stop(self) -> None:
        """Never call back."""
        self._watched = False
        self._deadline.stop()
