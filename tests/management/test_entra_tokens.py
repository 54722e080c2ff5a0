"""Tokens of Microsoft Entra: fetched when needed, once for all, and never shown."""

import asyncio
import sys
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from serverless_hub.clock import SystemClock
from serverless_hub.errors import ConfigurationError, ServiceTimeoutError, UnauthorizedError
from serverless_hub.http_client import HttpClient
from serverless_hub.management.azure_credentials import azure_credential
from serverless_hub.management.entra_tokens import EntraTokens
from serverless_hub.management.rest_sender import RestSender
from serverless_hub.management.send_options import SendOptions
from serverless_hub.management.service_client import ServiceClient
from serverless_hub.protocol.endpoint import Credential, Endpoint
from tests.management.wire import answer, client_of, listening
from tests.support.clock import ManualClock, settle


@dataclass(frozen=True)
class Given:
    token: str
    expires_on: int


@dataclass
class FakeCredential:
    """Gives numbered tokens that live an hour, unless it has to fail or to wait."""

    clock: ManualClock
    scopes: list[str] = field(default_factory=list[str])
    failure: Exception | None = None
    gate: asyncio.Event | None = None

    async def get_token(self, *scopes: str) -> Given:
        self.scopes += scopes
        if self.gate is not None:
            await self.gate.wait()
        if self.failure is not None:
            raise self.failure
        return Given(f"token-{len(self.scopes)}", int(self.clock.now) + 3600)


def identity_endpoint(url: str) -> Endpoint:
    return Endpoint(url, credential=Credential(kind="default"), client_url=url, server_url=url)


@pytest.mark.requirement("rest-client.identity")
async def test_a_token_of_the_credential_goes_with_each_request() -> None:
    clock = ManualClock()
    credential = FakeCredential(clock)
    async with listening() as wire:
        endpoint = identity_endpoint(wire.url)
        async with client_of(endpoint, clock, credential=credential) as client:
            sender = RestSender(endpoint, "chat", client)
            for user in ("ann", "bob"):
                await sender.exists("users", user)
    assert [request.headers["authorization"] for request in wire.requests] == ["Bearer token-1"] * 2
    assert credential.scopes == ["https://signalr.azure.com/.default"]


@pytest.mark.parametrize("status", [401, 403])
async def test_an_identity_that_is_not_taken_needs_a_role(status: int) -> None:
    clock = ManualClock()
    async with listening(answer(status)) as wire:
        endpoint = identity_endpoint(wire.url)
        async with client_of(endpoint, clock, credential=FakeCredential(clock)) as client:
            with pytest.raises(UnauthorizedError, match="SignalR REST API Owner") as failure:
                await RestSender(endpoint, "chat", client).exists("users", "ann")
    assert "token-1" not in str(failure.value)


@pytest.mark.requirement("rest-client.identity")
async def test_a_token_is_fetched_again_shortly_before_its_end() -> None:
    clock = ManualClock()
    tokens = EntraTokens(FakeCredential(clock), clock)
    assert await tokens.get("") == "token-1"
    await clock.advance(3299)
    assert await tokens.get("") == "token-1"
    await clock.advance(1)
    assert await tokens.get("") == "token-2"


async def test_a_token_that_still_holds_is_used_when_there_is_no_new_one() -> None:
    clock = ManualClock()
    credential = FakeCredential(clock)
    tokens = EntraTokens(credential, clock)
    await tokens.get("")
    credential.failure = OSError()
    await clock.advance(3400)
    assert await tokens.get("") == "token-1"
    await clock.advance(200)
    with pytest.raises(UnauthorizedError):
        await tokens.get("")


@pytest.mark.requirement("rest-client.identity")
async def test_all_who_wait_share_one_fetch_and_one_may_leave() -> None:
    clock = ManualClock()
    credential = FakeCredential(clock, gate=asyncio.Event())
    tokens = EntraTokens(credential, clock)
    waiting = [asyncio.create_task(tokens.get("")) for _ in range(5)]
    await settle()
    waiting[0].cancel()
    await settle()
    assert credential.gate is not None
    credential.gate.set()
    assert await asyncio.gather(*waiting[1:]) == ["token-1"] * 4
    assert waiting[0].cancelled()


async def test_a_failure_of_the_credential_is_not_quoted_and_not_remembered() -> None:
    clock = ManualClock()
    credential = FakeCredential(clock, failure=RuntimeError("s3cret"))
    tokens = EntraTokens(credential, clock)
    with pytest.raises(UnauthorizedError, match=r"no token \(RuntimeError\)") as failure:
        await tokens.get("")
    assert "s3cret" not in str(failure.value)
    assert failure.value.__cause__ is None
    assert failure.value.__suppress_context__
    credential.failure = None
    assert await tokens.get("") == "token-2"


