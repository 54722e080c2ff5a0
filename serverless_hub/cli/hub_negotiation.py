"""Where a hub's clients connect: what its app answers to negotiate, followed to the service.

Source: aspnetcore `TransportProtocols.md`, "POST [endpoint-base]/negotiate".
"""

import json
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, cast
from urllib.parse import quote, urlsplit, urlunsplit

from serverless_hub.errors import NotFoundError, ServiceError, UnauthorizedError, UnreachableError
from serverless_hub.http_client import HttpClient, HttpError, HttpResponse
from serverless_hub.routing.redaction import redact

__all__ = ["MAX_BYTES", "ask", "hub_url", "negotiate"]

MAX_BYTES = 16 * 1024 * 1024
"""The largest answer, and the largest message, that is read."""
_MAX_REDIRECTS = 5
_MAX_SHOWN = 200
_TEXTS = ("url", "accessToken", "connectionToken", "connectionId")


def hub_url(app: str, hub: str) -> str:
    """Return the URL of a hub below that of its app, whose query is kept."""
    parts = urlsplit(app)
    return urlunsplit(parts._replace(path=f"{parts.path.rstrip('/')}/{quote(hub)}"))


async def negotiate(url: str, headers: Mapping[str, str], seconds: float) -> tuple[str, dict[str, str]]:
    """Return where the WebSocket of a hub is, and the headers that open it.

    Raises:
        ServiceError: its app or its service lets nobody in; the text says why.
    """
    http = HttpClient()
    await http.open()
    try:
        for _ in range(_MAX_REDIRECTS):
            answer = await ask(http, url, headers, seconds)
            if "url" not in answer:
                token = answer.get("connectionToken", answer.get("connectionId", ""))
                return _websocket_url(url, token), dict(headers)
            url, headers = answer["url"], {"Authorization": f"Bearer {answer.get('accessToken', '')}"}
    finally:
        await http.close()
    raise ServiceError(f"{url.partition('?')[0]} sends its clients on and on")


async def ask(http: HttpClient, url: str, headers: Mapping[str, str], seconds: float) -> dict[str, Any]:
    """Return what one negotiate answers.

    Raises:
        ServiceError: nothing that a client can use; the text says what to do.
    """
    parts = urlsplit(url)
    query = "&".join(filter(None, (parts.query, "negotiateVersion=1")))
    place = urlunsplit(parts._replace(path=f"{parts.path.rstrip('/')}/negotiate", query=query))
    shown = place.partition("?")[0]
    try:
        answer = await http.request("POST", place, headers=headers, timeout=seconds, max_bytes=MAX_BYTES)
    except HttpError as error:
        raise UnreachableError(f"{error}: does it run, and is the URL right?") from None
    if answer.status != HTTPStatus.OK:
        raise _refusal(shown, answer)
    try:
        read = json.loads(answer.body)
    except ValueError:
        read = None
    found = _negotiated(read)
    if found is None:
        raise ServiceError(f"{shown} gives no answer of SignalR: is this the URL of an app with hubs?")
    if found.get("error"):
        raise ServiceError(f"{shown} refuses: {found['error']}")
    return found


def _negotiated(read: object) -> dict[str, Any] | None:
    """Return what an answer says; None where it cannot be one of negotiate."""
    if not isinstance(read, dict):
        return None
    said = {name: value for name, value in cast("dict[str, Any]", read).items() if value is not None}
    return said if all(isinstance(said.get(name, ""), str) for name in _TEXTS) else None


def _refusal(shown: str, answer: HttpResponse) -> ServiceError:
    said = redact(answer.body.decode("utf-8", "replace"))[:_MAX_SHOWN]
    kind: type[ServiceError] = ServiceError
    text = "the log of the app says more"
    if answer.status in {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}:
        text, kind = "log in with --header 'Authorization: Bearer ...' or whatever the app wants", UnauthorizedError
    elif answer.status in {HTTPStatus.NOT_FOUND, HTTPStatus.METHOD_NOT_ALLOWED}:
        text = "there is no such hub: the URL ends with the name of a hub, and `serverless-hub targets` lists them"
        kind = NotFoundError
    return kind(f"{shown} answers {answer.status} {said}: {text}", status=answer.status)


def _websocket_url(url: str, token: str) -> str:
    parts = urlsplit(url)
    query = "&".join(filter(None, (parts.query, f"id={quote(token, safe='')}" if token else "")))
    return urlunsplit(parts._replace(scheme=parts.scheme.replace("http", "ws", 1), query=query))
