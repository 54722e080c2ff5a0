"""One event that has come whole, and its answer: written at once, without the messages of ASGI."""

import asyncio
import logging
from collections.abc import Coroutine
from http import HTTPStatus
from typing import Any

from serverless_hub.protocol.upstream_answer import UpstreamAnswer
from serverless_hub.server.http_cycle import Line
from serverless_hub.server.http_response import Head, complete_response, head_of, lines_of

__all__ = ["EventCycle"]

_logger = logging.getLogger("uvicorn.error")
_OK = HTTPStatus.OK


class EventCycle:
    """Made for each event that is answered directly (`serverless_hub.service.direct_events`).

    Args:
        line: what it came on.
        answering: gives the answer.
        keep_alive: whether the client wants the line to be kept.
    """

    __slots__ = ("_answering", "_line", "disconnected", "keep_alive", "task")

    def __init__(self, line: Line, answering: Coroutine[Any, Any, UpstreamAnswer], *, keep_alive: bool) -> None:
        self._line = line
        self._answering = answering
        self.keep_alive: bool = keep_alive
        """Whether the line is kept after the response."""
        self.disconnected: bool = False
        self.task: asyncio.Task[None]
        """What `run` runs in."""

    def disconnect(self) -> None:
        """Know that the client is gone."""
        self.disconnected = True

    def flush(self) -> bool:
        """Return whether the client has got any of the response: it is written whole."""
        return False

    async def run(self) -> None:
        """See that the event has an answer."""
        line = self._line
        try:
            await self._write(self._response(await self._answering, line.default_head()))
        except BaseException:  # As with uvicorn, an app that is cancelled has failed, too.
            _logger.exception("Exception in ASGI application\n")
            self.keep_alive = False
            await self._write(complete_response(500, line.default_headers(), "Internal Server Error"))
        finally:
            line.ended(self)

    async def _write(self, response: bytes) -> None:
        line = self._line
        if line.write_paused and not self.disconnected:
            await line.drained()
        if self.disconnected:
            return
        line.transport.write(response)
        if not self.keep_alive:
            line.transport.close()
        line.responded()

    def _response(self, answer: UpstreamAnswer, default: Head) -> bytes:
        if answer.status is _OK and answer.error_code is None and self.keep_alive:
            return b"HTTP/1.1 200 OK\r\n%bcontent-length: %d\r\ncontent-type: %b\r\n\r\n%b" % (
                default.lines,
                len(answer.body),
                answer.media_type.encode(),
                answer.body,
            )
        head = lines_of(answer.to_headers(), default)
        return head_of(answer.status, head, closes=not self.keep_alive, has_body=True) + answer.body
