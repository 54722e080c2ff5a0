"""A dashboard that moves by itself. Run `uvicorn examples.live_dashboard.app:app` and open it."""

import asyncio
import contextlib
import os
import time
from collections import deque
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final, Protocol

from fastapi import APIRouter, FastAPI
from pydantic import BaseModel

from examples.live_dashboard.measuring import METRICS, Metric, Reading, Shop
from examples.page import add_page
from serverless_hub import EmbeddedService, HubException, HubRouter, ServerlessHub

HERE: Final = Path(__file__).parent
PAUSE: Final = float(os.environ.get("SECONDS_PER_READING", "0.5"))
KEPT: Final = 120  # readings of each metric, for those who come later

history: dict[str, deque[Reading]] = {metric.name: deque(maxlen=KEPT) for metric in METRICS}


# --- What goes over the wire -----------------------------------------------------------------------------------------


class Overview(BaseModel):
    """What a page starts with."""

    metrics: tuple[Metric, ...]
    history: dict[str, list[Reading]]
    pause: float


class DashboardClient(Protocol):
    """What the page can be told. The checkers know it: a word wrong below, and they complain."""

    async def reading(self, metric: str, reading: Reading) -> None: ...


class Dashboard(ServerlessHub[DashboardClient], naming="camel"):
    """A page hears of what it watches: there is a group for each metric."""

    async def overview(self) -> Overview:
        """Begin to watch everything, and return what there has been lately."""
        for metric in METRICS:
            await self.groups.add(self.context.connection_id, metric.name)
        return Overview(
            metrics=METRICS, history={name: list(readings) for name, readings in history.items()}, pause=PAUSE
        )

    async def watch(self, metric: str) -> list[Reading]:
        """Go on with a metric, and return what was missed."""
        await self.groups.add(self.context.connection_id, _known(metric))
        return list(history[metric])

    async def unwatch(self, metric: str) -> None:
        await self.groups.remove(self.context.connection_id, _known(metric))


def _known(metric: str) -> str:
    if metric not in history:
        raise HubException("Nothing of that name is measured.")
    return metric


# --- The task in the background --------------------------------------------------------------------------------------


def now() -> int:
    return time.time_ns() // 1_000_000


async def measure() -> None:
    """Measure and tell, for ever; nobody has to call the hub for that."""
    shop = Shop(seed=time.time_ns())
    for past in range(KEPT, 0, -1):  # a chart that begins empty would be no sight
        for name, value in shop.measure().items():
            history[name].append(Reading(at=now() - round(past * PAUSE * 1000), value=round(value, 3)))
    while True:
        at = now()
        for name, value in shop.measure().items():
            reading = Reading(at=at, value=round(value, 3))
            history[name].append(reading)
            await dashboard.clients.group(name).reading(name, reading)
        await asyncio.sleep(PAUSE)


@asynccontextmanager
async def measuring(_: FastAPI) -> AsyncGenerator[None]:
    task = asyncio.create_task(measure())
    yield
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task


# --- The application -------------------------------------------------------------------------------------------------

app = FastAPI(title="Live dashboard")
add_page(app, HERE)

# On Azure SignalR Service when AzureSignalRConnectionString is set, else on the service inside this process.
router = HubRouter(Dashboard, default_service=EmbeddedService())
dashboard = router.context(Dashboard)  # knows DashboardClient, too
router.install(app)
# After the hubs: so it begins when they can send, and ends before they no longer can. The lifespan of the app itself
# would begin too early and end too late.
app.include_router(APIRouter(lifespan=measuring))
