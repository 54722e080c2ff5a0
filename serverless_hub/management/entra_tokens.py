"""Tokens of Microsoft Entra for the REST API, fetched once for all who need one."""

import asyncio

from serverless_hub.clock import Clock, limit
from serverless_hub.errors import ConfigurationError, ServiceError, ServiceTimeoutError, UnauthorizedError
from serverless_hub.management.azure_credentials import ClosableCredential, azure_credential
from serverless_hub.management.send_options import AsyncTokenCredential, Token
from serverless_hub.protocol.endpoint import Credential

__all__ = ["SCOPE", "EntraTokens"]

SCOPE = "https://signalr.azure.com/.default"
"""Whom the tokens are for (azure-signalr Constants.cs, `AsrsDefaultScope`)."""

_RENEWED_BEFORE_END = 300
"""Seconds, as azure-core does it."""
_FETCH_SECONDS = 30.0
"""Credentials try one source after the other."""


class EntraTokens:
    """Keeps the token of a credential until shortly before its end.

    Args:
        credential: one that gives tokens, which whoever made it closes; or the name of one, which is made when the
            first token is needed, and closed with this.
        clock: tells when a token ends.
    """

    def __init__(self, credential: AsyncTokenCredential | Credential, clock: Clock) -> None:
        self._credential = credential
        self._clock = clock
        self._own: ClosableCredential | None = None
        self._token: Token | None = None
        self._fetching: asyncio.Task[Token] | None = None

    async def get(self, audience: str) -> str:
        """Return a token, which is the same for every `audience`.

        Raises:
            UnauthorizedError: the credential gives none.
            ServiceTimeoutError: it does not give one in time.
            ConfigurationError: there can be no such credential.
        """
        del audience
        token, now = self._token, self._clock.time()
        if token is None or now >= token.expires_on - _RENEWED_BEFORE_END:
            try:
                token = await self._fetched()
            except ServiceError:
                if token is None or now >= token.expires_on:
                    raise
        return token.token

    async def close(self) -> None:
        """Give up what is being fetched, and close the credential if it was made here."""
        if self._fetching is not None:
            self._fetching.cancel()
            await asyncio.wait([self._fetching])
        own, self._own = self._own, None
        if own is not None:
            await own.close()

    async def _fetched(self) -> Token:
        """Fetch a token; who waits for it may be cancelled without ending that for the others."""
        if self._fetching is None:
            self._fetching = asyncio.create_task(self._fetch())
            self._fetching.add_done_callback(self._finished)
        fetching = self._fetching
        await asyncio.wait([fetching])
        if fetching.cancelled():
            raise UnauthorizedError("the client was closed while it fetched a token of Microsoft Entra")
        self._token = fetching.result()
        return self._token

    def _finished(self, fetching: asyncio.Task[Token]) -> None:
        self._fetching = None
        if not fetching.cancelled():
            fetching.exception()  # Whoever waited may be gone.

    async def _fetch(self) -> Token:
        try:
            async with limit(self._clock, _FETCH_SECONDS):
                credential = await self._usable_credential()
                return await credential.get_token(SCOPE)
        except ConfigurationError:
            raise
        except TimeoutError:
            raise ServiceTimeoutError(
                f"Microsoft Entra gave no token within {_FETCH_SECONDS:g} seconds: check whether it can be reached",
                retry_is_safe=True,
            ) from None
        except Exception as error:  # noqa: BLE001 - a credential may raise anything
            # Not chained: what it says may hold a secret.
            raise UnauthorizedError(
                f"Microsoft Entra gave no token ({type(error).__name__}): check the identity that the connection "
                "string names; the log of azure.identity says more",
                retry_is_safe=True,
            ) from None

    async def _usable_credential(self) -> AsyncTokenCredential:
        if not isinstance(self._credential, Credential):
            return self._credential
        if self._own is None:
            self._own = await asyncio.to_thread(azure_credential, self._credential)
        return self._own
