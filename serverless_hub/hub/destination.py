"""Where a message goes: some clients of a hub, and the way to them."""

from collections.abc import Sequence
from math import isfinite
from typing import Any, Final, NamedTuple

from serverless_hub.hub.casing import OutgoingCasing
from serverless_hub.hub.ports import HubSender, Receivers

__all__ = ["DEFAULT_TIMEOUT", "Destination", "check_timeout"]

DEFAULT_TIMEOUT: Final = 30.0
"""Seconds that a client has for its result, where nothing else is said."""


class Destination(NamedTuple):
    """Some clients of a hub, and the way to them."""

    sender: HubSender
    receivers: Receivers
    timeout: float | None = None
    """Seconds that the client has for a result; None where there may be several, so that there is no one result."""
    casing: OutgoingCasing | None = None
    """How fields of models are spelt in what is sent without a type."""

    async def send(self, target: str, arguments: Sequence[Any]) -> None:
        """Call `target` on these clients."""
        await self.sender.send(self.receivers, target, arguments)

    async def invoke(self, target: str, arguments: Sequence[Any], timeout: float) -> Any:  # noqa: ASYNC109 - it travels to whoever waits
        """Call `target` on the one client that this is, and return its result as plain values."""
        return await self.sender.invoke(self.receivers.names[0], target, arguments, timeout)

    def timeout_for(self, owner: str) -> float:
        """Return how many seconds the one client has for the result of `owner`.

        Raises:
            TypeError: it may be several clients.
        """
        if self.timeout is None:
            raise TypeError(
                f"{owner} returns a result, and that comes from one client: call it on clients.client(connection_id) "
                "or clients.caller"
            )
        return self.timeout


def check_timeout(seconds: float) -> float:
    """Return `seconds` if something can come within them; raise ValueError if not."""
    if not (isfinite(seconds) and seconds > 0):
        raise ValueError(f"timeout={seconds!r} must be a number of seconds above 0")
    return seconds
