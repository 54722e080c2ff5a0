"""Claims of `reference/rest-api.md`."""

import ast
import re
from datetime import timedelta
from typing import Any

import pytest

from serverless_hub import HubContext, ServiceSettings
from serverless_hub.management import JoinGroup
from serverless_hub.protocol.rest import (
    API_VERSION,
    API_VERSIONS,
    MAX_BODY_BYTES,
    MAX_GROUP_NAME,
    MAX_PAGE_SIZE,
    ErrorCode,
)
from serverless_hub.protocol.tokens import MAX_TOKEN_LENGTH
from serverless_hub.service.client_calls import MAX_WAITING
from serverless_hub.service.odata_tokens import MAX_LENGTH
from serverless_hub.service.odata_values import FUNCTIONS, ORDER
from serverless_hub.service.rest_limits import MAX_HEADER_BYTES, MAX_URL_BYTES
from serverless_hub.service.rest_routes import ROUTES
from tests.docs.pages import blocks, cells, page, pages
from tests.management.swagger import check
from tests.management.wire import KEY, OK, answer, listening
from tests.rest_api.documents import DOCUMENTS, LATEST, OFFICIAL, V1, operations
from tests.service.rest_bench import rest_bench

REST = page("reference/rest-api.md")
SECTIONS = ["Messages", "Connections", "Groups", "Service"]
ROWS = [row for heading in SECTIONS for row in list(cells("reference/rest-api.md", heading))[1:]]
VALUES: dict[str, Any] = {
    "target": "news",
    "arguments": [1],
    "connection_id": "c1",
    "connection_ids": ["c2"],
    "user_id": "ann",
    "group": "g",
    "ttl": 60,
    "reason": "bye",
    "stream_id": "s",
    "item": 1,
    "error": "broken",
    "commands": [JoinGroup("g")],
    "only": "userId eq null",
    "lifetime": timedelta(minutes=5),
}
ANSWERS = {
    "/:invoke": answer(200, {"result": 1}),
    "/:generateToken": answer(200, {"token": "x"}),
    "/groups/{group}/connections": answer(200, {"value": []}),
    "/api/auth/accessKey": answer(200, {"KeyId": "1", "AccessKey": "x"}),
}


def operation_of(row: list[str]) -> tuple[str, str]:
    """Return method and whole path, without the names in it."""
    method, _, path = row[0].strip("`").partition(" ")
    whole = path if path.startswith("/api") else f"/api/hubs/{{hub}}{path}"
    return method, re.sub(r"\{\w+\}", "{}", whole)


def evaluated(node: ast.AST, values: dict[str, Any]) -> Any:
    """Return the value of a call as the page writes it: names, attributes and calls."""
    match node:
        case ast.Name():
            return values[node.id]
        case ast.Attribute():
            return getattr(evaluated(node.value, values), node.attr)
        case ast.Call():
            given: list[Any] = []
            for argument in node.args:
                if isinstance(argument, ast.Starred):
                    given += evaluated(argument.value, values)
                else:
                    given.append(evaluated(argument, values))
            named = {str(keyword.arg): evaluated(keyword.value, values) for keyword in node.keywords}
            return evaluated(node.func, values)(*given, **named)
        case _:
            raise AssertionError(ast.dump(node))


def test_every_operation_of_both_files_has_a_row_and_its_status() -> None:
    shown = {operation_of(row): row[2] for row in ROWS}
    assert len(shown) == len(ROWS)
    assert shown.keys() == operations(DOCUMENTS[LATEST]).keys()
    for name in (OFFICIAL, LATEST):
        for key, operation in operations(DOCUMENTS[name]).items():
            assert [shown[key]] == [status for status in operation["responses"] if status.startswith("2")]


def test_every_row_says_since_when_it_is_there() -> None:
    since = {
        (method, re.sub(r"\{\w+\}", "{}", path)): operation.since
        for path, methods in ROUTES.items()
        for method, operation in methods.items()
    }
    for row in ROWS:
        assert row[3] == since[operation_of(row)]
    official = {operation_of(row) for row in ROWS if row[3] == OFFICIAL}
    assert official == operations(DOCUMENTS[OFFICIAL]).keys()


CALLS = [(row, call) for row in ROWS for call in re.findall(r"`([^`]+)`", row[1])]


@pytest.mark.requirement("rest-client.operations")
@pytest.mark.parametrize(("row", "call"), CALLS, ids=[call for _, call in CALLS])
async def test_a_call_in_python_is_the_operation_in_its_row(row: list[str], call: str) -> None:
    reply = next((reply for path, reply in ANSWERS.items() if row[0].strip("`").endswith(path)), OK)
    async with (
        listening(reply) as wire,
        HubContext.from_connection_string(f"Endpoint={wire.url};AccessKey={KEY};", "chat") as chat,
    ):
        outcome: Any = evaluated(ast.parse(call, mode="eval").body, VALUES | {"chat": chat})
        if hasattr(outcome, "__aiter__"):
            assert [member async for member in outcome] == []
        else:
            await outcome
    [request] = wire.requests
    method, path = operation_of(row)
    assert request.method == method
    assert re.fullmatch(re.escape(path).replace(r"\{\}", "[^/]+"), request.path)
    assert check(request)


