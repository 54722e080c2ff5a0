"""Who may connect: clients that have negotiated, or need not, while there is room for them."""

import logging
import math
from collections.abc import Callable
from http import HTTPStatus
from typing import Any

from serverless_hub.clock import Clock
from serverless_hub.protocol.negotiate import asks_for_stateful_reconnect, negotiate_version, service_answer
from serverless_hub.service.pending import Admission, Admissions, TooManyPendingError
from serverless_hub.service.request import ClientRequest, Refusal, allowed_transports
from serverless_hub.service.settings import ServiceSettings

__all__ = ["Gate"]

_logger = logging.getLogger("serverless_hub.service")


class Gate:
    """Lets clients in.

    Args:
        settings: the limits, and what is offered.
        clock: what the time between negotiate and connect is counted by.
        count: returns how many connections there are.
    """

    def __init__(self, settings: ServiceSettings, clock: Clock, count: Callable[[], int]) -> None:
        self._settings = settings
        self._count = count
        self._admissions = Admissions(
            clock, settings.connect_timeout, settings.max_pending, settings.max_pending_per_user
        )
        self.closed = False
        """Whether nobody is let in, since the service stops."""

    def negotiated(self, request: ClientRequest) -> dict[str, Any]:
        """Return the answer to a negotiate.

        Raises:
            Refusal: 429 when too many of the same user are on their way in; 503 when there is no room, or no longer a
                service.
        """
        self._check_room()
        try:
            version = negotiate_version(request.parameter("negotiateVersion"))
        except ValueError:
            _logger.warning("a client negotiated for a version that is not a number")
            return {"error": "The client requested a non-integer protocol version."}
        transports = allowed_transports(request.identity, self._settings.transports)
        asks = asks_for_stateful_reconnect(version, request.parameter("useStatefulReconnect"))
        stateful = asks and self._settings.stateful_reconnect and "WebSockets" in transports
        try:
            admission = self._admissions.admit(request.hub, request.identity, version, stateful=stateful)
        except TooManyPendingError as error:
            status = HTTPStatus.TOO_MANY_REQUESTS if error.own else HTTPStatus.SERVICE_UNAVAILABLE
            seconds = math.ceil(self._settings.connect_timeout)
            raise Refusal(status, str(error), retry_after=seconds) from error
        return service_answer(version, admission.connection_id, admission.token, transports, stateful=stateful)

    def admitted(self, request: ClientRequest) -> Admission:
        """Return the admission that the id in a request opens; it cannot be opened again.

        Raises:
            Refusal: 404 when there is none, 503 when there is no room, or no longer a service.
        """
        self._check_room()
        admission = self._admissions.take(request.token or "", request.hub, request.identity)
        if admission is None:
            seconds = self._settings.connect_timeout
            raise Refusal(HTTPStatus.NOT_FOUND, f"the id was not given out within the last {seconds:g} seconds")
        return admission

    def admitted_without_id(self, request: ClientRequest) -> Admission:
        """Return an admission for a client that did not negotiate here.

        Raises:
            Refusal: 503 when there is no room, or no longer a service.
        """
        self._check_room()
        try:
            return self._admissions.admit_at_once(request.hub, request.identity)
        except TooManyPendingError as error:
            raise Refusal(HTTPStatus.SERVICE_UNAVAILABLE, str(error)) from error

    def _check_room(self) -> None:
        if self.closed:
            raise Refusal(HTTPStatus.SERVICE_UNAVAILABLE, "the service stops", ordinary=True)
        if self._count() >= self._settings.max_connections:
            raise Refusal(HTTPStatus.SERVICE_UNAVAILABLE, f"there are {self._settings.max_connections} connections")
