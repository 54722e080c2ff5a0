"""What a client's request says, before anything is done for it."""

import logging
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from urllib.parse import parse_qs

from serverless_hub.errors import TokenError
from serverless_hub.protocol.client_info import write_query
from serverless_hub.protocol.client_token import ClientIdentity, TransportName
from serverless_hub.protocol.endpoint import HUB_NAME
from serverless_hub.service.asgi import Headers, Scope
from serverless_hub.service.auth import authenticate, bearer_token

__all__ = ["ClientRequest", "Refusal", "allowed_transports", "read_request"]


class Refusal(Exception):  # noqa: N818 - an answer, not an error
    """A request that is answered with `status`; the text is for our log and holds no secret."""

    def __init__(
        self, status: HTTPStatus, reason: str, *, retry_after: int | None = None, ordinary: bool = False
    ) -> None:
        super().__init__(reason)
        self.status = status
        self.log_level = logging.INFO if ordinary else logging.WARNING
        """How much it matters; ordinary is what happens whenever clients leave or the service stops."""
        self.headers: Headers = [] if retry_after is None else [(b"retry-after", str(retry_after).encode())]
        """What the answer has besides: after how many seconds another try may work."""


@dataclass(frozen=True, slots=True)
class ClientRequest:
    """Who wants to connect to which hub."""

    hub: str
    """In lower case."""
    identity: ClientIdentity
    parameters: Mapping[str, list[str]]
    """Of the query."""
    public_query: str | None
    """The query as the app may see it."""

    def parameter(self, name: str) -> str | None:
        """Return the first value of a parameter."""
        return next(iter(self.parameters.get(name, [])), None)

    @property
    def token(self) -> str | None:
        """The secret of the connection that it is about."""
        return self.parameter("id")

    def check_transport(self, name: TransportName, offered: Collection[TransportName]) -> None:
        """Refuse a client that may not connect like this, as ASP.NET Core does.

        Raises:
            Refusal: 404 unless both `offered` and its token have this transport.
        """
        if name not in allowed_transports(self.identity, offered):
            raise Refusal(HTTPStatus.NOT_FOUND, f"the settings or its token do not let the client connect by {name}")


def allowed_transports(identity: ClientIdentity, offered: Collection[TransportName]) -> list[TransportName]:
    """Return which of the `offered` transports a client may use."""
    return [name for name in offered if identity.transports is None or name in identity.transports]


def read_request(scope: Scope, keys: Sequence[str], now: float, *, token_in_query: bool) -> ClientRequest:
    """Read hub and identity, and take the secrets out of the query in `scope`, since servers log it.

    Raises:
        Refusal: 400 without exactly one hub, 401 without a token for it.
    """
    query: bytes = scope["query_string"]
    public_query = write_query(query.decode("latin-1"))
    scope["query_string"] = (public_query or "").removeprefix("?").encode()
    parameters = parse_qs(query.decode("latin-1"))
    hubs = parameters.get("hub", [])
    if len(hubs) != 1 or not HUB_NAME.fullmatch(hubs[0]):
        raise Refusal(HTTPStatus.BAD_REQUEST, "the query needs one valid hub name")
    hub = hubs[0].lower()
    try:
        token = bearer_token(scope["headers"], query, in_query=token_in_query)
        identity = authenticate(token, hub, keys, now)
    except TokenError as error:
        raise Refusal(HTTPStatus.UNAUTHORIZED, str(error)) from error
    return ClientRequest(hub, identity, parameters, public_query)
