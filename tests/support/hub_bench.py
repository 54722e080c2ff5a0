"""Events for a hub class, with no transport at all."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from serverless_hub.hub.call import Call, ServiceSide, read_call
from serverless_hub.hub.catalog import HubCatalog
from serverless_hub.hub.descriptor import describe_hub
from serverless_hub.hub.dispatcher import Dispatcher
from serverless_hub.hub.functions import Trigger, describe_function
from serverless_hub.hub.hub import ServerlessHub
from serverless_hub.hub.identity import Identity
from serverless_hub.hub.negotiation import Negotiation, SignalRConnectionInfo
from serverless_hub.protocol.codec import JSON, HubProtocol
from serverless_hub.protocol.messages import Completion, Invocation
from serverless_hub.protocol.multimap import MultiMap
from serverless_hub.protocol.upstream import (
    CONNECTED,
    DISCONNECTED,
    Category,
    UpstreamEvent,
    connected_body,
    disconnected_body,
    invocation_body,
)
from serverless_hub.protocol.upstream_answer import UpstreamAnswer
from tests.support.recording import RecordingSender

__all__ = ["Bench", "completion_in"]


@dataclass
class Bench:
    """Calls `hub` as the connection `c1` of the user `ann`."""

    hub: type[ServerlessHub[Any]] | None = None
    protocol: HubProtocol = JSON
    detailed_errors: bool = False
    sender: RecordingSender = field(default_factory=RecordingSender)
    headers: dict[str, str] = field(default_factory=dict[str, str])
    """More headers of the upstream request."""
    query: str | None = None
    claims: str | None = None
    identity: Identity | None = None
    """Who the client is proven to be."""

    def __post_init__(self) -> None:
        self.catalog = HubCatalog()
        self.name = "chat"
        if self.hub is not None:
            self.catalog.add_hub(describe_hub(self.hub))
            self.name = self.hub.hub_definition.name
        self.dispatcher = Dispatcher(detailed_errors=self.detailed_errors)

    def register(self, function: Callable[..., Any], **trigger: Any) -> "Bench":
        """Let a function run for an event of the hub `chat`."""
        named: dict[str, Any] = {"hub": "chat", "category": "messages", "event": "run"}
        described = Trigger(**(named | trigger))
        self.catalog.add_function(describe_function(function, described), None)
        return self

    def call(self, category: str, event: str, body: bytes) -> Call:
        """Read one event."""
        tracing_id = self.headers.get("x-asrs-message-tracing-id")
        read = UpstreamEvent(
            connection_id="c1",
            hub=self.name,
            category=category,
            event=event,
            protocol=self.protocol,
            user_id="ann",
            query=self.query,
            claims=self.claims,
            tracing_id=tracing_id,
        )
        headers = [(name.encode(), value.encode("latin-1")) for name, value in self.headers.items()]
        service = ServiceSide(self.sender, self._identify, _redirect)
        return read_call(self.catalog.find(read), read, body, [*read.to_headers(), *headers], service)

    def _identify(self, _claims: MultiMap, _event: UpstreamEvent) -> Identity | None:
        return self.identity

    def message(self, target: str, arguments: Any = (), invocation_id: str | None = "7") -> Call:
        body = invocation_body(Invocation(target, arguments, invocation_id), self.protocol)
        return self.call(Category.MESSAGES, target, body)

    async def connect(self) -> UpstreamAnswer:
        return await self.dispatcher.answer(self.call(Category.CONNECTIONS, CONNECTED, connected_body()))

    async def disconnect(self, error: str | None = None) -> UpstreamAnswer:
        body = disconnected_body(error)
        return await self.dispatcher.answer(self.call(Category.CONNECTIONS, DISCONNECTED, body))

    async def send(self, target: str, *arguments: Any) -> UpstreamAnswer:
        """Call a method without waiting for a completion."""
        return await self.dispatcher.answer(self.message(target, arguments, None))

    async def ask(self, target: str, *arguments: Any) -> UpstreamAnswer:
        """Call a method and wait for its completion."""
        return await self.dispatcher.answer(self.message(target, arguments))

    async def completion(self, target: str, *arguments: Any) -> Completion:
        return completion_in(await self.ask(target, *arguments), self.protocol)

    async def result(self, target: str, *arguments: Any) -> Any:
        """Return the decoded result of a call that succeeds."""
        completion = await self.completion(target, *arguments)
        assert completion.error is None, completion.error
        return self.protocol.decode_value(completion.result)

    async def error(self, target: str, *arguments: Any) -> str:
        """Return the error of a call that fails."""
        completion = await self.completion(target, *arguments)
        assert completion.error is not None
        return completion.error


def _redirect(negotiation: Negotiation) -> SignalRConnectionInfo:
    return SignalRConnectionInfo(url="https://service.example", accessToken=negotiation.user_id or "anybody")


def completion_in(answer: UpstreamAnswer, protocol: HubProtocol = JSON) -> Completion:
    """Return the completion that is the whole body of `answer`."""
    (payload,) = protocol.splitter(1 << 24).feed(answer.body)
    message = protocol.decode(payload)
    assert isinstance(message, Completion)
    return message
