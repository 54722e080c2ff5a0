"""Groups of connections and users over the REST API, with real clients."""

from urllib.parse import parse_qs, quote, urlsplit

import pytest

from tests.service.rest_bench import RestBench, rest_bench
from tests.service.rest_client import Answer, RestClient


async def members(rest: RestClient, query: str = "", group: str = "g") -> Answer:
    return await rest.request("GET", f"/hubs/chat/groups/{group}/connections", query)


async def following(rest: RestClient, link: str) -> Answer:
    """Ask for the next page as an SDK does: for the link, with nothing added."""
    parts = urlsplit(link)
    path = parts.path.partition("/api")[2]
    assert link.startswith(rest.url)
    return await rest.request("GET", path, parts.query, version=None)


async def test_a_connection_joins_and_leaves_one_group_or_all() -> None:
    async with rest_bench() as bench, bench.person("ann") as ann:
        path = f"/hubs/chat/groups/g/connections/{ann.id}"
        for _ in range(2):
            answer = await bench.rest.request("PUT", path)
            assert answer.json == {"statusCode": 200, "level": "Info", "scope": "Connection", "isSuccess": True}
        assert (await members(bench.rest)).json == {"value": [{"connectionId": ann.id, "userId": "ann"}]}
        for _ in range(2):
            assert (await bench.rest.request("DELETE", path)).status == 200
        assert (await members(bench.rest)).json == {"value": []}
        await bench.rest.request("PUT", path)
        for _ in range(2):
            assert (await bench.rest.request("DELETE", f"/hubs/chat/connections/{ann.id}/groups")).status == 200
        assert (await members(bench.rest)).json == {"value": []}


@pytest.mark.requirement("rest.idempotent")
async def test_an_unknown_connection_cannot_join_which_sdks_take_for_success() -> None:
    async with rest_bench() as bench:
        answer = await bench.rest.request("PUT", "/hubs/chat/groups/g/connections/unknown")
        assert (answer.status, answer.code) == (404, "Error.Connection.NotExisted")
        assert answer.json == {"code": "Error.Connection.NotExisted", "message": "the connection is not open"}


@pytest.mark.requirement("rest.idempotent")
@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("DELETE", "/groups/g/connections/unknown", 200),
        ("DELETE", "/connections/unknown/groups", 200),
        ("DELETE", "/connections/unknown", 200),
        ("PUT", "/users/unknown/groups/g", 200),
        ("DELETE", "/users/unknown/groups/g", 204),
        ("DELETE", "/users/unknown/groups", 204),
        ("POST", "/users/unknown/:closeConnections", 204),
        ("POST", "/groups/unknown/:closeConnections", 204),
        ("POST", "/:closeConnections", 204),
    ],
)
async def test_what_is_done_to_unknown_names_succeeds(method: str, path: str, status: int) -> None:
    async with rest_bench() as bench:
        answer = await bench.rest.request(method, f"/hubs/chat{path}")
        assert (answer.status, answer.code) == (status, None)


async def in_group(bench: RestBench, method: str = "HEAD") -> bool:
    answer = await bench.rest.request(method, "/hubs/chat/users/ann/groups/g")
    assert (answer.status, answer.code) in {(200, None), (404, "Info.User.NotInGroup")}
    return answer.status == 200


@pytest.mark.requirement("service.user-groups.later")
async def test_a_user_joins_before_any_client_connects_and_their_later_connections_do() -> None:
    async with rest_bench() as bench:
        assert not await in_group(bench)
        answer = await bench.rest.request("PUT", "/hubs/chat/users/ann/groups/g", "ttl=100")
        assert answer.json == {"statusCode": 200, "level": "Info", "scope": "User", "isSuccess": True}
        assert await in_group(bench)
        assert await in_group(bench, "GET")
        async with bench.person("ann") as ann:
            await bench.rest.send("/groups/g", "news", [1])
            await ann.hears(1)
            assert (await bench.rest.request("DELETE", "/hubs/chat/users/ann/groups/g")).status == 204
            assert (await members(bench.rest)).json == {"value": []}
        assert not await in_group(bench)


@pytest.mark.requirement("rest.ttl")
async def test_with_a_ttl_of_zero_only_the_connections_that_are_open_join() -> None:
    async with rest_bench() as bench, bench.person("ann") as first:
        await bench.rest.request("PUT", "/hubs/chat/users/ann/groups/g", "ttl=0")
        async with bench.person("ann"):
            assert (await members(bench.rest)).json == {"value": [{"connectionId": first.id, "userId": "ann"}]}
        assert (await bench.rest.request("DELETE", "/hubs/chat/users/ann/groups")).status == 204
        assert (await members(bench.rest)).json == {"value": []}


