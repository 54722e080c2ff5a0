"""The lifespan of an app, without a server."""

import asyncio
from typing import Any

from serverless_hub.service.asgi import App, Message

__all__ = ["Lifespan"]


class Lifespan:
    """Runs `app` from start-up to shutdown, in a task of its own."""

    def __init__(self, app: App) -> None:
        self._app = app
        self._stop = asyncio.Event()
        self._told: asyncio.Future[Message] = asyncio.get_running_loop().create_future()
        self._begun = False
        self._task: asyncio.Task[None] | None = None
        self.state: dict[str, Any] = {}
        """What the app has yielded for `request.state`."""

    async def start(self) -> None:
        """Return when the app has started; raises what its lifespan raises."""
        self._task = asyncio.create_task(self._run())
        either: list[asyncio.Future[Any]] = [self._task, self._told]
        try:
            await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
        except asyncio.CancelledError:
            self._task.cancel()
            await asyncio.wait([self._task])
            raise
        if not self._told.done() or self._told.result()["type"] == "lifespan.startup.failed":
            await self._task
            raise RuntimeError("the app did not start: its lifespan ended")

    def stop(self) -> "asyncio.Task[None]":
        """Begin to shut down; return what is done when the app has ended."""
        assert self._task is not None  # noqa: S101 - for type checkers: it has started
        self._stop.set()
        return self._task

    async def _run(self) -> None:
        scope = {"type": "lifespan", "asgi": {"version": "3.0", "spec_version": "2.0"}, "state": self.state}
        await self._app(scope, self._receive, self._send)

    async def _receive(self) -> Message:
        if not self._begun:
            self._begun = True
            return {"type": "lifespan.startup"}
        await self._stop.wait()
        return {"type": "lifespan.shutdown"}

    async def _send(self, message: Message) -> None:
        if not self._told.done():
            self._told.set_result(message)
