"""Events without ASGI's messages in between, for an app that takes them: fewer steps for each.

Such an app is an ASGI app for everything, events included. Whoever has the whole of a request may ask it first.
"""

from collections.abc import Callable, Coroutine
from typing import Any, Protocol, runtime_checkable

from serverless_hub.protocol.upstream_answer import UpstreamAnswer
from serverless_hub.service.asgi import Scope

__all__ = ["Answering", "DirectApp"]

Answering = Callable[[bytes], Coroutine[Any, Any, UpstreamAnswer]]
"""Answers one request, given its whole body; it runs in a task of its own, and raises only what cancels it."""


@runtime_checkable
class DirectApp(Protocol):
    """An ASGI app that may answer a request without being called."""

    def direct(self, scope: Scope) -> Answering | None:
        """Return what answers the request; None where the app has to be called, also to refuse it.

        Ask once for each request, since the app counts. The `client` and the `scheme` of the scope are not looked at,
        so that what a proxy has said of them need not be known.
        """
        ...
