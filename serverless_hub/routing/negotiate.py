"""The first negotiate: the app says who a client is, and sends it to the service with a token."""

from collections.abc import Awaitable, Callable, Coroutine
from http import HTTPStatus
from typing import Annotated, Any

from fastapi import Depends, Request, Response
from fastapi.responses import JSONResponse
from fastapi.routing import APIRoute
from pydantic import BaseModel, Field
from starlette.datastructures import Headers
from starlette.types import Message, Receive, Scope, Send

from serverless_hub.errors import ConnectionRejected
from serverless_hub.hub.negotiation import Negotiation, SignalRConnectionInfo
from serverless_hub.protocol.codec import JSON
from serverless_hub.protocol.cors import CorsPolicy
from serverless_hub.protocol.negotiate import refusal_answer
from serverless_hub.routing.negotiator import Negotiator

__all__ = ["NegotiateAnswer", "anonymous_endpoint", "negotiate_endpoint", "negotiate_route", "with_headers"]

_Handler = Callable[[Request], Coroutine[Any, Any, Response]]


class NegotiateAnswer(BaseModel):
    """Where to connect, and with what; or why not."""

    url: str | None = Field(None, description="The SignalR service's URL for clients of this hub")
    accessToken: str | None = Field(None, description="The bearer token for it")  # noqa: N815 - its name on the wire
    error: str | None = Field(None, description="Why the client is refused; then the rest is left out")


_ANONYMOUS = Negotiation()


def negotiate_endpoint(
    who: Callable[..., Any] | None, hub: str, negotiator: Negotiator
) -> Callable[..., Awaitable[Response]]:
    """Return FastAPI's endpoint for the negotiate of `hub`.

    Args:
        who: the dependency that returns a `Negotiation`; without one, clients are anonymous.
        hub: its name on the wire.
        negotiator: makes the answer.
    """

    async def negotiate(request: Request, response: Response, negotiation: Annotated[Any, Depends(who)]) -> Response:
        if not isinstance(negotiation, Negotiation):
            raise TypeError(f"negotiate= must return a Negotiation, not {type(negotiation).__name__}")
        info = await negotiator.redirect(request, hub, negotiation)
        # Dependencies may have set headers, or a status.
        answer = _answer(info, response.status_code or HTTPStatus.OK)
        answer.raw_headers += response.raw_headers
        return answer

    async def negotiate_anonymously(request: Request, response: Response) -> Response:
        return await negotiate(request, response, _ANONYMOUS)

    return negotiate_anonymously if who is None else negotiate


def anonymous_endpoint(hub: str, negotiator: Negotiator) -> _Handler:
    """Return Starlette's endpoint for the negotiate of `hub`; arguments as of `negotiate_endpoint`."""

    async def negotiate(request: Request) -> Response:
        return _answer(await negotiator.redirect(request, hub, _ANONYMOUS))

    return _with_refusals(negotiate)


def _answer(info: SignalRConnectionInfo, status: int = HTTPStatus.OK) -> Response:
    # Written here, it is not read, checked and copied once more.
    text = JSON.encode_value({"url": info.url, "accessToken": info.accessToken})
    return Response(text, status, media_type=JSON.media_type)


def negotiate_route(cors: Callable[[str], CorsPolicy], hub: str) -> type[APIRoute]:
    """Return the route class for the negotiate of `hub`.

    It gives every answer the headers of `cors`, refusals too, and tells a client that the dependency rejected with
    `ConnectionRejected` why (TransportProtocols.md: an `error` in the answer stops the client).
    """

    class NegotiateRoute(APIRoute):
        def get_route_handler(self) -> _Handler:
            return _with_refusals(super().get_route_handler())

        async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
            await super().handle(scope, receive, with_headers(cors(hub), scope, send))

    return NegotiateRoute


def with_headers(policy: CorsPolicy, scope: Scope, send: Send) -> Send:
    """Return what sends an answer with the headers that every negotiate has: those of CORS, and not to store it."""
    added = [(b"cache-control", b"no-store"), *policy.headers(Headers(scope=scope).get("origin"))]

    async def send_with_headers(message: Message) -> None:
        if message["type"] == "http.response.start":
            message = {**message, "headers": [*message.get("headers", []), *added]}
        await send(message)

    return send_with_headers


def _with_refusals(handler: _Handler) -> _Handler:
    async def handle(request: Request) -> Response:
        try:
            return await handler(request)
        except ConnectionRejected as rejected:
            return JSONResponse(refusal_answer(str(rejected) or "The connection was refused."))

    return handle
