"""`serverless-hub upstream-settings`: what a service is told of an app's hubs."""

import json
import shlex
from typing import Any

import pytest

from serverless_hub.cli.upstream_templates import FORMATS, UpstreamItem
from serverless_hub.service.settings_file import read_settings
from tests.cli.app_folder import CHAT, WriteModule
from tests.cli.command import Ran, command

URL = "https://app.example.com"
NEWS = """
@router.trigger(hub="news", event="publish", connection="NewsConnection")
async def publish(context: str) -> None: ...
"""
ENTRA = """
from serverless_hub import EntraAuthentication

_ID = "00000000-0000-0000-0000-000000000001"
entra = EntraAuthentication(tenant_id=_ID, audience="api://chat", callers=_ID)
"""
GUARDED = ENTRA + CHAT.replace(
    "HubRouter(Chat, ", 'HubRouter(Chat, prefix="/rt", entra=entra, application="shop", '
).replace("default_service", 'upstream_code="a-code-of-sixteen-characters", default_service')


async def settings(write_module: WriteModule, text: str, *options: str) -> Ran:
    folder = write_module("chat_app", text)
    return await command("upstream-settings", "chat_app:app", "--url", URL, "--app-dir", str(folder), *options)


@pytest.mark.requirement("process.upstream-settings")
async def test_the_commands_of_the_azure_cli_name_the_hubs_and_the_url(write_module: WriteModule) -> None:
    ran = await settings(write_module, CHAT)
    mode, upstream = ran.stdout.replace("\\\n", "").splitlines()
    assert "--service-mode Serverless" in mode
    assert shlex.split(upstream)[:3] == ["az", "signalr", "upstream"]
    template = shlex.split(upstream)[shlex.split(upstream).index("--template") + 1 :]
    assert template == [
        f"url-template={URL}/runtime/webhooks/signalr",
        "hub-pattern=chat",
        "category-pattern=*",
        "event-pattern=*",
    ]
    assert ran.stderr == "Set SIGNALR and GROUP to the names of the service and its resource group first.\n"


@pytest.mark.requirement("process.upstream-settings")
async def test_a_template_of_the_resource_manager_has_them_too(write_module: WriteModule) -> None:
    ran = await settings(write_module, CHAT, "--format", "arm")
    (resource,) = json.loads(ran.stdout)["resources"]
    assert (resource["type"], resource["apiVersion"]) == ("Microsoft.SignalRService/signalR", "2024-03-01")
    assert resource["properties"] == {
        "features": [{"flag": "ServiceMode", "value": "Serverless"}],
        "upstream": {
            "templates": [
                {
                    "urlTemplate": f"{URL}/runtime/webhooks/signalr",
                    "hubPattern": "chat",
                    "categoryPattern": "*",
                    "eventPattern": "*",
                }
            ]
        },
    }
    assert "identity" not in resource
    assert "This is the whole resource" in ran.stderr


@pytest.mark.requirement("process.upstream-settings")
async def test_so_has_bicep(write_module: WriteModule) -> None:
    text = (await settings(write_module, CHAT, "--format", "bicep")).stdout
    assert "resource signalr 'Microsoft.SignalRService/signalR@2024-03-01' = {" in text
    assert f"          urlTemplate: '{URL}/runtime/webhooks/signalr'\n" in text
    assert "    capacity: 1\n" in text
    assert text.count("{") == text.count("}")


def test_what_bicep_would_take_for_its_own_is_escaped() -> None:
    text = FORMATS["bicep"]([UpstreamItem("https://x/it's/${a}\\", ["chat"])])
    assert "urlTemplate: 'https://x/it\\'s/\\${a}\\\\'" in text


@pytest.mark.requirement("process.upstream-settings")
@pytest.mark.parametrize("url", [URL, "http://localhost:8000"])
async def test_our_own_service_takes_the_settings_of_the_emulator(url: str, write_module: WriteModule) -> None:
    ran = await settings(write_module, CHAT, "--format", "emulator", "--url", url)
    rules = read_settings(ran.stdout.encode(), lambda _: None)
    assert rules is not None
    found = rules.find("chat", "messages", "sendMessage")
    assert found is not None
    assert found.template.shown == f"{url}/runtime/webhooks/signalr"
    assert rules.find("other", "messages", "sendMessage") is None
    assert ran.stderr == ""


async def test_the_proofs_that_an_app_wants_are_part_of_it(write_module: WriteModule) -> None:
    ran = await settings(write_module, GUARDED, "--format", "emulator")
    (template,) = json.loads(ran.stdout)["UpstreamSettings"]["Templates"]
    assert template["UrlTemplate"] == f"{URL}/rt/runtime/webhooks/signalr?code=YOUR-CODE"
    assert template["HubPattern"] == "shop_chat"
    assert template["Auth"] == {"Type": "ManagedIdentity", "ManagedIdentity": {"Resource": "api://chat"}}
    assert "a-code-of-sixteen-characters" not in ran.stdout + ran.stderr
    assert "Put the upstream_code of the HubRouter in the place of YOUR-CODE." in ran.stderr


async def test_the_azure_cli_sets_an_identity_by_way_of_the_resource(write_module: WriteModule) -> None:
    ran = await settings(write_module, GUARDED)
    mode, identity, resource = ran.stdout.replace("\\\n", "").splitlines()
    assert "--service-mode Serverless" in mode
    assert "identity assign" in identity
    (setting,) = [word for word in shlex.split(resource) if word.startswith("properties.upstream.templates=")]
    (template,) = json.loads(setting.partition("=")[2])
    assert template["auth"]["managedIdentity"] == {"resource": "api://chat"}


async def test_a_template_gives_the_service_an_identity_where_the_app_wants_its_token(
    write_module: WriteModule,
) -> None:
    ran = await settings(write_module, GUARDED, "--format", "arm")
    (resource,) = json.loads(ran.stdout)["resources"]
    assert resource["identity"] == {"type": "SystemAssigned"}


async def test_hubs_of_several_services_are_written_one_service_at_a_time(write_module: WriteModule) -> None:
    def hubs(ran: Ran) -> Any:
        return json.loads(ran.stdout)["UpstreamSettings"]["Templates"][0]["HubPattern"]

    first = await settings(write_module, CHAT + NEWS, "--format", "emulator")
    assert hubs(first) == "chat"
    assert "say --connection with one of AzureSignalRConnectionString, NewsConnection" in first.stderr
    second = await settings(write_module, CHAT + NEWS, "--format", "emulator", "--connection", "NewsConnection")
    assert hubs(second) == "news"
    none = await settings(write_module, CHAT + NEWS, "--connection", "Other")
    assert none.code == 2
    assert "no hub has the connection 'Other'" in none.complaint


async def test_an_url_without_encryption_is_named(write_module: WriteModule) -> None:
    ran = await settings(write_module, CHAT, "--url", "http://app.example.com")
    assert "http://app.example.com is not encrypted" in ran.stderr


@pytest.mark.parametrize("url", ["app.example.com", "https://app.example.com?x=1"])
async def test_what_is_no_url_is_refused(url: str, write_module: WriteModule) -> None:
    ran = await settings(write_module, CHAT, "--url", url)
    assert ran.code == 2
    assert "--url is not an http(s) URL" in ran.complaint
