"""What all clients of a test have in common: the clock, the transcript, and waiting."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager

from serverless_hub.service.bell import Bell
from serverless_hub.testing.clock import VirtualClock, settle
from serverless_hub.testing.events import Events
from serverless_hub.testing.transcript import Transcript

__all__ = ["Stage"]


class Stage:
    """Waits, never longer than its limit.

    Args:
        clock: of the service and the routers.
        timeout: how many seconds of real time a wait may take where nothing else is said.
    """

    def __init__(self, clock: VirtualClock, timeout: float) -> None:
        self.clock: VirtualClock = clock
        self.transcript: Transcript = Transcript()
        self.bell: Bell = Bell()
        self.events: Events = Events(self.transcript, self.bell)
        self.timeout: float = timeout
        self.failures: list[Exception] = []
        """What clients' handlers raised where nobody waits for their answer."""

    async def until(self, true: Callable[[], bool], what: str, timeout: float | None = None) -> None:  # noqa: ASYNC109 - its end is an error of another kind
        """Wait until `true()`; `what` says what a client lacks as long as it is not.

        Raises:
            ExpectationError: it takes too long.
        """
        async with self.limited(what, timeout):
            while not true():
                await self.bell.wait()

    @asynccontextmanager
    async def limited(self, what: str, timeout: float | None = None) -> AsyncGenerator[None]:  # noqa: ASYNC109 - as above
        """Let the body run no longer than the limit, and fail with `what` after that."""
        seconds = self.timeout if timeout is None else timeout
        limit = asyncio.timeout(seconds)
        try:
            async with limit:
                yield
        except TimeoutError as error:
            if not limit.expired():  # The app has raised it.
                raise
            raise self.transcript.failure(f"{what} within {seconds:g} s") from error

    async def quiet(self, seconds: float) -> None:
        """Let the app answer all events, and whoever is ready run; wait no longer than `seconds`."""
        try:
            async with asyncio.timeout(seconds):
                await settle()
                while self.events.running:
                    await self.bell.wait()
                    await settle()
        except TimeoutError:
            return
