"""A method of a hub, tested alone: no app, no service, no wire."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from inspect import Parameter, Signature
from typing import Any

from fastapi import FastAPI
from fastapi import Request as FastAPIRequest
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import Response

from serverless_hub.hub.call import Call, ServiceSide
from serverless_hub.hub.context import InvocationContext
from serverless_hub.hub.descriptor import HubDescriptor, MethodDescriptor, describe_hub
from serverless_hub.hub.hub import ServerlessHub
from serverless_hub.hub.identity import Identity
from serverless_hub.hub.members import HOOKS
from serverless_hub.hub.negotiation import Negotiation, SignalRConnectionInfo
from serverless_hub.hub.runner import run_call
from serverless_hub.protocol.client_token import client_claims, read_identity
from serverless_hub.protocol.codec import JSON
from serverless_hub.protocol.multimap import MultiMap
from serverless_hub.protocol.upstream import DISCONNECTED, Category, UpstreamEvent
from serverless_hub.testing.recorder import Action, SendRecorder, Sent
from serverless_hub.testing.requests import Request, scope_of

__all__ = ["Called", "call"]

_Hub = type[ServerlessHub[Any]]


@dataclass(frozen=True, slots=True)
class Called:
    """What a method did."""

    result: Any
    """What it returned, as it is in Python."""
    sent: list[Sent]
    """Whom it has called what, in order."""
    actions: list[Action]
    """What else it did with the service: groups, closed connections."""


async def call(
    hub: _Hub,
    method: str,
    /,
    *arguments: Any,
    user_id: str | None = None,
    claims: Mapping[str, Any] | None = None,
    connection_id: str = "connection",
    context: InvocationContext | None = None,
    answers: Mapping[str, Any] | None = None,
    recorder: SendRecorder | None = None,
    overrides: Mapping[Callable[..., Any], Callable[..., Any]] | None = None,
    app: FastAPI | None = None,
) -> Called:
    """Run a method of a hub or a hook, with the filters of its class, and return what it did.

        called = await call(Chat, "send_message", "lobby", "hi", user_id="ann")
        assert called.sent == [Sent(Receivers("groups", ("lobby",)), "receive_message", ["ann", "hi"])]

    Args:
        hub: the hub's class.
        method: its name in the class, or the target.
        arguments: as they are in Python, or as JSON has them; they are bound as those of clients are.
        user_id: whose connection it is.
        claims: what is proven of the user.
        connection_id: the connection.
        context: more of the event than that: all that it says, but `sender` and what the method itself says.
        answers: what clients answer, by target: a value, or a function of the arguments.
        recorder: goes on with what it knows of groups; without it, nobody is in any.
        overrides: of dependencies, besides those of `app`.
        app: whose state and `dependency_overrides` the method sees.

    Raises:
        BindingError: the arguments do not fit.
        ResultError: the result cannot be sent.
        LookupError: there is no such method.
        Exception: whatever the method or a dependency raises.
    """
    recorder = recorder or SendRecorder(answers, [connection_id])
    first = len(recorder.sent), len(recorder.actions)
    described = _find(hub, method)
    if described.event == DISCONNECTED and described.category is Category.CONNECTIONS:
        arguments = (arguments or (None,)) if described.binder.names else ()
    made = context or _context(described, connection_id, user_id, claims)
    made = replace(
        made,
        hub=described.hub,
        category=described.category,
        event=described.event,
        arguments=arguments,
        sender=recorder,
        redirect=made.redirect or _redirect,
        casing=hub.client_definition.casing,
    )
    event = UpstreamEvent(made.connection_id, made.hub, made.category, made.event, JSON, user_id=made.user_id)
    service = ServiceSide(recorder, _nobody, made.redirect or _redirect)
    running = Call(described, event, (), service, arguments, made=made)
    bound = running.bind()
    if described.injected:
        result = await _injected(running, bound, app or FastAPI(openapi_url=None), dict(overrides or {}))
    else:
        result = await run_call(running, bound)
    described.result.write(result, JSON)
    return Called(result, recorder.sent[first[0] :], recorder.actions[first[1] :])


@lru_cache(256)
def _described(hub: Any) -> HubDescriptor:
    """Return the same for the same class; its annotations take a while to read."""
    return describe_hub(hub)


def _find(hub: _Hub, name: str) -> MethodDescriptor:
    described: Callable[[Any], HubDescriptor] = _described
    events = described(hub).events
    if name in HOOKS:
        return events[Category.CONNECTIONS, HOOKS[name]]
    targets = {method: target for target, method in hub.hub_definition.names.items()}
    found = events.get((Category.MESSAGES, targets.get(name, name).lower()))
    if found is None:
        raise LookupError(f"{hub.__qualname__} has no method {name!r} that clients can call: {', '.join(targets)}")
    return found


def _context(
    method: MethodDescriptor, connection_id: str, user_id: str | None, claims: Mapping[str, Any] | None
) -> InvocationContext:
    claims = claims or {}
    identity = Identity(user_id, claims)
    raw = client_claims(None, claims, audience="", now=0, lifetime=1)
    return InvocationContext(
        hub=method.hub,
        category=method.category,
        event=method.event,
        connection_id=connection_id,
        user_id=user_id,
        claims=MultiMap(read_identity(raw).claims),
        identity_source=lambda: identity,
    )


def _nobody(claims: MultiMap, event: UpstreamEvent) -> None:
    """Say of no event whose it is: the context of this one is made already."""


async def _redirect(negotiation: Negotiation) -> SignalRConnectionInfo:
    return SignalRConnectionInfo(url="http://testserver/client/", accessToken=f"token of {negotiation.user_id}")


async def _injected(
    running: Call, bound: tuple[Any, ...], outer: FastAPI, overrides: dict[Callable[..., Any], Callable[..., Any]]
) -> Any:
    """Run a call as the endpoint of a small app, which provides what it injects."""
    results: list[Any] = []
    errors: list[Exception] = []

    async def endpoint(**values: Any) -> Response:
        results.append(await run_call(running, bound, values))
        return Response()

    async def note(_request: FastAPIRequest, error: Exception) -> Response:
        errors.append(error)
        return Response()

    wanted = [parameter.replace(kind=Parameter.KEYWORD_ONLY) for parameter in running.method.injected]
    endpoint.__signature__ = Signature(wanted)  # type: ignore[attr-defined]  # what FastAPI reads
    failures: tuple[type[Exception], ...] = (HTTPException, RequestValidationError)
    app = FastAPI(openapi_url=None, exception_handlers=dict.fromkeys(failures, note))
    app.state = outer.state
    app.dependency_overrides = {**outer.dependency_overrides, **overrides}
    app.add_api_route("/", endpoint, methods=["POST"], response_model=None)
    await Request(app, {**scope_of("http", "http://testserver/", {}, {}), "method": "POST"}).run()
    if errors:
        raise errors[0]
    return results[0]
