"""HTTP/1.1 for uvicorn: what its own protocol class on httptools does, with less work for each request.

Any app is served as ASGI says. A request for a WebSocket takes the line over to the class that uvicorn has for those.
"""

import asyncio
import contextvars
import logging
from collections import deque
from collections.abc import Callable
from typing import Any, cast

from uvicorn import Config
from uvicorn.server import ServerState

from serverless_hub.clock import SystemClock
from serverless_hub.server.access import log_access, who
from serverless_hub.server.addresses import client_of, server_of
from serverless_hub.server.http_answer import EventCycle
from serverless_hub.server.http_cycle import AnyCycle, Cycle, unavailable
from serverless_hub.server.http_request import Origin, RequestError, RequestReader
from serverless_hub.server.http_response import Head, complete_response, lines_of
from serverless_hub.service.asgi import App, Scope
from serverless_hub.service.deadline import Deadline
from serverless_hub.service.direct_events import Answering, DirectApp

__all__ = ["HttpProtocol"]

_logger = logging.getLogger("uvicorn.error")
_access_logger = logging.getLogger("uvicorn.access")
_TRACE = 5
"""The level at which uvicorn logs the lines that come and go."""
_MOST_HEAD = 65_536
"""How many bytes a head may have, unless uvicorn was given a limit."""
_NO_HEADERS = Head()


