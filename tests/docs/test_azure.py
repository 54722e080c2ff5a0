"""Claims of `how-to/azure.md` and of `how-to/rotate-keys.md`."""

import os
import signal
import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import aiohttp
import pytest
from fastapi import FastAPI

from examples.snippets import on_azure, rotation
from serverless_hub.protocol.identity import IDENTITY_CLAIM
from serverless_hub.protocol.tokens import unverified_claims
from tests.docs.pages import page
from tests.support.client import negotiate
from tests.support.entra import OBJECT, TENANT, SigningKey, issuing
from tests.support.server import serving
from tests.support.upstream import KEY, Caller

AZURE = page("how-to/azure.md")
CODE = "a code of sixteen or more"
RESOURCE = "api://chat"
NEW_KEY = "newer-newer-newer-newer-newer-32"


def connection_string(name: str, key: str = KEY) -> str:
    return f"Endpoint=https://{name}.service.signalr.net;AccessKey={key};Version=1.0;"


@asynccontextmanager
async def app_on_azure(monkeypatch: pytest.MonkeyPatch) -> AsyncGenerator[tuple[str, dict[str, str]]]:
    """Yield the URL of the page's app, and what its service sends with every event."""
    async with issuing() as issuer:
        settings = {
            "AzureSignalRConnectionString": connection_string("chat"),
            "NewsConnection": connection_string("news", NEW_KEY),
            "TENANT_ID": TENANT,
            "UPSTREAM_RESOURCE": RESOURCE,
            "SIGNALR_IDENTITY": OBJECT,
            "ENTRA_AUTHORITY": issuer.url,
            "UPSTREAM_CODE": CODE,
        }
        for name, value in settings.items():
            monkeypatch.setenv(name, value)
        claims = {"iss": f"{issuer.url}/{TENANT}/v2.0", "aud": RESOURCE, "tid": TENANT, "oid": OBJECT}
        token = SigningKey().token(claims | {"nbf": int(time.time()), "exp": int(time.time()) + 600})
        async with serving(on_azure.create_app()) as url:
            yield url, {"Authorization": f"Bearer {token}"}


async def test_every_proof_that_is_configured_has_to_be_there(monkeypatch: pytest.MonkeyPatch) -> None:
    path = f"/shop_chat/api/messages/echo?code={CODE.replace(' ', '%20')}"
    async with app_on_azure(monkeypatch) as (url, headers):
        service = Caller(url, "shop_chat", path=path, headers=headers)
        assert (await service.invoke("echo", "hi")).result() == "hi"
        for stranger in (
            replace(service, headers={}),
            replace(service, path=path.partition("?")[0]),
            replace(service, key=None),
            replace(service, key=NEW_KEY),
        ):
            assert (await stranger.invoke("echo", "hi")).status == 401


async def test_hubs_are_found_at_their_services_with_the_name_of_the_app_in_front(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with app_on_azure(monkeypatch) as (url, _):
        assert (await negotiate(url, "chat"))["url"] == "https://chat.service.signalr.net/client/?hub=shop_chat"
        assert (await negotiate(url, "news"))["url"] == "https://news.service.signalr.net/client/?hub=shop_news"
    assert "`shop_chat`" in AZURE


@pytest.mark.parametrize(("origin", "allowed"), [("https://www.example.com", True), ("https://example.com", False)])
async def test_only_pages_of_named_origins_may_negotiate(
    origin: str, allowed: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with (
        app_on_azure(monkeypatch) as (url, _),
        aiohttp.ClientSession() as session,
        session.post(f"{url}/chat/negotiate", headers={"Origin": origin}) as response,
    ):
        assert (response.headers.get("Access-Control-Allow-Origin") == origin) is allowed


@pytest.fixture
def secret(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "connection-string"
    path.write_text(connection_string("chat") + "\n", "utf-8")
    monkeypatch.setenv("SIGNALR_SECRET", str(path))
    monkeypatch.setenv("IDENTITY_KEY", "identity-identity-identity-32")
    monkeypatch.setenv("AzureSignalRConnectionString", "replaced")
    return path


def rotate_to(secret: Path, text: str) -> None:
    secret.write_text(text, "utf-8")
    os.kill(os.getpid(), signal.SIGHUP)


async def test_a_signal_rotates_the_key_and_identities_stay(secret: Path) -> None:
    app: FastAPI = rotation.create_app()
    async with serving(app) as url:
        token = (await negotiate(url))["accessToken"]
        headers = {"X-ASRS-User-Claims": f"{IDENTITY_CLAIM}: {unverified_claims(token)[IDENTITY_CLAIM]}"}
        assert (await Caller(url, headers=headers).invoke("whoami")).result() == "ann"
        rotate_to(secret, connection_string("chat", NEW_KEY))
        assert (await Caller(url, headers=headers).invoke("whoami")).status == 401
        assert (await Caller(url, key=NEW_KEY, headers=headers).invoke("whoami")).result() == "ann"


async def test_a_secret_that_is_no_connection_string_leaves_the_old_key_in_force(
    secret: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with serving(rotation.create_app()) as url:
        await negotiate(url)
        rotate_to(secret, "nonsense")
        assert (await Caller(url).invoke("whoami")).status == 200
    assert "AzureSignalRConnectionString" in caplog.text
