"""What an app may choose about sending."""

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, Protocol

from serverless_hub.errors import ConfigurationError
from serverless_hub.management.retry import RetryPolicy

if TYPE_CHECKING:
    from serverless_hub.tracing import Tracing

__all__ = ["AsyncTokenCredential", "SendOptions", "Token"]


class Token(Protocol):
    """What a credential gives (azure-core `AccessToken`)."""

    @property
    def token(self) -> str:
        """The token itself."""
        ...

    @property
    def expires_on(self) -> int:
        """When it ends, in seconds since the epoch."""
        ...


class AsyncTokenCredential(Protocol):
    """Gives tokens of Microsoft Entra: any asynchronous credential of azure-identity, or one's own."""

    async def get_token(self, *scopes: str) -> Token:
        """Return a token for `scopes`."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class SendOptions:
    """How requests are sent to a SignalR service.

    Raises:
        ConfigurationError: the timeout is not a positive number.
    """

    timeout: float = 5.0
    """Seconds for one try, from connecting to the end of the answer."""
    retry: RetryPolicy = field(default_factory=RetryPolicy)
    credential: AsyncTokenCredential | None = None
    """For endpoints without an access key, instead of the one that the connection string names; whoever made it
    closes it."""
    body: Literal["json", "messagepack"] = "json"
    """`json` sends arguments as JSON, bytes as base64 text, to clients of either protocol. `messagepack` sends both
    forms, so that clients of the MessagePack protocol get bytes as bytes."""
    tracing: "Tracing | None" = None
    """Makes spans of requests, and sends `traceparent` with them, for a context that a script has made; in an app, that
    is what `HubRouter(tracing=...)` does."""

    def __post_init__(self) -> None:
        if not 0 < self.timeout < math.inf:
            raise ConfigurationError("SendOptions(timeout=...) has to be a number of seconds above 0")
