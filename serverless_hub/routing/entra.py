"""Verifies the Entra tokens of upstream calls: fetches and keeps the tenant's signing keys."""

import asyncio
import logging
import math
from collections.abc import Mapping, Sequence

from serverless_hub.clock import Clock, limit
from serverless_hub.errors import TokenError
from serverless_hub.http_client import HttpClient, HttpError
from serverless_hub.protocol.entra import EntraAuthentication
from serverless_hub.protocol.entra_documents import MAX_DOCUMENT_BYTES, read_keys, read_metadata
from serverless_hub.protocol.tokens import RsaKey, read_key_id, verify_rsa_token

__all__ = ["EntraVerifier"]

_logger = logging.getLogger("serverless_hub.routing")

_FETCH_SECONDS = 5.0
"""Until metadata and keys have to be there."""
_FRESH_SECONDS = 24 * 3600.0
"""Until keys are fetched again (Microsoft identity platform, `access-tokens.md`, "Validate the signature")."""
_USABLE_SECONDS = 7 * 24 * 3600.0
"""Until keys are no longer believed though none could be fetched since: a withdrawn one must not live forever."""
_UNKNOWN_KEY_SECONDS = 300.0
"""Between a fetch and the next for a key that is not among fresh ones (`signing-key-rollover.md`)."""
_RETRY_SECONDS = 30.0
"""Between a fetch and the next while there are no fresh keys."""


class EntraVerifier:
    """Lets a request pass that has an Entra token of an allowed caller.

    Args:
        settings: whose tokens.
        http: how to fetch keys; whoever made it opens it before this and closes it afterwards.
        clock: tells whether tokens and keys are still valid.
    """

    def __init__(self, settings: EntraAuthentication, http: HttpClient, clock: Clock) -> None:
        self._settings = settings
        self._clock = clock
        self._keys = _SigningKeys(settings, http, clock)

    async def open(self) -> None:
        """Fetch the keys, so that the first event need not wait; a failure is logged, and tried again later."""
        await self._keys.refresh()

    async def close(self) -> None:
        """Stop fetching."""
        await self._keys.close()

    async def verify(self, authorization_header_values: Sequence[str]) -> None:
        """Return if the request may pass.

        Args:
            authorization_header_values: the values of all its `Authorization` headers.

        Raises:
            TokenError: it may not. The text holds nothing of the token.
        """
        token = _bearer_token(authorization_header_values)
        key = await self._keys.find(read_key_id(token))
        self._settings.check_claims(verify_rsa_token(token, key, now=self._clock.time()))


def _bearer_token(values: Sequence[str]) -> str:
    if len(values) != 1:
        raise TokenError(f"the request has {len(values)} Authorization headers instead of one")
    scheme, _, token = values[0].strip().partition(" ")
    if scheme.lower() != "bearer":
        raise TokenError("the Authorization header has no bearer token")
    return token.strip()


class _SigningKeys:
    """The tenant's keys: fetched when they are needed, seldom, and once for all who wait."""

    def __init__(self, settings: EntraAuthentication, http: HttpClient, clock: Clock) -> None:
        self._settings = settings
        self._http = http
        self._clock = clock
        self._keys: Mapping[str, RsaKey] = {}
        self._fetched_at = -math.inf
        self._tried_at = -math.inf
        self._fetching: asyncio.Task[None] | None = None

    async def find(self, key_id: str) -> RsaKey:
        """Return a key; raises `TokenError` when it is not known after a fetch, where one is due."""
        if key_id not in self._keys or not self._younger_than(_FRESH_SECONDS):
            await self.refresh()
        if not self._younger_than(_USABLE_SECONDS):
            raise TokenError("the tenant's signing keys could not be fetched; the log says why")
        key = self._keys.get(key_id)
        if key is None:
            raise TokenError("the token is signed with a key that the tenant does not publish")
        return key

    async def refresh(self) -> None:
        """Fetch the keys, unless that was tried a moment ago; who waits may be cancelled without ending it."""
        if self._fetching is None:
            pause = _UNKNOWN_KEY_SECONDS if self._younger_than(_FRESH_SECONDS) else _RETRY_SECONDS
            if self._clock.monotonic() - self._tried_at < pause:
                return
            self._tried_at = self._clock.monotonic()
            self._fetching = asyncio.create_task(self._fetch())
            self._fetching.add_done_callback(self._finished)
        await asyncio.wait([self._fetching])

    async def close(self) -> None:
        """Give up a fetch that is on its way."""
        if self._fetching is not None:
            self._fetching.cancel()
            await asyncio.wait([self._fetching])

    def _finished(self, _: asyncio.Task[None]) -> None:
        self._fetching = None

    def _younger_than(self, seconds: float) -> bool:
        return self._clock.monotonic() - self._fetched_at < seconds

    async def _fetch(self) -> None:
        try:
            async with limit(self._clock, _FETCH_SECONDS):
                keys_url = read_metadata(await self._get(self._settings.metadata_url), self._settings)
                keys = read_keys(await self._get(keys_url), self._settings)
        except (HttpError, TokenError, TimeoutError, RuntimeError) as error:  # The last: the client is not open.
            self._report(str(error) or f"no answer within {_FETCH_SECONDS:g} seconds")
        else:
            self._keys, self._fetched_at = keys, self._clock.monotonic()

    async def _get(self, url: str) -> bytes:
        headers = {"Accept": "application/json"}
        response = await self._http.request(
            "GET", url, headers=headers, timeout=_FETCH_SECONDS, max_bytes=MAX_DOCUMENT_BYTES
        )
        if response.status != 200:  # noqa: PLR2004 - OK; a redirect is as wrong as an error
            raise HttpError(f"GET {url.partition('?')[0]}: status {response.status}")
        return response.body

    def _report(self, reason: str) -> None:
        usable = self._younger_than(_USABLE_SECONDS)
        consequence = "the known ones stay in use" if usable else "upstream calls are refused"
        _logger.error(
            "could not fetch the signing keys of tenant %s from %s, so %s: %s",
            self._settings.tenant_id,
            self._settings.authority,
            consequence,
            reason,
        )
