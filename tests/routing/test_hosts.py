"""Where clients are sent: to the host that they asked, if it is one of ours."""

import json
from collections.abc import Callable

import pytest

from serverless_hub import EmbeddedService, HubRouter
from tests.routing.caller import Caller, calling
from tests.routing.conftest import Chat
from tests.routing.raw import connection, head

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def negotiate(caller: Caller, host: str) -> tuple[int, str]:
    """Return status and URL, or the error."""
    request = head([("Content-Length", "0")], "/chat/negotiate").replace(b"Host: localhost", f"Host: {host}".encode())
    async with connection(caller.url) as raw:
        status, body = await raw.ask(request)
        answer = json.loads(body)
        return status, answer["url"] if status == 200 else answer["detail"]


@pytest.mark.parametrize(
    "host", ["localhost", "localhost:8000", "LOCALHOST:80", "127.0.0.1:1", "[::1]", "[::1]:8000", "testserver"]
)
async def test_a_host_of_this_machine_is_where_clients_are_sent(caller: Caller, host: str) -> None:
    assert await negotiate(caller, host) == (200, f"http://{host}/_signalr/client/?hub=chat")


@pytest.mark.parametrize("host", ["example.com", "localhost.", "localhost.example.com", "a,localhost", "%6cocalhost"])
async def test_another_host_is_400_and_the_log_says_what_to_set(
    caller: Caller, host: str, problems: Callable[[], list[str]]
) -> None:
    status, detail = await negotiate(caller, host)
    assert (status, detail) == (400, "this host name is not allowed: the server's log says more")
    (problem,) = problems()
    assert problem.startswith(f"refused to negotiate for the host '{host}': if it is yours, say EmbeddedService(")
    assert problem.endswith(f"EmbeddedService(allowed_hosts=['{host}'])")
    assert (await negotiate(caller, "localhost"))[0] == 200


@pytest.mark.parametrize(
    "host",
    ["example.com\\@localhost", "user@localhost", "localhost:80@example.com", "localhost/x", "localhost#x", "[::1", ""],
)
async def test_what_is_no_host_does_not_lead_anywhere_else(caller: Caller, host: str) -> None:
    assert await negotiate(caller, host) == (200, f"{caller.url}/_signalr/client/?hub=chat")


async def test_hosts_can_be_allowed_by_name_or_all() -> None:
    for allowed in (["Example.com"], ["*"]):
        router = HubRouter(Chat, default_service=EmbeddedService(allowed_hosts=allowed))
        async with calling(router) as caller:
            assert await negotiate(caller, "example.COM:1") == (200, "http://example.COM:1/_signalr/client/?hub=chat")


async def test_a_public_url_counts_more_than_any_host() -> None:
    service = EmbeddedService(public_url="https://chat.example.com/x/", allowed_hosts=[])
    async with calling(HubRouter(Chat, default_service=service, prefix="/v1")) as caller:
        request = head([("Content-Length", "0")], "/v1/chat/negotiate")
        async with connection(caller.url) as raw:
            _, body = await raw.ask(request)
        assert json.loads(body)["url"] == "https://chat.example.com/x/v1/_signalr/client/?hub=chat"
