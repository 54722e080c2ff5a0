"""A hub whose events fail as a test asks: in the method, in an injected method, or in a dependency."""

import asyncio
from typing import Annotated, Any

from fastapi import Depends, HTTPException

from serverless_hub import ConnectionRejected, HubException, ServerlessHub

__all__ = ["FAILURES", "SECRET", "Failing"]

SECRET = "the password is 12345"
FAILURES: dict[str, BaseException] = {
    "hub": HubException("say something"),
    "hub without text": HubException(),
    "rejected": ConnectionRejected("not you"),
    "401": HTTPException(401, "who are you"),
    "403": HTTPException(403, "you may not"),
    "404": HTTPException(404, "no such room"),
    "404 in parts": HTTPException(404, {"room": 7}),
    "503": HTTPException(503, SECRET),
    "value": ValueError(SECRET),
    "key": KeyError(SECRET),
    "timeout": TimeoutError(SECRET),
    "stop": StopIteration(SECRET),
    "half a character": HubException("\ud83d"),
    "half a refusal": ConnectionRejected("\ud83d"),
    "half a detail": HTTPException(404, "\ud83d"),
    "cancelled": asyncio.CancelledError(),
    "group": ExceptionGroup("several", [ValueError(SECRET)]),
}


async def fail(failure: str | None = None) -> None:
    """Raise what the query of the request names."""
    if failure is not None:
        raise FAILURES[failure]


Refused = Annotated[None, Depends(fail)]


class Failing(ServerlessHub, hub="chat"):
    async def on_connected(self, *, refused: Refused) -> None:
        del refused

    async def on_disconnected(self, error: str | None, *, refused: Refused) -> None:
        del refused
        if error is not None:
            raise FAILURES[error]

    async def method(self, failure: str) -> None:
        raise FAILURES[failure]

    def thread(self, failure: str) -> None:
        raise FAILURES[failure]

    async def injected(self, failure: str, *, refused: Refused) -> None:
        del refused
        raise FAILURES[failure]

    async def dependency(self, *, refused: Refused) -> str:
        del refused
        return "fine"

    async def unsendable(self) -> int:
        return "text"  # type: ignore[return-value]  # pyright: ignore[reportReturnType] - the mistake is the case

    async def opaque(self, *, refused: Refused) -> Any:
        del refused
        return object()
