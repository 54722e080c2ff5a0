"""From an upstream event to the method that runs for it."""

from collections.abc import Iterable
from http import HTTPStatus

from serverless_hub.hub.call import Call
from serverless_hub.hub.descriptor import HubDescriptor, MethodDescriptor
from serverless_hub.hub.outcome import answer_failure, answer_result
from serverless_hub.hub.runner import run_call
from serverless_hub.protocol.upstream import UpstreamEvent, UpstreamRefusal
from serverless_hub.protocol.upstream_answer import UpstreamAnswer

__all__ = ["Dispatcher"]


class Dispatcher:
    """The events of some hubs, found ignoring case as Azure does."""

    def __init__(self, hubs: Iterable[HubDescriptor], *, detailed_errors: bool = False) -> None:
        self._methods = {
            (hub.name.lower(), category, event): method
            for hub in hubs
            for (category, event), method in hub.events.items()
        }
        self.detailed_errors = detailed_errors

    def find(self, event: UpstreamEvent) -> MethodDescriptor:
        """Return the method for `event`.

        Raises:
            UpstreamRefusal: 404 when there is none.
        """
        method = self._methods.get((event.hub.lower(), event.category.lower(), event.event.lower()))
        if method is None:
            raise UpstreamRefusal(
                HTTPStatus.NOT_FOUND, f"there is no hub {event.hub!r} with {event.category!r} event {event.event!r}"
            )
        return method

    async def answer(self, call: Call) -> UpstreamAnswer:
        """Run a call that needs nothing injected by FastAPI, and return its answer."""
        try:
            return answer_result(call, await run_call(call, call.bind()))
        except Exception as error:  # noqa: BLE001 - whatever a method raises becomes its answer
            return self.failure(call, error)

    def failure(self, call: Call, error: Exception) -> UpstreamAnswer:
        """Return the answer to a call that failed with `error`."""
        return answer_failure(call, error, detailed=self.detailed_errors)
