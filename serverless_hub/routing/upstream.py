"""The upstream endpoint: one plain ASGI app behind every route that a SignalR service posts to.

The order of its checks is part of the contract: nothing about hubs or events is told before the signature is verified.
"""

import logging
from collections.abc import Callable, Mapping
from functools import partial
from http import HTTPStatus
from typing import Any

from starlette.requests import ClientDisconnect
from starlette.types import Receive, Scope, Send

from serverless_hub.errors import ConfigurationError, TokenError
from serverless_hub.hub.call import Call, ServiceSide, read_call
from serverless_hub.hub.catalog import HubCatalog
from serverless_hub.hub.descriptor import MethodDescriptor
from serverless_hub.hub.dispatcher import Dispatcher
from serverless_hub.protocol.codec import JSON
from serverless_hub.protocol.upstream import UpstreamEvent, UpstreamRefusal
from serverless_hub.protocol.upstream_answer import UpstreamAnswer
from serverless_hub.routing.body import check_size, read_body, replay
from serverless_hub.routing.cancellation import until_disconnect
from serverless_hub.routing.gate import Gate
from serverless_hub.routing.injector import Injector
from serverless_hub.routing.overview import RouterOverview
from serverless_hub.routing.refusals import Refusals
from serverless_hub.service.direct_events import Answering

__all__ = ["UpstreamEndpoint", "send_answer"]

_logger = logging.getLogger("serverless_hub.routing")


class UpstreamEndpoint:
    """Takes events.

    Args:
        catalog: finds what runs for an event.
        dispatcher: runs it.
        injector: runs it where it injects dependencies.
        gate: lets requests in.
        service_side: what an event of a hub needs from the service.
        refusals: closes the connections of clients that are refused.
        max_body_bytes: the largest body that is read.
        strict_paths: refuse a path that disagrees with the headers, instead of only logging it.
    """

    def __init__(
        self,
        catalog: HubCatalog,
        dispatcher: Dispatcher,
        injector: Injector,
        gate: Gate,
        service_side: Callable[[str], ServiceSide],
        *,
        refusals: Refusals,
        max_body_bytes: int,
        strict_paths: bool,
    ) -> None:
        self._catalog = catalog
        self._dispatcher = dispatcher
        self._injector = injector
        self._gate = gate
        self._service_side = service_side
        self._refusals = refusals
        self._max_body_bytes = max_body_bytes
        self._strict_paths = strict_paths
        self.overview: RouterOverview | None = None
        """What tools are told of the router that it is part of."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        try:
            event = await self._gate.admit(scope)
            body = await read_body(receive, self._max_body_bytes)
            call = self._call(event, self._catalog.find(event), body, scope)
        except (UpstreamRefusal, ConfigurationError) as error:
            await send_answer(_refused(error), send)
        except ClientDisconnect:
            _logger.warning("a SignalR service hung up before the body of its call was complete")
        else:
            if self._is_plain(call.method):
                answer = await self._dispatcher.answer(call)
                await send_answer(answer, self._refusals.watched(call, send))
            else:
                await self._run(call, scope, replay(body, receive), self._refusals.watched(call, send))

    def direct(self, scope: Scope) -> Answering | None:
        """Return what answers an event whose body is there; None where that needs a call, also to refuse it."""
        try:
            event = self._gate.recognise(scope)
            method = self._catalog.find(event)
        except (TokenError, UpstreamRefusal, ConfigurationError):
            return None
        return partial(self._take, event, method, scope) if self._is_direct(method) else None

    async def _take(self, event: UpstreamEvent, method: MethodDescriptor, scope: Scope, body: bytes) -> UpstreamAnswer:
        try:
            self._gate.count(event)
            check_size(body, self._max_body_bytes)
            call = self._call(event, method, body, scope)
        except (UpstreamRefusal, ConfigurationError) as error:
            return _refused(error)
        return await self._dispatcher.answer(call)

    def _is_plain(self, method: MethodDescriptor) -> bool:
        """Tell whether all that a method needs of its request is the event."""
        return not (method.options.cancel_on_disconnect or self._injector.is_needed(method))

    def _is_direct(self, method: MethodDescriptor) -> bool:
        """Tell whether nothing has to happen but what the answer says."""
        return self._is_plain(method) and not self._refusals.watches(method)

    def _call(self, event: UpstreamEvent, method: MethodDescriptor, body: bytes, scope: Scope) -> Call:
        if scope.get("path_params"):  # with those of the mounts around
            self._check_path(event, scope["path_params"])
        return read_call(method, event, body, scope["headers"], self._service_side(event.key[0]))

    def _check_path(self, event: UpstreamEvent, in_path: Mapping[str, Any]) -> None:
        for name, said in (("hub", event.hub), ("category", event.category), ("event", event.event)):
            value: str = in_path.get(name, said)
            if value.lower() != said.lower():
                text = f"the path says {name} {value!r} but the header {said!r}"
                if self._strict_paths:
                    raise UpstreamRefusal(HTTPStatus.BAD_REQUEST, text)
                _logger.warning("%s: check the URL template of the upstream settings", text)

    async def _run(self, call: Call, scope: Scope, receive: Receive, send: Send) -> None:
        if call.method.options.cancel_on_disconnect:
            await until_disconnect(receive, lambda receive: self._answer(call, scope, receive, send))
        else:
            await self._answer(call, scope, receive, send)

    async def _answer(self, call: Call, scope: Scope, receive: Receive, send: Send) -> None:
        if self._injector.is_needed(call.method):
            await self._injector.run(call, scope, receive, send)
        else:
            await send_answer(await self._dispatcher.answer(call), send)


async def send_answer(answer: UpstreamAnswer, send: Send) -> None:
    """Send an answer as an HTTP response."""
    await send({"type": "http.response.start", "status": int(answer.status), "headers": answer.to_headers()})
    await send({"type": "http.response.body", "body": answer.body})


def _refused(error: UpstreamRefusal | ConfigurationError) -> UpstreamAnswer:
    if isinstance(error, ConfigurationError):
        _logger.error("cannot take upstream calls: %s", error)
        return UpstreamAnswer(HTTPStatus.INTERNAL_SERVER_ERROR)
    _logger.warning("refused an upstream call with %d: %s", error.status, error)
    return UpstreamAnswer(error.status, JSON.encode_value({"error": str(error)}))
