"""When a request to a SignalR service is sent again, and after how long.

Rules of Azure's SDK (azure-signalr Management/Resilient; Azure SDK sample Sample05_HttpRetryOptions.md): a message is
not repeated after a 500, since the service may have delivered it; everything else does the same when it comes twice.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Literal, Self

from serverless_hub.errors import ConfigurationError
from serverless_hub.http_client import HttpError

__all__ = ["Repeating", "RetryPolicy", "is_repeatable_failure", "is_repeatable_status", "read_retry_after"]

_MOST_DOUBLINGS = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class RetryPolicy:
    """How often and after how long a request is sent again.

    Raises:
        ConfigurationError: a number is negative or not finite.
    """

    mode: Literal["fixed", "exponential"] = "exponential"
    """`fixed` waits `delay` each time; `exponential` twice as long as before, and a random part less."""
    max_retries: int = 3
    """Tries after the first; 0 is none."""
    delay: float = 0.8
    """Seconds before the first of them."""
    max_delay: float = 60.0
    """Seconds that are never exceeded, also where the service asks for more (`Retry-After`)."""

    def __post_init__(self) -> None:
        for name in ("max_retries", "delay", "max_delay"):
            if not 0 <= getattr(self, name) < math.inf:
                raise ConfigurationError(f"RetryPolicy({name}=...) is negative or no number: write 0 or more")

    @classmethod
    def none(cls) -> Self:
        """Return the policy that sends everything once."""
        return cls(max_retries=0)

    def wait(self, retry: int, asked: float | None, random: Callable[[], float]) -> float:
        """Return the seconds to wait before a retry.

        Args:
            retry: its number, from 0.
            asked: what the service asks for, if it does.
            random: returns a number from 0 to 1, so that many who failed at once do not come back at once.
        """
        if asked is not None:
            return min(asked, self.max_delay)
        if self.mode == "fixed":
            return min(self.delay, self.max_delay)
        longest = min(math.ldexp(self.delay, min(retry, _MOST_DOUBLINGS)), self.max_delay)
        return longest * (1 + random()) / 2


Repeating = Literal["harmless", "message", "call"]
"""What it means when a request is done twice: nothing, a message that comes twice, or a client that is called twice."""


def is_repeatable_status(status: int, repeating: Repeating) -> bool:
    """Tell whether a request that got this answer may be sent again.

    A gateway that waits in vain for the answer of a client says 502 or 504: the client was called then.
    """
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        return True
    if repeating == "call":
        return status == HTTPStatus.SERVICE_UNAVAILABLE
    if repeating == "message":
        return status > HTTPStatus.INTERNAL_SERVER_ERROR
    return status >= HTTPStatus.INTERNAL_SERVER_ERROR or status == HTTPStatus.REQUEST_TIMEOUT


def is_repeatable_failure(error: HttpError, repeating: Repeating) -> bool:
    """Tell whether a request without an answer may be sent again."""
    return error.failure != "wrong" if repeating == "harmless" else error.failure == "connect"


def read_retry_after(value: str | None, now: float) -> float | None:
    """Return the seconds that a header `Retry-After` asks for (RFC 9110, section 10.2.3), None where it does not.

    Args:
        value: seconds, or the date until which to wait.
        now: seconds since the epoch.
    """
    if value is None:
        return None
    text = value.strip()
    try:
        seconds = float(int(text)) if text.isascii() and text.isdigit() else _until(text) - now
    except (ValueError, TypeError, OverflowError):
        return None
    return max(seconds, 0.0)


def _until(text: str) -> float:
    return parsedate_to_datetime(text).timestamp()
