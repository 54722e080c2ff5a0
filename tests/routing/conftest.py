"""One app for all bad input, served once per file: installed, and where a file asks for it only included, too."""

import asyncio
import logging
from collections.abc import AsyncGenerator, Callable
from typing import Annotated

import pytest
import pytest_asyncio
from fastapi import Depends

from serverless_hub import EmbeddedService, HubRouter, ServerlessHub
from tests.routing.caller import KEY, Caller, calling

LIMIT = 64 * 1024


async def one() -> int:
    return 1


calls: list[str] = []
"""What has run."""


class Chat(ServerlessHub):
    async def direct(self, text: str = "") -> str:
        calls.append("direct")
        return text

    async def injected(self, text: str = "", *, number: Annotated[int, Depends(one)]) -> str:
        calls.append("injected")
        return text * number

    async def who(self) -> str | None:
        return self.context.user_id


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def caller(request: pytest.FixtureRequest) -> AsyncGenerator[Caller]:
    router = HubRouter(Chat, default_service=EmbeddedService(access_key=KEY), max_body_bytes=LIMIT)
    async with calling(router, installed=getattr(request, "param", True)) as caller:
        yield caller


class LogWatch(logging.Handler):
    """Lets a test wait for a line of the log."""

    def __init__(self) -> None:
        super().__init__()
        self._lines = asyncio.Queue[str]()

    def emit(self, record: logging.LogRecord) -> None:
        self._lines.put_nowait(record.getMessage())

    async def until(self, text: str) -> None:
        """Return when a line with `text` has come since the last call."""
        async with asyncio.timeout(10):
            while text not in await self._lines.get():
                pass


@pytest_asyncio.fixture(loop_scope="module")
async def log_watch() -> AsyncGenerator[LogWatch]:
    watch = LogWatch()
    logger = logging.getLogger("serverless_hub")
    logger.addHandler(watch)
    yield watch
    logger.removeHandler(watch)


@pytest.fixture
def problems(caplog: pytest.LogCaptureFixture) -> Callable[[], list[str]]:
    """Return what the package has logged as a warning or worse since the test began."""

    def read() -> list[str]:
        records = [record for record in caplog.records if record.name.startswith("serverless_hub")]
        return [record.getMessage() for record in records if record.levelno >= logging.WARNING]

    return read