def test_every_row_has_a_call() -> None:
    assert [row[0] for row in ROWS if not row[1].startswith("`chat.")] == []


def test_the_error_codes_are_those_of_the_code() -> None:
    shown = [row[0].strip("`") for row in list(cells("reference/rest-api.md", "Error codes"))[1:]]
    assert sorted(shown) == sorted(value for name, value in vars(ErrorCode).items() if name.isupper())


def test_the_numbers_are_those_of_the_code() -> None:
    limits = [row[1] for row in list(cells("reference/rest-api.md", "Limits"))[1:]]
    numbers = [int(found[0]) for limit in limits if (found := re.match(r"\d+", limit))]
    assert numbers == [128, MAX_GROUP_NAME, 100, MAX_PAGE_SIZE, 2**31 - 1, MAX_WAITING]
    assert f"{ServiceSettings().invoke_timeout:g} seconds" in limits[5]
    assert f"The largest body is {MAX_BODY_BYTES // 2**20} MiB." in REST
    assert f"at most {MAX_URL_BYTES // 1024} KiB, the headers at most {MAX_HEADER_BYTES // 1024} KiB" in REST
    assert f"not longer than {MAX_TOKEN_LENGTH} characters" in REST
    assert f"At most {MAX_LENGTH} characters" in REST


def test_the_versions_and_the_words_of_filters_are_those_of_the_code() -> None:
    assert f"{', '.join(API_VERSIONS[:-1])} and {API_VERSION}, else the answer is 400" in REST
    assert f"A `HubContext` asks for {API_VERSION}." in REST
    _, _, section = REST.partition("## Filters")
    words = set(re.findall(r"`(\w+)`", section.partition("##")[0]))
    assert words >= {*ORDER, *FUNCTIONS, "eq", "ne", "and", "or", "not", "in"}


async def test_requests_are_refused_in_the_order_of_the_table() -> None:
    """Mend one thing after the other; what is still wrong does not show before its turn."""
    send, long, headers = "/hubs/a-b/:send", "x" * 12 * 1024, {"X-Long": "x" * 16 * 1024}
    large, plain = b"x" * (MAX_BODY_BYTES + 1), {"Content-Type": "text/plain"}
    async with rest_bench() as bench:
        request = bench.rest.request
        answers = [
            await request("GET", "/hubs/a-b", long, headers=headers, token=None),
            await request("GET", send, long, headers=headers, token=None),
            await request("POST", send, long, data=large, headers=headers, token=None),
            await request("POST", send, data=large, headers=headers, token=None),
            await request("POST", send, data=large, headers=plain, token=None),
            await request("POST", send, data=large, headers=plain),
            await request("POST", "/hubs/chat/:send", data=large, headers=plain),
            await request("POST", "/hubs/chat/:send", data=b"x", headers=plain),
            await request("POST", "/hubs/chat/:send", data=b"x"),
        ]
        assert (await request("POST", "/hubs/chat/:send", body={"target": "x"})).status == 202
    shown = [row[1] for row in list(cells("reference/rest-api.md", "Order of checks"))[1:]]
    assert [reply.status for reply in answers] == [int(status) for cell in shown for status in cell.split(", ")]


async def test_bodies_and_answers_are_as_shown() -> None:
    commands, accepted, refused = (
        block.text for block in blocks(pages()["reference/rest-api.md"]) if block.language == "json"
    )
    async with rest_bench() as bench:
        reply = await bench.rest.request(
            "POST", "/hubs/chat/:execute", data=commands.encode(), headers={"Content-Type": "application/json"}
        )
        assert reply.status == 202
        assert (await bench.rest.send("/groups/g", "news")).body.decode() == accepted.strip()
        reply = await bench.rest.request("PUT", "/hubs/chat/users/ann/groups/g", "ttl=-1")
        assert (reply.status, reply.body.decode()) == (400, refused.strip())


async def test_the_first_version_has_the_paths_of_the_page() -> None:
    described = operations(DOCUMENTS[V1])
    for path in ("", "/users/{}", "/groups/{}", "/connections/{}"):
        assert ("POST", f"/api/v1/hubs/{{}}{path}") in described
    assert ("PUT", "/api/v1/hubs/{}/groups/{}/users/{}") in described
    assert [path for _, path in described if ":" in path] == []
