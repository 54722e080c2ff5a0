"""How a client in a test learns where to connect: from the app, or from the test itself; then from the service."""

import json
from collections.abc import Mapping
from typing import Any, cast
from urllib.parse import urlencode

from fastapi import HTTPException
from fastapi import Request as FastAPIRequest

from serverless_hub.hub.negotiation import Negotiation
from serverless_hub.routing.stand_in import StartedRouter
from serverless_hub.service.asgi import App
from serverless_hub.testing.events import WatchedService
from serverless_hub.testing.lines import ConnectError
from serverless_hub.testing.requests import Reply, Request, scope_of

__all__ = ["Negotiator"]

_OK = 200


class Negotiator:
    """Negotiates for clients of one hub.

    Args:
        router: of the hub.
        wire_name: of the hub.
        base_url: where the app is.
        state: what the app's lifespan yielded.
    """

    def __init__(self, router: StartedRouter, wire_name: str, base_url: str, state: Mapping[str, Any]) -> None:
        self._router = router
        self._wire_name = wire_name
        name = wire_name.removeprefix(router.catalog.wire_name(""))
        self._url = f"{base_url}{router.path}/{name}/negotiate"
        self.state = state
        """What the app's lifespan yielded."""

    @property
    def service(self) -> WatchedService:
        """The service of the hub."""
        return cast("WatchedService", self._router.service_of(self._wire_name))

    async def ask(self, app: App, headers: Mapping[str, str], params: Mapping[str, str]) -> tuple[str, str]:
        """Return the service's URL and a token for it, as the app's negotiate gives them to such a request.

        Raises:
            ConnectError: it refuses; the text is what it says.
        """
        query = urlencode({"negotiateVersion": "1", **params})
        answer = _answer(await self._post(app, f"{self._url}?{query}", headers), "the app's negotiate")
        return answer["url"], answer["accessToken"]

    async def decide(self, negotiation: Negotiation) -> tuple[str, str]:
        """Return the same for a client that `negotiation` says everything about.

        Raises:
            ConnectError: the service has no such clients.
        """
        request = FastAPIRequest({**scope_of("http", self._url, {}, self.state), "method": "POST"})
        try:
            info = await self._router.redirect(request, self._wire_name, negotiation)
        except HTTPException as error:
            raise ConnectError(error.status_code, f"cannot negotiate: {error.detail}") from error
        return info.url, info.accessToken

    async def ask_service(self, url: str, token: str) -> tuple[str, str]:
        """Return where the service takes a client's line, and the id of its connection.

        Raises:
            ConnectError: it refuses.
        """
        base, _, query = url.partition("?")
        headers = {"authorization": f"Bearer {token}"}
        asked = f"{base.rstrip('/')}/negotiate?{query}&negotiateVersion=1"
        answer = _answer(await self._post(self.service.negotiate, asked, headers), "the service's negotiate")
        return f"{url}&{urlencode({'id': answer['connectionToken']})}", answer["connectionId"]

    async def _post(self, app: App, url: str, headers: Mapping[str, str]) -> Reply:
        return await Request(app, {**scope_of("http", url, headers, self.state), "method": "POST"}).run()


def _answer(reply: Reply, who: str) -> dict[str, Any]:
    if reply.status != _OK:
        raise ConnectError(reply.status, f"{who} answered {reply.status}: {reply.body.decode(errors='replace')[:500]}")
    answer: dict[str, Any] = json.loads(reply.body)
    if "error" in answer:
        raise ConnectError(reply.status, answer["error"])
    return answer