class HttpProtocol(asyncio.Protocol):
    """One line, with its requests one behind the other; uvicorn makes it.

    Args:
        config: of the server.
        server_state: what it shares among its lines.
        app_state: what the app's lifespan has yielded.
        _loop: the event loop, where it is not the running one.
    """

    __slots__ = (
        "_access_log",
        "_app",
        "_app_state",
        "_config",
        "_connections",
        "_default_head",
        "_default_headers",
        "_direct",
        "_idle",
        "_limit",
        "_loop",
        "_newest",
        "_read_paused",
        "_reader",
        "_running",
        "_server_state",
        "_stopping",
        "_tasks",
        "_waiting",
        "_writable",
        "transport",
        "write_paused",
    )

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        if not config.loaded:
            config.load()
        self._config = config
        self._app = cast("App", cast("Any", config).loaded_app)
        self._limit = config.limit_concurrency
        self._access_log = _access_logger.hasHandlers()
        self._direct = self._direct_way()
        self._server_state = server_state
        self._connections = cast("set[object]", server_state.connections)
        self._tasks = server_state.tasks
        self._app_state = app_state
        self._loop = _loop or asyncio.get_running_loop()
        self._idle = Deadline(SystemClock(), config.timeout_keep_alive, self._idle_too_long)
        self._default_headers: object = None
        self._default_head = _NO_HEADERS
        self._reader: RequestReader
        self._newest: AnyCycle | None = None
        self._running: AnyCycle | None = None
        self._waiting: deque[Cycle] = deque()
        self._stopping = False
        self._read_paused = False
        self._writable: asyncio.Event | None = None
        self.transport: asyncio.Transport
        self.write_paused: bool = False
        """Whether the client reads less than it is written."""

    # What asyncio calls

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin; the client speaks first."""
        self.transport = cast("asyncio.Transport", transport)  # That of uvloop is one by its methods only.
        self._connections.add(self)
        config = self._config
        origin = Origin(
            server=server_of(transport),
            client=client_of(transport),
            scheme="https" if transport.get_extra_info("sslcontext") else "http",
            root_path=config.root_path,
            asgi_version=config.asgi_version,
            state=self._app_state,
        )
        self._reader = RequestReader(
            self,
            origin,
            takes_websockets=config.ws_protocol_class is not None,
            whole_posts=self._direct is not None,
            most_head=config.h11_max_incomplete_event_size or _MOST_HEAD,
        )
        self._trace("HTTP connection made")

    def data_received(self, data: bytes) -> None:
        """Take bytes of the client."""
        self._idle.rest()
        try:
            handshake = self._reader.feed(data)
        except RequestError as error:
            self._refuse(error)
            return
        if handshake:
            self._hand_over(handshake)

    def eof_received(self) -> None:
        """Let the line end."""

    def pause_writing(self) -> None:
        """Know that the client does not read."""
        self.write_paused = True

    def resume_writing(self) -> None:
        """Know that it does."""
        self.write_paused = False
        if self._writable is not None:
            self._writable.set()
            self._writable = None

    def connection_lost(self, exc: Exception | None) -> None:
        """End."""
        del exc
        self._connections.discard(self)
        self._trace("HTTP connection lost")
        for cycle in (self._running, *self._waiting):
            if cycle is not None:
                cycle.disconnect()
        self._waiting.clear()
        self.resume_writing()
        self._idle.stop()
        self._reader.close()

    # What uvicorn calls

    def shutdown(self) -> None:
        """Close once what has been asked is answered: the server stops."""
        self._stopping = True
        if self._newest is None:
            self.transport.close()
        else:
            self._newest.keep_alive = False

    # What the reader of requests uses (`Requests`)

    def begin(self, scope: Scope, *, keep_alive: bool, expects_continue: bool) -> Cycle:
        """Take a request whose head is complete; it is answered behind those that came before it."""
        app = self._app
        if self._is_full:
            _logger.warning("Exceeded concurrency limit.")
            app = unavailable
        cycle = Cycle(self, app, scope, keep_alive=keep_alive and not self._stopping, expects_continue=expects_continue)
        self._newest = cycle
        if self._running is None:
            self._start(cycle)
        else:
            self.pause_reading()
            self._waiting.append(cycle)
        return cycle

    def answer(self, scope: Scope, body: bytes, *, keep_alive: bool) -> bool:
        """Take a request that has come whole, if it is an event that can be answered directly; tell whether it is."""
        if self._running is not None or self._direct is None or self._is_full or not self.default_head().is_plain:
            return False
        answering = self._direct(scope)
        if answering is None:
            return False
        cycle = EventCycle(self, answering(body), keep_alive=keep_alive and not self._stopping)
        self._newest = cycle
        self._start(cycle)
        return True

    def pause_reading(self) -> None:
        """Do not read for now."""
        if not self._read_paused:
            self._read_paused = True
            self.transport.pause_reading()

    # What a cycle uses (`Line`)

    def read_on(self) -> None:
        """Read again, where reading was paused."""
        if self._read_paused:
            self._read_paused = False
            self.transport.resume_reading()

    async def drained(self) -> None:
        """Wait until the client has read enough, or is gone."""
        if self._writable is None:
            self._writable = asyncio.Event()
        await self._writable.wait()

    def default_headers(self) -> list[tuple[bytes, bytes]]:
        """Return the headers of every response."""
        return self._server_state.default_headers

    def default_head(self) -> Head:
        """Return the lines of the headers of every response, which uvicorn makes anew each second."""
        headers = self._server_state.default_headers
        if headers is not self._default_headers:
            self._default_headers, self._default_head = headers, lines_of(headers)
        return self._default_head

    def log_access(self, scope: Scope, status: int) -> None:
        """Log a request that is answered."""
        if self._access_log:
            log_access(scope, status)

    def soon(self, cycle: Cycle) -> None:
        """Flush the cycle when the event loop has come round."""
        self._loop.call_soon(cycle.flush)

    def responded(self) -> None:
        """Go on to the next request: this one is answered."""
        self._server_state.total_requests += 1
        self._running = None
        if not self._waiting:
            self._newest = None
        if self.transport.is_closing():
            return
        self.read_on()
        if self._waiting:
            self._start(self._waiting.popleft())
        else:
            self._idle.restart()

    def ended(self, cycle: AnyCycle) -> None:
        """Forget the task of a cycle, which is over."""
        self._tasks.discard(cycle.task)

    @property
    def _is_full(self) -> bool:
        limit = self._limit
        return limit is not None and (len(self._connections) >= limit or len(self._tasks) >= limit)

    def _direct_way(self) -> Callable[[Scope], Answering | None] | None:
        """Return how events are answered without a call of the app, where nobody has to see each of them."""
        app: object = self._config.app  # as it was given: uvicorn wraps it in what may change `client` and `scheme`
        is_seen = (self._access_log and _access_logger.isEnabledFor(logging.INFO)) or _logger.isEnabledFor(_TRACE)
        return app.direct if isinstance(app, DirectApp) and not is_seen else None

    def _start(self, cycle: AnyCycle) -> None:
        self._running = cycle
        if self._config.reset_contextvars:
            task = self._loop.create_task(cycle.run(), context=contextvars.Context())
        else:
            task = self._loop.create_task(cycle.run())
        cycle.task = task
        self._tasks.add(task)

    def _refuse(self, error: RequestError) -> None:
        _logger.warning(error.text)
        if self._running is None or not self._running.flush():
            self.transport.write(complete_response(error.status, self._server_state.default_headers, error.text))
        self.transport.close()

    def _hand_over(self, handshake: bytes) -> None:
        if self._running is not None:  # The line cannot be both.
            self._refuse(RequestError(400, "Invalid HTTP request received."))
            return
        self._trace("Upgrading to WebSocket")
        self._connections.discard(self)
        self._idle.stop()
        self._reader.close()
        make = cast("Any", self._config.ws_protocol_class)
        protocol = make(config=self._config, server_state=self._server_state, app_state=self._app_state)
        protocol.connection_made(self.transport)
        protocol.data_received(handshake)
        self.transport.set_protocol(protocol)

    def _idle_too_long(self) -> None:
        self.transport.close()

    def _trace(self, event: str) -> None:
        if _logger.isEnabledFor(_TRACE):
            client = who(client_of(self.transport))
            _logger.log(_TRACE, "%s%s", f"{client} - " if client else "", event)
