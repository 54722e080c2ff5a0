"""Looking after several endpoints: which of them are online.

Source of the times: azure-signalr RestHealthCheckService.cs and HealthCheckOptions.cs.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence

from serverless_hub.clock import Clock, sleep
from serverless_hub.errors import ServiceError
from serverless_hub.protocol.endpoint import Endpoint

__all__ = ["CHECK_TIMEOUT", "HealthMonitor"]

_logger = logging.getLogger("serverless_hub.management")

CHECK_TIMEOUT = 2.0
"""Seconds until a check fails."""
_INTERVAL = 120.0
"""Seconds from one round of checks to the next."""
_RETRIES = 2
"""How often a check that failed is repeated before its endpoint is offline."""
_PAUSE = 3.0
"""Seconds before each repetition."""


class HealthMonitor:
    """Checks endpoints from time to time, where there are several: the only one is used whatever its health.

    Args:
        is_healthy: checks an endpoint; it ends in time, and an error is as bad as a no.
        clock: what the intervals are counted by.
    """

    def __init__(self, is_healthy: Callable[[Endpoint], Awaitable[bool]], clock: Clock) -> None:
        self._is_healthy = is_healthy
        self._clock = clock
        self._endpoints: Sequence[Endpoint] = ()
        self._offline: frozenset[str] = frozenset()
        """The URLs of those that failed."""
        self._task: asyncio.Task[None] | None = None

    def follow(self, endpoints: Sequence[Endpoint]) -> None:
        """Check these from the next round on; what is known of those that stay is kept."""
        self._endpoints = endpoints
        self._offline &= {endpoint.url for endpoint in endpoints} if len(endpoints) > 1 else set()

    def is_online(self, endpoint: Endpoint) -> bool:
        """Tell whether the endpoint passed its last check, or has had none."""
        return endpoint.url not in self._offline

    async def start(self) -> None:
        """Begin; the first round is on its way when this returns."""
        if self._task is None:
            self._task = asyncio.create_task(self._run())

    async def stop(self) -> None:
        """End."""
        task, self._task = self._task, None
        if task is not None:
            task.cancel()
            await asyncio.wait([task])

    async def _run(self) -> None:
        while True:
            if len(self._endpoints) > 1:
                await asyncio.gather(*(self._check(endpoint) for endpoint in self._endpoints))
            await sleep(self._clock, _INTERVAL)

    async def _check(self, endpoint: Endpoint) -> None:
        problem = await self._problem(endpoint)
        for _ in range(_RETRIES):
            if problem is None:
                break
            await sleep(self._clock, _PAUSE)
            problem = await self._problem(endpoint)
        self._note(endpoint, problem)

    async def _problem(self, endpoint: Endpoint) -> str | None:
        try:
            return None if await self._is_healthy(endpoint) else "it says that it does not work"
        except ServiceError as error:
            return str(error)
        except Exception:  # the checks of all have to go on
            _logger.exception("the health check of %s failed unexpectedly", endpoint.url)
            return "its check failed unexpectedly"

    def _note(self, endpoint: Endpoint, problem: str | None) -> None:
        is_followed = len(self._endpoints) > 1 and any(endpoint.url == each.url for each in self._endpoints)
        if not is_followed or (problem is None) is self.is_online(endpoint):
            return
        if problem is None:
            self._offline -= {endpoint.url}
            _logger.warning("the SignalR endpoint %s is online again", endpoint.url)
        else:
            self._offline |= {endpoint.url}
            _logger.error("the SignalR endpoint %s is offline, clients are sent elsewhere: %s", endpoint.url, problem)
