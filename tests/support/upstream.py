"""Upstream calls as a SignalR service makes them, over real HTTP."""

import json
from dataclasses import dataclass, field
from typing import Any

import aiohttp

from serverless_hub.protocol.signature import sign_connection

__all__ = ["KEY", "Answer", "Caller"]

KEY = "tests-tests-tests-tests-tests-32"
_WEBHOOK = "/runtime/webhooks/signalr"


@dataclass(frozen=True)
class Answer:
    status: int
    body: bytes
    headers: dict[str, str]

    def completion(self) -> Any:
        """Return the completion that is the whole body."""
        assert self.status == 200, self
        assert self.body.endswith(b"\x1e"), self
        return json.loads(self.body[:-1])

    def result(self) -> Any:
        return self.completion()["result"]

    def error(self) -> str:
        error: str = self.completion()["error"]
        return error


@dataclass
class Caller:
    """Posts events of one connection, signed with `key`."""

    url: str
    hub: str = "chat"
    connection_id: str = "c1"
    key: str | None = KEY
    headers: dict[str, str] = field(default_factory=dict[str, str])
    """More headers, of every event."""
    path: str = _WEBHOOK

    async def connect(self, **headers: str) -> Answer:
        return await self.post("connections", "connected", {"type": 10}, headers)

    async def disconnect(self, **headers: str) -> Answer:
        return await self.post("connections", "disconnected", {"type": 11}, headers)

    async def invoke(self, target: str, *arguments: Any, **headers: str) -> Answer:
        body = {"type": 1, "invocationId": "7", "target": target, "arguments": arguments}
        return await self.post("messages", target, body, headers)

    async def post(self, category: str, event: str, body: Any, headers: dict[str, str]) -> Answer:
        said = {
            "Content-Type": "application/json",
            "X-ASRS-Connection-Id": self.connection_id,
            "X-ASRS-Hub": self.hub,
            "X-ASRS-Category": category,
            "X-ASRS-Event": event,
        }
        if self.key is not None:
            said["X-ASRS-Signature"] = sign_connection(self.connection_id, [self.key])
        said |= self.headers | {name.replace("_", "-"): value for name, value in headers.items()}
        async with (
            aiohttp.ClientSession() as session,
            session.post(self.url + self.path, data=json.dumps(body), headers=said) as response,
        ):
            return Answer(response.status, await response.read(), dict(response.headers))
