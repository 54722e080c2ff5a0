"""What the official client's own tests ask of a server (aspnetcore, src/SignalR/clients/ts/FunctionalTests)."""

import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Annotated, Any

import pytest
from fastapi import Cookie, FastAPI, HTTPException, Request, Response
from fastapi.responses import JSONResponse, RedirectResponse

from serverless_hub import EmbeddedService, HubRouter, Negotiation, ServerlessHub, ServiceSettings
from tests.clients import chat_hub
from tests.clients.chat_hub import make_app
from tests.clients.node import play
from tests.support.client_tokens import client_token
from tests.support.proxy import proxied
from tests.support.server import serving

pytestmark = pytest.mark.node

KEY = "an-access-key-of-some-length"


class Visits(ServerlessHub, naming="camel"):
    """Knows a client by its cookie."""

    async def user_id(self) -> str | None:
        return self.context.user_id


class Locked(Visits):
    """Lets nobody in."""


async def _visitor(
    request: Request, response: Response, visit: Annotated[str, Cookie()] = "0", stale: Annotated[str, Cookie()] = ""
) -> Negotiation:
    if "locked" in request.url.path:
        raise HTTPException(400, "Come with a ticket.")
    response.set_cookie("visit", str(int(visit) + 1))
    response.set_cookie("stale", "yes", max_age=0)
    return Negotiation(user_id=f"visit {visit}{stale}")


def _app(**settings: Any) -> FastAPI:
    app = make_app(EmbeddedService(access_key=KEY, settings=ServiceSettings(**settings)))
    HubRouter(Visits, Locked, negotiate=_visitor, default_service=EmbeddedService(), prefix="/more").install(app)

    @app.post("/moved/negotiate")
    async def moved(request: Request) -> RedirectResponse:
        return RedirectResponse(f"/chat/negotiate?{request.url.query}", 307)

    @app.post("/elsewhere/negotiate")
    async def elsewhere(request: Request) -> JSONResponse:
        return JSONResponse({"url": str(request.base_url) + "chat"})

    return app


@asynccontextmanager
async def _served(app: FastAPI, **options: Any) -> AsyncGenerator[str]:
    async with serving(app, **options) as url, proxied(url) as proxy:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(chat_hub, "drop", proxy.cut)
            yield proxy.url


async def _told(app: FastAPI, part: str, **options: Any) -> list[Any]:
    async with _served(app, **options) as url:
        return await play("checklist", url, "both", part, client_token(KEY, now=time.time()))


@pytest.mark.requirement("clients.fallback", "transports.offered")
@pytest.mark.parametrize("offered", [True, False], ids=["WebSockets fail", "WebSockets are not offered"])
async def test_without_websockets_json_goes_over_an_event_stream_and_messagepack_over_polls(offered: bool) -> None:
    if offered:
        told = await _told(_app(), "transport", ws="none")
    else:
        told = await _told(_app(transports=["ServerSentEvents", "LongPolling"]), "transport")
    text = "Grüße, 世界"
    assert told == [["ServerSentEventsTransport", text], ["LongPollingTransport", text]]


@pytest.mark.requirement("clients.skip-negotiation")
async def test_a_client_that_skips_negotiate_has_no_id_and_comes_back() -> None:
    assert await _told(_app(), "skip") == [[None, 1], [None, True]] * 2


@pytest.mark.requirement("clients.texts")
async def test_who_is_not_let_in_reads_why_in_the_words_that_people_look_for() -> None:
    negotiate = "Failed to complete negotiation with the server: Error: "
    told = await _told(_app(), "refused")
    assert told.pop(1).startswith("WebSocket failed to connect.")
    assert told.pop(2).startswith(negotiate + '{"detail":"Not Found"}: Status code \'404\'')
    assert told == [
        negotiate + "Unauthorized: Status code '401'",
        negotiate + '{"detail":"Come with a ticket."}: Status code \'400\'',
        "Server returned handshake error: The protocol 'carrier-pigeon' is not supported.",
    ]


@pytest.mark.requirement("clients.server-timeout")
@pytest.mark.parametrize("interval", [60.0, 0.3], ids=["silent", "pings"])
async def test_a_client_gives_up_a_silent_service_and_none_that_pings(interval: float) -> None:
    told = await _told(_app(ping_interval=interval), "silence")
    is_silent = interval > 1
    text = "Server timeout elapsed without receiving a message from the server."
    assert told == [text if is_silent else "still there"] * 2


@pytest.mark.requirement("clients.redirected")
async def test_negotiate_may_be_somewhere_else_and_a_client_that_comes_back_asks_there_again() -> None:
    told = await _told(_app(), "moved")
    assert told == ["/moved", [True, True], "/elsewhere", [True, True]]


@pytest.mark.requirement("clients.cookies")
async def test_cookies_of_negotiate_come_back_and_expired_ones_do_not() -> None:
    told = await _told(_app(), "cookies")
    assert told == ["visit 0", "visit 1"] * 2


@pytest.mark.requirement("clients.worker")
async def test_a_client_works_in_a_worker() -> None:
    assert await _told(_app(), "worker") == [[False, "from a worker"]]
