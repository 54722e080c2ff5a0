"""What is known of services and apps only by asking them."""

from collections.abc import Mapping
from datetime import datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from urllib.parse import urlsplit

from serverless_hub.cli.findings import Finding, broken, fine, weak
from serverless_hub.cli.hub_client import Times, connected
from serverless_hub.cli.hub_negotiation import MAX_BYTES, ask, hub_url
from serverless_hub.clock import Clock
from serverless_hub.errors import ServiceError, UnauthorizedError, UnreachableError
from serverless_hub.http_client import HttpClient, HttpError, HttpResponse
from serverless_hub.management.hub_context import HubContext
from serverless_hub.protocol.endpoint import Endpoint
from serverless_hub.protocol.tokens import MAX_TOKEN_LENGTH

__all__ = ["LiveChecks"]

_SECONDS = 10.0
_NOBODY = "serverless-hub-doctor"
"""No service gives out such a connection id."""
_BAD_SKEW = 300.0
"""Beyond it, services take tokens for expired, or for not valid yet."""
_WEAK_SKEW = 30.0
_START = "start the app, and check the URL and the network"
_LONG_TOKEN = MAX_TOKEN_LENGTH * 3 // 4


class LiveChecks:
    """Asks over HTTP.

    Args:
        http: how; it is open.
        clock: this machine's.
        headers: for the app; no service gets them.
    """

    def __init__(self, http: HttpClient, clock: Clock, headers: Mapping[str, str]) -> None:
        self._http = http
        self._clock = clock
        self._headers = headers

    async def service(self, setting: str, hub: str, endpoint: Endpoint) -> list[Finding]:
        """Look whether a service is reached, what time it has there, and whether it takes the key."""
        url = f"{endpoint.server_url}/api/health"
        try:
            answer = await self._request("GET", url)
        except HttpError as error:
            fix = f"check {setting}, the network, and proxies and certificates on the way"
            return [broken("service", str(error), fix)]
        findings = [self._clock_of(urlsplit(url).netloc, answer)]
        try:
            async with HubContext.from_settings(hub, connection=setting) as context:
                await context.with_endpoints(endpoint.url).connections.exists(_NOBODY)
        except UnauthorizedError as error:
            fix = f"copy the key again into {setting}; with an identity, give it the role SignalR REST API Owner"
            findings.append(broken("keys", str(error), fix))
        except ServiceError as error:
            findings.append(broken("service", str(error), "look at the service: it does not answer its REST API"))
        else:
            findings.append(fine("service", f"{urlsplit(url).netloc} is reached, and takes the key"))
        return findings

    async def app(self, url: str, webhook: str) -> list[Finding]:
        """Look whether an app is reached, what time it has there, and whether events would reach it."""
        place = f"{url}{webhook}"
        try:
            answer = await self._request("POST", place, {**self._headers, "Content-Type": "application/json"})
        except HttpError as error:
            return [broken("app", str(error), _START)]
        findings = [self._clock_of(urlsplit(url).netloc, answer)]
        if answer.status in {HTTPStatus.BAD_REQUEST, HTTPStatus.UNAUTHORIZED}:
            return [*findings, fine("upstream", f"{place} takes events, and refuses those that nobody has signed")]
        text = f"{place} answers {answer.status} to an event, where it has to refuse one without headers with 400"
        fix = "see that the proxy passes POST to this path on, and that HubRouter(prefix=...) is in the URL"
        return [*findings, broken("upstream", text, fix)]

    async def hub(self, url: str, hub: str, origin: str | None) -> list[Finding]:
        """Connect to a hub as a client does, and look at what it was told on the way."""
        place = hub_url(url, hub)
        findings = [] if origin is None else [await self._cors(place, origin)]
        try:
            answer = await ask(self._http, place, self._headers, _SECONDS)
        except UnreachableError as error:
            return [*findings, broken("negotiate", str(error), _START)]
        except ServiceError as error:
            return [*findings, broken("negotiate", str(error), "see what the log of the app says; --header logs in")]
        findings += self.redirect(url, str(answer.get("url", "")), str(answer.get("accessToken", "")))
        try:
            async with connected(place, self._headers, Times(start=_SECONDS)):
                return [*findings, fine("connect", f"a client has connected to {place} over a WebSocket")]
        except ServiceError as error:
            fix = "see that proxies pass Upgrade and Connection on, and that the service is where negotiate says"
            return [*findings, broken("connect", str(error), fix)]

    @staticmethod
    def redirect(app: str, service: str, token: str) -> list[Finding]:
        """Look at what an app at the URL `app` tells clients: where the service is, and their token."""
        findings: list[Finding] = []
        if app.startswith("https://") and service.startswith("http://"):
            text = "the app is at https, and sends clients to http, which browsers refuse"
            fix = "say EmbeddedService(public_url='https://...'), or let the proxy set X-Forwarded-Proto and be trusted"
            findings.append(broken("negotiate", text, fix))
        if len(token) > _LONG_TOKEN:
            text = f"the client's token has {len(token)} characters, of {MAX_TOKEN_LENGTH} that services take"
            findings.append(
                weak("tokens", text, "put less into the claims of Negotiation: an id, and look up the rest")
            )
        return findings

    async def _cors(self, place: str, origin: str) -> Finding:
        asked = {**self._headers, "Origin": origin, "Access-Control-Request-Method": "POST"}
        try:
            answer = await self._request("OPTIONS", f"{place}/negotiate", asked)
        except HttpError as error:
            return broken("cors", str(error), _START)
        if answer.headers.get("Access-Control-Allow-Origin") == origin:
            return fine("cors", f"pages of {origin} may negotiate")
        fix = f"say HubRouter(..., allowed_origins=[{origin!r}]), and the same to the service that holds connections"
        return broken("cors", f"pages of {origin} may not negotiate", fix)

    def _clock_of(self, host: str, answer: HttpResponse) -> Finding:
        there = _date(answer.headers.get("Date", ""))
        if there is None:
            return weak("clock", f"{host} does not say what time it is", "compare the clocks yourself")
        skew = self._clock.time() - there.timestamp()
        text = f"this machine's clock is {abs(skew):.0f} s {'ahead of' if skew > 0 else 'behind'} that of {host}"
        fix = "let both machines set their clocks by NTP: tokens hold for a time"
        if abs(skew) > _BAD_SKEW:
            return broken("clock", text, fix)
        return weak("clock", text, fix) if abs(skew) > _WEAK_SKEW else fine("clock", f"same time here and at {host}")

    async def _request(self, method: str, url: str, headers: Mapping[str, str] | None = None) -> HttpResponse:
        return await self._http.request(method, url, headers=headers or {}, timeout=_SECONDS, max_bytes=MAX_BYTES)


def _date(text: str) -> datetime | None:
    try:
        return parsedate_to_datetime(text)
    except ValueError:
        return None
