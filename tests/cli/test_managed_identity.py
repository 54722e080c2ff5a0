"""An app that wants the token of the service's managed identity, and the service as a process of its own."""

import json
import time
from pathlib import Path

import pytest
from fastapi import FastAPI

from serverless_hub import EntraAuthentication, HubRouter, ServerlessHub
from serverless_hub.cli.access_key import DEVELOPMENT_KEY
from serverless_hub.service.managed_identity import DEVELOPMENT_OBJECT, DEVELOPMENT_TENANT
from tests.support.client_tokens import client_token
from tests.support.server import listen, serving, url_of
from tests.support.service_process import service_process
from tests.support.standalone import visitor

AUDIENCE = "api://app-in-development"


class Chat(ServerlessHub):
    async def echo(self, text: str) -> str:
        return text


@pytest.mark.parametrize(
    ("auth", "error"),
    [
        ({"Type": "ManagedIdentity", "ManagedIdentity": {"Resource": AUDIENCE}}, None),
        ({"Type": "ManagedIdentity", "ManagedIdentity": {"Resource": "api://other"}}, "status code 401"),
        ({"Type": "None"}, "status code 401"),
    ],
    ids=["the app's audience", "another audience", "no token"],
)
async def test_events_with_a_token_for_the_app_are_taken_and_others_are_not(
    auth: object, error: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    listener, path = listen(), tmp_path / "settings.json"
    url = f"{url_of(listener)}/runtime/webhooks/signalr"
    path.write_text(json.dumps({"UpstreamSettings": {"Templates": [{"UrlTemplate": url, "Auth": auth}]}}))
    async with service_process("--settings", str(path), XDG_STATE_HOME=str(tmp_path / "state")) as service:
        monkeypatch.setenv("AzureSignalRConnectionString", service.connection_string)
        app = FastAPI()
        trusted = EntraAuthentication(DEVELOPMENT_TENANT, AUDIENCE, DEVELOPMENT_OBJECT, authority=service.url)
        HubRouter(Chat, entra=trusted).install(app)
        token = client_token(DEVELOPMENT_KEY, now=time.time())
        async with serving(app, listener), visitor(service.url, token=token) as ann:
            answer = await ann.invoke("echo", "x")
    if error is None:
        assert ann.result_of(answer) == "x"
    else:
        assert error in str(answer.error)