async def test_a_failure_that_nobody_waits_for_is_no_noise() -> None:
    clock = ManualClock()
    credential = FakeCredential(clock, failure=RuntimeError(), gate=asyncio.Event())
    tokens = EntraTokens(credential, clock)
    waiting = asyncio.create_task(tokens.get(""))
    await settle()
    waiting.cancel()
    assert credential.gate is not None
    credential.gate.set()
    await settle()
    assert waiting.cancelled()
    await tokens.close()


async def test_a_credential_that_hangs_is_given_up() -> None:
    clock = ManualClock()
    tokens = EntraTokens(FakeCredential(clock, gate=asyncio.Event()), clock)
    waiting = asyncio.create_task(tokens.get(""))
    await settle()
    await clock.advance(31)
    with pytest.raises(ServiceTimeoutError, match="within 30 seconds"):
        await waiting


async def test_closing_ends_a_fetch() -> None:
    clock = ManualClock()
    tokens = EntraTokens(FakeCredential(clock, gate=asyncio.Event()), clock)
    waiting = asyncio.create_task(tokens.get(""))
    await settle()
    await tokens.close()
    with pytest.raises(UnauthorizedError, match="closed"):
        await waiting


@pytest.mark.requirement("rest-client.identity.credential")
@pytest.mark.parametrize(
    ("credential", "name"),
    [
        (Credential(kind="default"), "DefaultAzureCredential"),
        (Credential(kind="default", client_id="c"), "DefaultAzureCredential"),
        (Credential(kind="managed_identity"), "ManagedIdentityCredential"),
        (Credential(kind="managed_identity", client_id="c"), "ManagedIdentityCredential"),
        (
            Credential(kind="application", client_id="c", tenant_id="t", client_secret="s3cret"),
            "ClientSecretCredential",
        ),
    ],
)
async def test_a_connection_string_names_a_credential_of_azure(credential: Credential, name: str) -> None:
    made = azure_credential(credential)
    assert type(made).__name__ == name
    await made.close()


@pytest.mark.parametrize("content", [None, b"no certificate s3cret"])
async def test_a_credential_that_azure_does_not_take_is_named(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "cert.pem"
    if content is not None:
        path.write_bytes(content)
    credential = Credential(kind="application", client_id="c", tenant_id="t", client_cert_path=str(path))
    tokens = EntraTokens(credential, SystemClock())
    with pytest.raises(ConfigurationError, match="ClientCertPath") as failure:
        await tokens.get("")
    assert "s3cret" not in str(failure.value)
    await tokens.close()


async def test_a_managed_identity_is_asked_once_and_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    """The real credential, against the address at which App Service answers."""
    given = {"access_token": "token-1", "expires_on": "1764097731", "resource": "r", "token_type": "Bearer"}
    async with listening(answer(200, given, Content_Type="application/json")) as wire:
        monkeypatch.setenv("IDENTITY_ENDPOINT", f"{wire.url}/token")
        monkeypatch.setenv("IDENTITY_HEADER", "header")
        tokens = EntraTokens(Credential(kind="managed_identity"), ManualClock())
        assert [await tokens.get(""), await tokens.get("")] == ["token-1"] * 2
        await tokens.close()
        await tokens.close()
        await wire.wait_until_alone()
    [request] = wire.requests
    assert ("resource", "https://signalr.azure.com") in request.query


async def test_a_credential_that_fails_is_asked_again_and_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    async with listening(answer(400), answer(400)) as wire:
        monkeypatch.setenv("IDENTITY_ENDPOINT", f"{wire.url}/token")
        monkeypatch.setenv("IDENTITY_HEADER", "header")
        tokens = EntraTokens(Credential(kind="managed_identity"), ManualClock())
        for _ in range(2):
            with pytest.raises(UnauthorizedError, match="no token"):
                await tokens.get("")
        await tokens.close()
        await wire.wait_until_alone()


@pytest.mark.requirement("rest-client.identity.credential")
async def test_without_the_extra_the_error_names_it(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in sys.modules if name == "azure" or name.startswith("azure.")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "azure.identity", None)
    with pytest.raises(ConfigurationError, match=r"pip install 'serverless-hub\[azure\]'"):
        azure_credential(Credential(kind="default"))


async def test_an_access_key_goes_before_a_credential() -> None:
    clock = ManualClock()
    credential = FakeCredential(clock)
    async with listening() as wire:
        endpoint = Endpoint(wire.url, "k" * 32, client_url=wire.url, server_url=wire.url)
        async with client_of(endpoint, clock, credential=credential) as client:
            await RestSender(endpoint, "chat", client).exists("users", "ann")
    assert credential.scopes == []


@pytest.mark.parametrize("seconds", [0, -1, float("inf"), float("nan")])
def test_a_timeout_without_sense_is_refused(seconds: float) -> None:
    with pytest.raises(ConfigurationError, match="timeout"):
        SendOptions(timeout=seconds)


def test_nothing_is_opened_or_imported_before_the_first_request() -> None:
    ServiceClient(identity_endpoint("https://name.invalid"), HttpClient(), SystemClock(), SendOptions())
