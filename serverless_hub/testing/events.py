"""The events that reach an app in a test: which are on their way, and what the app answered."""

from collections.abc import Iterable

from serverless_hub.clock import Clock
from serverless_hub.embedded import EmbeddedService
from serverless_hub.protocol.upstream import CONNECTED, UpstreamEvent, read_event
from serverless_hub.service.asgi import App, Message, Receive, Scope, Send
from serverless_hub.service.bell import Bell
from serverless_hub.testing.transcript import Transcript

__all__ = ["Events", "WatchedService"]


class Events:
    """Watches upstream events.

    Args:
        transcript: is told of each.
        bell: rings when something changes.
    """

    def __init__(self, transcript: Transcript, bell: Bell) -> None:
        self._transcript = transcript
        self._bell = bell
        self._connected: set[str] = set()
        self.running: int = 0
        """How many the app has not answered."""
        self.names: dict[str, str] = {}
        """What the test calls a connection, by its id."""

    def has_connected(self, connection_id: str) -> bool:
        """Tell whether the app has answered the event `connected` of a connection."""
        return connection_id in self._connected

    def watched(self, app: App) -> App:
        """Return `app` as one whose events are seen here."""

        async def serve(scope: Scope, receive: Receive, send: Send) -> None:
            answer = _Answer(self, read_event(scope["headers"]), send)
            self.running += 1
            try:
                await app(scope, receive, answer.send)
            finally:
                answer.end()

        return serve

    def answered(self, event: UpstreamEvent, status: int | None) -> None:
        """Note the end of an event; without a status, the app has failed."""
        self.running -= 1
        if event.event == CONNECTED:
            self._connected.add(event.connection_id)
        name = self.names.get(event.connection_id, event.connection_id)
        answer = "failed in the app" if status is None else f"answered with {status}"
        self._transcript.note(name, f"event {event.event} {answer}")
        self._bell.ring()


class _Answer:
    def __init__(self, events: Events, event: UpstreamEvent, send: Send) -> None:
        self._events = events
        self._event = event
        self._send = send
        self._status: int | None = None
        self._ended = False

    async def send(self, message: Message) -> None:
        await self._send(message)
        if message["type"] == "http.response.start":
            self._status = message["status"]
        elif not message.get("more_body", False):
            self.end()

    def end(self) -> None:
        if not self._ended:
            self._ended = True
            self._events.answered(self._event, self._status)


class WatchedService(EmbeddedService):
    """An embedded service whose events are watched."""

    events: Events

    @classmethod
    def in_place_of(cls, service: object, clock: Clock, events: Events) -> "WatchedService":
        """Return a service like `service` where that is an embedded one, else one with the usual settings.

        Args:
            service: what the app was given.
            clock: what all timers ask.
            events: is told of what reaches the app.
        """
        made = service.remade(cls, clock) if isinstance(service, EmbeddedService) else cls(clock=clock)
        made.events = events
        return made

    async def start(self, app: App, path: str, hubs: Iterable[str]) -> None:
        """Post events to `app`, watched."""
        await super().start(self.events.watched(app), path, hubs)
