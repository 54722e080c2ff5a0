"""Running calls, and making answers of whatever comes out."""

import asyncio

from serverless_hub.hub.call import Call
from serverless_hub.hub.cancellation import self_cancellation
from serverless_hub.hub.outcome import answer_failure, answer_result
from serverless_hub.hub.runner import run_call
from serverless_hub.protocol.upstream_answer import UpstreamAnswer

__all__ = ["Dispatcher"]


class Dispatcher:
    """Runs what needs nothing from FastAPI.

    Args:
        detailed_errors: show clients the text of unexpected exceptions.
    """

    def __init__(self, *, detailed_errors: bool = False) -> None:
        self._detailed_errors = detailed_errors

    async def answer(self, call: Call) -> UpstreamAnswer:
        """Run a call that needs nothing injected by FastAPI, and return its answer."""
        try:
            return answer_result(call, await run_call(call, call.method.binder.bind(call.arguments)))
        except asyncio.CancelledError as error:
            return self.failure(call, self_cancellation(error))
        except Exception as error:  # noqa: BLE001 - whatever a method raises becomes its answer
            return self.failure(call, error)

    def failure(self, call: Call, error: Exception) -> UpstreamAnswer:
        """Return the answer to a call that failed with `error`."""
        return answer_failure(call, error, detailed=self._detailed_errors)
