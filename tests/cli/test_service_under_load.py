"""`serverless-hub service` with many clients: settings that change, metrics, and logs."""

import asyncio
import json
import signal
import time
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import aiohttp

from serverless_hub.cli.access_key import DEVELOPMENT_KEY
from tests.support.client import Client
from tests.support.client_tokens import client_token
from tests.support.event_app import EventApp
from tests.support.service_process import ServiceProcess, service_process
from tests.support.standalone import visitor


def settings(**urls: str) -> str:
    """Return settings that send the events of each hub to a URL."""
    templates = [{"HubPattern": hub, "UrlTemplate": f"{url}/{{event}}?code=swordfish"} for hub, url in urls.items()]
    return json.dumps({"UpstreamSettings": {"Templates": templates}})


@asynccontextmanager
async def crowd(service: ServiceProcess, number: int, hub: str = "chat") -> AsyncGenerator[list[Client]]:
    token = client_token(DEVELOPMENT_KEY, now=time.time(), hub=hub)
    async with AsyncExitStack() as stack:
        clients = [visitor(service.url, query=f"hub={hub}", token=token) for _ in range(number)]
        yield [await stack.enter_async_context(client) for client in clients]


async def result(client: Client, target: str) -> object:
    completion = await client.invoke(target)
    return completion.error or client.result_of(completion)


async def test_it_follows_its_settings_file_counts_and_logs_for_programs(tmp_path: Path) -> None:
    path, one, two = tmp_path / "settings.json", EventApp("one"), EventApp("two")
    async with one.serving() as first, two.serving() as second:
        path.write_text(settings(chat=first))
        options = (
            "--settings",
            str(path),
            "--metrics",
            "--log-json",
            "--log-level",
            "debug",
            "--explain",
            "chat/messages/a",
        )
        async with service_process(*options) as service, aiohttp.ClientSession() as session:
            assert service.upstream is None
            assert service.said["explained"][0]["url"] == f"{first}/a?…"
            async with crowd(service, 2) as (ann, _), crowd(service, 1, "game") as (ben,):
                assert await result(ann, "echo") == "one"
                assert await result(ben, "echo") == "Invocation failed, status code 404"
                path.write_text(settings(chat=second, game=first))
                async with asyncio.timeout(20):
                    while await result(ann, "echo") != "two":
                        pass
                assert await result(ben, "echo") == "one"
                async with session.get(f"{service.url}/metrics") as answer:
                    text = await answer.text()
                assert 'signalr_server_active_connections{signalr_transport="web_sockets"} 3.0' in text
                assert 'duration_seconds_count{category="messages",outcome="unmatched"} 1.0' in text
            code, said = await service.end(signal.SIGTERM)
    assert code == 0
    assert "swordfish" not in said
    lines = [json.loads(line) for line in said.splitlines()]
    assert all({"time", "level", "logger", "message"} <= line.keys() for line in lines)
    assert any(line["logger"].startswith("uvicorn") for line in lines)
    asked = [line for line in lines if line.get("event") == "echo" and "duration" in line]
    assert {line["hub"] for line in asked} == {"chat", "game"}
    assert {line["connection"] for line in asked} <= {connection for connection, _ in one.events + two.events}
