"""An app in memory, as the service sees it: it remembers events and answers as it is told."""

import asyncio
from dataclasses import dataclass, field

from serverless_hub.service.ports import UpstreamResponse

__all__ = ["Post", "ScriptedApp"]

_OK = UpstreamResponse(200, b"")


@dataclass(frozen=True)
class Post:
    headers: dict[str, str]
    body: bytes

    @property
    def event(self) -> str:
        return self.headers["x-asrs-event"]


@dataclass
class ScriptedApp:
    """An upstream; events without a script are answered 200 at once."""

    answers: dict[str, UpstreamResponse | Exception] = field(default_factory=dict[str, UpstreamResponse | Exception])
    posts: list[Post] = field(default_factory=list[Post])
    """What has begun, in order."""
    answered: list[str] = field(default_factory=list[str])
    """What has ended, in order."""
    _held: dict[str, asyncio.Event] = field(default_factory=dict[str, asyncio.Event])

    @property
    def events(self) -> list[str]:
        return [post.event for post in self.posts]

    def hold(self, event: str) -> None:
        """Do not answer `event` until `release`."""
        self._held[event] = asyncio.Event()

    def release(self, event: str) -> None:
        self._held.pop(event).set()

    async def post(self, headers: list[tuple[bytes, bytes]], body: bytes) -> UpstreamResponse:
        post = Post({name.decode(): value.decode() for name, value in headers}, body)
        self.posts.append(post)
        if post.event in self._held:
            await self._held[post.event].wait()
        self.answered.append(post.event)
        answer = self.answers.get(post.event, _OK)
        if isinstance(answer, Exception):
            raise answer
        return answer
