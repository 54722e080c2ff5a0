"""Temporary access keys of a service that gives some."""

import pytest

from serverless_hub.clock import SystemClock
from serverless_hub.errors import InvalidArgumentError, ServiceError, UnauthorizedError
from serverless_hub.http_client import HttpClient
from serverless_hub.management.access_keys import AccessKey
from serverless_hub.management.hub_context import HubContext
from serverless_hub.management.remote_service import RemoteService
from tests.management.wire import KEY, answer, endpoint_at, listening


def hub_at(url: str) -> HubContext:
    return HubContext.from_connection_string(f"Endpoint={url};AccessKey={KEY};", "chat")


@pytest.mark.requirement("rest-client.access-key")
async def test_a_key_is_asked_for_with_a_token_and_is_not_shown() -> None:
    async with listening(answer(200, {"AccessKey": "s3cret", "KeyId": "k1"})) as wire, hub_at(wire.url) as hub:
        key = await hub.access_key()
    assert key == AccessKey("k1", "s3cret")
    assert "s3cret" not in repr(key)
    (request,) = wire.requests
    assert (request.method, request.target) == ("GET", "/api/auth/accessKey?api-version=2024-12-01")


@pytest.mark.parametrize(("status", "kind"), [(200, ServiceError), (403, UnauthorizedError)])
async def test_an_answer_without_a_key_is_an_error(status: int, kind: type[ServiceError]) -> None:
    async with listening(answer(status, {"AccessKey": 7})) as wire, hub_at(wire.url) as hub:
        with pytest.raises(kind):
            await hub.access_key()


async def test_a_key_is_for_one_endpoint() -> None:
    async with listening(answer(200, {"AccessKey": "s3cret", "KeyId": "k1"})) as east, listening() as west:
        http = HttpClient()
        service = RemoteService([endpoint_at(east.url), endpoint_at(west.url)], http, SystemClock())
        await http.open()
        with pytest.raises(InvalidArgumentError, match="for one endpoint"):
            await service.access_key()
        assert (await service.access_key([east.url])).id == "k1"
        await service.stop()
        await http.close()
