"""Who posts events: the SignalR service, as its signature, its Entra token and the code in the URL prove."""

import hmac
from urllib.parse import parse_qs, quote

from starlette.types import Scope

from serverless_hub.errors import ConfigurationError, TokenError
from serverless_hub.management.remote_service import RemoteService
from serverless_hub.protocol.secret import check_secret
from serverless_hub.protocol.signature import verify_connection
from serverless_hub.protocol.upstream import UpstreamEvent
from serverless_hub.routing.entra import EntraVerifier
from serverless_hub.routing.services import Services

__all__ = ["Authentication"]


class Authentication:
    """Every proof that is configured has to be there.

    Args:
        services: whose access keys have signed the connection id.
        code: what `?code=` has to be, if anything.
        entra: verifies the service's Entra token, if it has to send one; one in this process has none, and signs with
            a key that nobody else has.

    Raises:
        ConfigurationError: a code that can be guessed.
    """

    def __init__(self, services: Services, code: str | None, entra: EntraVerifier | None) -> None:
        check_secret("upstream_code", code)
        self._services = services
        self._code = code
        self._entra = entra

    @property
    def query(self) -> str:
        """What the URL of events has to end in."""
        return "" if self._code is None else f"?code={quote(self._code, safe='')}"

    def check(self, all_sign: bool) -> None:
        """Raise `ConfigurationError` unless there is at least one proof for every service.

        Args:
            all_sign: whether all of them sign their events.
        """
        has_others = self._code is not None or self._entra is not None
        if not has_others and not all_sign:
            raise ConfigurationError(
                "a SignalR endpoint without access key cannot sign its events: say HubRouter(..., "
                "entra=EntraAuthentication(...)), or HubRouter(..., upstream_code=...)"
            )

    def verify(self, event: UpstreamEvent, scope: Scope) -> None:
        """Return if signature and code prove that the event comes from the service; it may need a token, too.

        Raises:
            TokenError: they do not; the text says what is missing and nothing of what was there.
            ConfigurationError: there is no service yet.
        """
        # The first and the second part of a client's own token are a connection id whose signature is the third part.
        if "." in event.connection_id:
            raise TokenError("a connection id has no dot")
        keys = self._services.signing_keys(event.key[0])
        if keys is not None and not verify_connection(event.connection_id, event.signature, keys):
            raise TokenError("no valid signature of the connection id")
        if self._code is not None:
            _verify_code(scope["query_string"], self._code)

    def needs_token(self, event: UpstreamEvent) -> bool:
        """Tell whether an event is not proven before `verify_token`."""
        return self._verifier_of(event) is not None

    async def verify_token(self, event: UpstreamEvent, scope: Scope) -> None:
        """Return if the Entra token of a request is the service's, where it needs one.

        Raises:
            TokenError: it is not.
        """
        verifier = self._verifier_of(event)
        if verifier is not None:
            values = [value.decode("latin-1") for name, value in scope["headers"] if name == b"authorization"]
            await verifier.verify(values)

    def _verifier_of(self, event: UpstreamEvent) -> EntraVerifier | None:
        return None if self._entra is None or self._is_local(event) else self._entra

    def _is_local(self, event: UpstreamEvent) -> bool:
        """Tell whether the event can only come from a service in this process, which has no Entra identity."""
        return not any(isinstance(service, RemoteService) for service in self._services.proving(event.key[0]))


def _verify_code(query: bytes, code: str) -> None:
    codes = parse_qs(query.decode("latin-1")).get("code", [])
    if len(codes) != 1 or not hmac.compare_digest(codes[0].encode(), code.encode()):
        raise TokenError("no valid code in the query")
