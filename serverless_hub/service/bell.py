"""A way to wait for the next change of something."""

import asyncio

__all__ = ["Bell"]


class Bell:
    """Wakes everybody who waits at the moment it rings; whoever comes later waits for the next time."""

    def __init__(self) -> None:
        self._event = asyncio.Event()

    def ring(self) -> None:
        """Wake those who wait."""
        self._event.set()
        self._event = asyncio.Event()

    async def wait(self) -> None:
        """Return when it rings."""
        await self._event.wait()
