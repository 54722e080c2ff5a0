"""Posts events as a SignalR service does."""

import json
from typing import Any, NamedTuple

import aiohttp

from examples.snippets.post_event import signature

__all__ = ["KEY", "Answer", "event_headers", "post"]

KEY = "an access key of the tests"


class Answer(NamedTuple):
    status: int
    body: bytes
    error_code: str | None


def event_headers(hub: str, category: str, event: str, connection_id: str = "c1") -> dict[str, str]:
    """Return the headers of an event, signed with `KEY`."""
    return {
        "Content-Type": "application/json",
        "X-ASRS-Connection-Id": connection_id,
        "X-ASRS-Hub": hub,
        "X-ASRS-Category": category,
        "X-ASRS-Event": event,
        "X-ASRS-Signature": signature(connection_id, KEY),
    }


async def post(
    url: str, headers: dict[str, str], body: Any, path: str = "/runtime/webhooks/signalr", method: str = "POST"
) -> Answer:
    """Send one request; a body that is not bytes is written as JSON."""
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    async with (
        aiohttp.ClientSession() as session,
        session.request(method, url + path, headers=headers, data=data) as response,
    ):
        return Answer(response.status, await response.read(), response.headers.get("X-Serverless-Hub-Error"))
