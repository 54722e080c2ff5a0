"""The same app with its service in its own process, and in another: between the two, only configuration changes."""

import signal
from collections.abc import AsyncGenerator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from typing import Any

import pytest

from serverless_hub.server.websocket import WebSocketProtocol
from tests.support.proxy import proxied
from tests.support.server import listen, serving, url_of
from tests.support.service_process import service_process

__all__ = ["Host", "in_both_modes", "in_every_mode", "in_two_processes"]


@dataclass(frozen=True)
class _Hosted:
    """A running app."""

    url: str
    cut: Callable[[], None]
    """Break the lines of all clients."""


class Host:
    """Runs apps in one mode."""

    def __init__(self, mode: Callable[[Any], AbstractAsyncContextManager[_Hosted]]) -> None:
        self.cuttable = mode
        """Yield a running app whose clients can be cut off."""

    @asynccontextmanager
    async def __call__(self, app: Any) -> AsyncGenerator[str]:
        """Yield the URL of `app`."""
        async with self.cuttable(app) as hosted:
            yield hosted.url


@asynccontextmanager
async def _one_process(app: Any) -> AsyncGenerator[_Hosted]:
    async with serving(app) as url, proxied(url) as proxy:
        yield _Hosted(proxy.url, proxy.cut)


@asynccontextmanager
async def _our_server(app: Any) -> AsyncGenerator[_Hosted]:
    async with serving(app, ws=WebSocketProtocol) as url, proxied(url) as proxy:
        yield _Hosted(proxy.url, proxy.cut)


@asynccontextmanager
async def _two_processes(app: Any) -> AsyncGenerator[_Hosted]:
    with listen() as listener, pytest.MonkeyPatch.context() as environment:
        async with service_process("--upstream", url_of(listener)) as service, proxied(service.url) as proxy:
            text = f"{service.connection_string}ClientEndpoint={proxy.url};"
            environment.setenv("AzureSignalRConnectionString", text)
            async with serving(app, listener) as url:
                yield _Hosted(url, proxy.cut)
                await service.end(signal.SIGTERM)  # The app gets the last events.


in_both_modes = pytest.mark.parametrize(
    "host", [Host(_one_process), Host(_two_processes)], ids=["one process", "two processes"]
)
in_every_mode = pytest.mark.parametrize(
    "host",
    [Host(_one_process), Host(_our_server), Host(_two_processes)],
    ids=["one process", "our server", "two processes"],
)
"""With our class for WebSockets, too."""
in_two_processes = pytest.mark.parametrize("host", [Host(_two_processes)], ids=["two processes"])