@pytest.mark.requirement("rest.ttl")
@pytest.mark.parametrize("ttl", ["-1", "1.5", "x", "+1", "2147483648", "%D9%A1"])
async def test_a_ttl_that_is_no_number_of_seconds_is_400(ttl: str) -> None:
    async with rest_bench() as bench:
        answer = await bench.rest.request("PUT", "/hubs/chat/users/ann/groups/g", f"ttl={ttl}")
        assert (answer.status, answer.code) == (400, "Error.Request.Invalid")
        assert answer.message == "ttl has to be a whole number from 0 to 2147483647"


@pytest.mark.requirement("rest.head", "rest.error-codes")
@pytest.mark.parametrize("method", ["HEAD", "GET"])
@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("/connections/{}", "Warning.Connection.NotExisted"),
        ("/users/ann", "Warning.User.NotExisted"),
        ("/groups/g", "Warning.Group.NotExisted"),
    ],
)
async def test_what_is_not_there_is_404_with_its_own_code_until_it_is(method: str, path: str, code: str) -> None:
    async with rest_bench() as bench:
        answer = await bench.rest.request(method, f"/hubs/chat{path.format('unknown')}")
        assert (answer.status, answer.code) == (404, code)
        assert (answer.body == b"") == (method == "HEAD")
        async with bench.person("ann") as ann:
            await bench.rest.request("PUT", f"/hubs/chat/groups/g/connections/{ann.id}")
            answer = await bench.rest.request(method, f"/hubs/chat{path.format(ann.id)}")
            assert (answer.status, answer.code, answer.body) == (200, None, b"")


@pytest.mark.requirement("rest.paging")
async def test_pages_lead_to_each_other_until_all_members_have_been_seen() -> None:
    async with rest_bench() as bench, bench.person("ann") as ann, bench.person() as ben, bench.person() as cy:
        ids = [ann.id, ben.id, cy.id]
        for connection_id in ids:
            await bench.rest.request("PUT", f"/hubs/chat/groups/a%2Fb/connections/{connection_id}")
        page = (await members(bench.rest, "maxPageSize=2", "a%2Fb")).json
        link: str = page["nextLink"]
        assert len(page["value"]) == 2
        assert urlsplit(link).path == "/_signalr/api/hubs/chat/groups/a%2Fb/connections"
        last = (await following(bench.rest, link)).json
        assert "nextLink" not in last
        assert sorted(member["connectionId"] for member in page["value"] + last["value"]) == sorted(ids)
        assert {"connectionId": ben.id} in page["value"] + last["value"]


@pytest.mark.requirement("rest.paging")
async def test_top_counts_down_from_page_to_page() -> None:
    async with rest_bench() as bench, bench.person() as ann, bench.person() as ben, bench.person() as cy:
        for person in (ann, ben, cy):
            await bench.rest.request("PUT", f"/hubs/app_chat/groups/g/connections/{person.id}")
            await bench.rest.request("PUT", f"/hubs/chat/groups/g/connections/{person.id}")
        page = (await members(bench.rest, "maxpagesize=1&top=2&application=")).json
        link: str = page["nextLink"]
        query = parse_qs(urlsplit(link).query)
        assert len(query.pop("continuationToken")) == 1
        assert query == {"maxpagesize": ["1"], "top": ["1"], "api-version": ["2024-12-01"]}
        last = (await following(bench.rest, link)).json
        assert len(page["value"]) == len(last["value"]) == 1
        assert "nextLink" not in last
        assert "nextLink" not in (await members(bench.rest, "top=3")).json


@pytest.mark.parametrize(
    ("query", "complaint"),
    [
        ("maxpagesize=0", "maxpagesize has to be a whole number from 1 to 200"),
        ("maxpagesize=201", "maxpagesize has to be a whole number from 1 to 200"),
        ("top=0", "top has to be a whole number from 1 to 2147483647"),
        ("top=2&TOP=3", "the query has more than one top"),
        ("continuationToken=elsewhere", "the continuation token is not from here"),
    ],
)
async def test_a_page_that_cannot_be_is_400(query: str, complaint: str) -> None:
    async with rest_bench() as bench:
        answer = await members(bench.rest, query)
        assert (answer.status, answer.code) == (400, "Error.Request.Invalid")
        assert complaint in answer.message


@pytest.mark.parametrize("name", ["a/b", "ü %", ":send", "..", "api", "hubs", "x" * 1024, "?#&"])
async def test_ids_may_have_any_character(name: str) -> None:
    text = quote(name, safe="")
    async with rest_bench() as bench, bench.person() as ann:
        assert (await bench.rest.request("PUT", f"/hubs/chat/groups/{text}/connections/{ann.id}")).status == 200
        assert (await bench.rest.send(f"/groups/{text}", "news", [name])).status == 202
        await ann.hears(name)
        assert (await bench.rest.request("PUT", f"/hubs/chat/users/{text}/groups/{text}")).status == 200
        assert (await bench.rest.request("HEAD", f"/hubs/chat/users/{text}/groups/{text}")).status == 200
