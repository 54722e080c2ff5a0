import asyncio
import os
import signal
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

from fastapi import FastAPI

from serverless_hub import HubRouter, Negotiation, ServerlessHub


class Chat(ServerlessHub):
    async def whoami(self) -> str | None:
        return self.context.identity.user_id if self.context.identity else None


async def who() -> Negotiation:
    return Negotiation(user_id="ann")


# --8<-- [start:app]
SETTING = "AzureSignalRConnectionString"


def create_app() -> FastAPI:
    router = HubRouter(Chat, negotiate=who, identity_key=os.environ["IDENTITY_KEY"])

    def read_secret() -> None:
        file = Path(os.environ["SIGNALR_SECRET"])
        os.environ[SETTING] = file.read_text("utf-8").strip()

    def rotate() -> None:
        read_secret()
        router.reload()

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncGenerator[None]:
        loop = asyncio.get_running_loop()
        loop.add_signal_handler(signal.SIGHUP, rotate)
        yield
        loop.remove_signal_handler(signal.SIGHUP)

    read_secret()
    app = FastAPI(lifespan=lifespan)
    router.install(app)
    return app


# --8<-- [end:app]
