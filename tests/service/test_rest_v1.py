"""The first version of the REST API: other paths, no `api-version`, no JSON in answers."""

from collections.abc import AsyncGenerator

import pytest
import pytest_asyncio

from tests.service.rest_bench import RestBench, rest_bench

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module", name="bench")
async def shared_bench() -> AsyncGenerator[RestBench]:
    """Yield one for all tests here that leave nothing in it."""
    async with rest_bench() as bench:
        yield bench


@pytest.mark.requirement("rest.v1")
@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("POST", "", 202),
        ("POST", "/users/ben", 202),
        ("POST", "/connections/c1", 202),
        ("POST", "/groups/h", 202),
        ("DELETE", "/connections/c1", 202),
        ("DELETE", "/groups/h/connections/c1", 200),
        ("DELETE", "/users/ben/groups", 200),
        ("PUT", "/groups/h/users/ben", 202),
        ("DELETE", "/groups/h/users/ben", 202),
        ("PUT", "/users/ben/groups/h", 202),
        ("DELETE", "/users/ben/groups/h", 202),
    ],
)
async def test_each_operation_has_its_own_status_and_no_body(
    bench: RestBench, method: str, path: str, status: int
) -> None:
    body = {"Target": "news", "Arguments": None} if method == "POST" else None
    answer = await bench.rest.request(method, f"/v1/hubs/chat{path}", body=body, version=None)
    assert (answer.status, answer.body) == (status, b"")


@pytest.mark.requirement("rest.v1")
async def test_messages_and_memberships_are_those_of_later_versions() -> None:
    async with rest_bench() as bench, bench.person("ann") as ann:
        request, hub = bench.rest.request, "/v1/hubs/chat"
        assert (await request("PUT", f"{hub}/groups/g/connections/{ann.id}", version=None)).status == 200
        assert (await request("PUT", f"{hub}/groups/h/users/ann", "ttl=0", version=None)).status == 202
        for path in ("", "/users/ann", f"/connections/{ann.id}", "/groups/g", "/groups/h"):
            body = {"target": "news", "arguments": [path]}
            assert (await request("POST", hub + path, body=body, version=None)).status == 202
            await ann.hears(path)
        for method in ("GET", "HEAD"):
            for path in (
                "/users/ann",
                f"/connections/{ann.id}",
                "/groups/g",
                "/groups/h/users/ann",
                "/users/ann/groups/h",
            ):
                assert (await request(method, hub + path, version=None)).status == 200


@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize(
    ("path", "code", "text"),
    [
        ("/connections/c1", "Warning.Connection.NotExisted", b"the connection is not open"),
        ("/groups/g", "Warning.Group.NotExisted", b"the group has no connection"),
        ("/users/ann", "Warning.User.NotExisted", b"the user has no connection"),
        ("/groups/g/users/ann", "Info.User.NotInGroup", b"the user is not in the group"),
        ("/users/ann/groups/g", "Info.User.NotInGroup", b"the user is not in the group"),
    ],
)
async def test_what_is_not_there_is_404_in_plain_text(
    bench: RestBench, method: str, path: str, code: str, text: bytes
) -> None:
    answer = await bench.rest.request(method, f"/v1/hubs/chat{path}", version=None)
    assert (answer.status, answer.code) == (404, code)
    assert answer.body == (text if method == "GET" else b"")


@pytest.mark.requirement("rest.v1")
@pytest.mark.parametrize(
    ("path", "query", "text"),
    [
        ("/hubs/a-b", "", b"the name of the hub has to"),
        ("/hubs/chat", "application=1", b"the name of the application has to"),
        ("/hubs/chat/groups/%20", "", b"the name of a group has to"),
        ("/hubs/chat/users/ann", "", b"the message needs a target"),
    ],
)
async def test_what_is_wrong_is_400_in_plain_text(bench: RestBench, path: str, query: str, text: bytes) -> None:
    answer = await bench.rest.request("POST", f"/v1{path}", query, body={}, version=None)
    assert (answer.status, answer.headers["content-type"]) == (400, "text/plain; charset=utf-8")
    assert answer.body.startswith(text)
