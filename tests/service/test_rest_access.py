"""Who may use the REST API, what it says to others, and which tokens it gives out."""

import logging
import time

import pytest
from websockets.asyncio.client import connect

from serverless_hub.protocol.rest_token import rest_claims
from serverless_hub.protocol.tokens import sign_token
from tests.service.rest_bench import KEY, rest_bench
from tests.support.client import Client, websocket_url
from tests.support.client_tokens import client_token

AUDIENCE = "http://localhost/api/hubs/chat/users/ann"
NOW = time.time()


def rest_token(audience: str = AUDIENCE, *, age: float = 0, key: str = KEY, **claims: object) -> str:
    return sign_token(rest_claims(audience, NOW - age, 3600) | claims, key)


@pytest.mark.requirement("rest.audience")
@pytest.mark.parametrize(
    "audience",
    [
        AUDIENCE,
        "https://chat.example.com/_signalr/api/hubs/CHAT/users/ann",
        f"{AUDIENCE}?api-version=2024-12-01",
        f"{AUDIENCE}?api-version=2022-06-01&x=y",
    ],
)
async def test_a_token_for_this_request_is_good_in_each_form(audience: str) -> None:
    async with rest_bench() as bench:
        answer = await bench.rest.request("HEAD", "/hubs/chat/users/ann", token=rest_token(audience))
        assert (answer.status, answer.code) == (404, "Warning.User.NotExisted")


BAD_TOKENS = {
    "none": (None, "no access token"),
    "of a client": (client_token(KEY, now=NOW), "another audience"),
    "for another hub": (rest_token("http://localhost/api/hubs/news/users/ann"), "another audience"),
    "for another user": (rest_token("http://localhost/api/hubs/chat/users/Ann"), "another audience"),
    "for another application": (rest_token(f"{AUDIENCE}?application=app"), "another audience"),
    "for another operation": (rest_token("http://localhost/api/hubs/chat/:send"), "another audience"),
    "of yesterday": (rest_token(age=86400), "expired"),
    "of tomorrow": (rest_token(age=-86400), "not valid yet"),
    "without an end": (rest_token(exp=None), "no usable 'exp'"),
    "without an audience": (rest_token(aud=None), "another audience"),
    "signed with another key": (rest_token(key="a-key-that-nobody-knows"), "another key"),
    "unsigned": ("eyJhbGciOiJub25lIn0.e30.", "another key"),
    "malformed": ("x", "another key"),
    "too long": ("x" * 5000, "longer than 4096"),
}


@pytest.mark.requirement("rest.auth.refused")
@pytest.mark.parametrize(("token", "reason"), BAD_TOKENS.values(), ids=BAD_TOKENS)
async def test_any_other_token_is_401_and_only_the_log_says_why(
    token: str | None, reason: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    async with rest_bench() as bench:
        answer = await bench.rest.request("GET", "/hubs/chat/users/ann", token=token)
        assert answer.status == 401
        assert answer.json == {"code": "Unauthorized", "message": "unauthorized"}
        assert (answer.headers["www-authenticate"], answer.code) == ("Bearer", None)
    (record,) = [record for record in caplog.records if "refused" in record.getMessage()]
    assert record.levelno == logging.WARNING
    assert reason in record.getMessage()
    assert token is None or token not in caplog.text


@pytest.mark.requirement("rest.auth.query")
@pytest.mark.parametrize("query", ["access_token={}", "token={}"])
async def test_a_token_in_the_query_does_not_count(query: str) -> None:
    async with rest_bench() as bench:
        answer = await bench.rest.request("HEAD", "/hubs/chat/users/ann", query.format(rest_token()), token=None)
        assert (answer.status, answer.body) == (401, b"")


@pytest.mark.requirement("rest.auth.first")
@pytest.mark.parametrize(
    ("method", "path", "query"),
    [
        ("POST", "/hubs/not-possible/:send", ""),
        ("PUT", "/hubs/chat/users/ann/groups/g", "ttl=x"),
        ("GET", "/hubs/chat/groups/g/connections", "continuationToken=x"),
        ("POST", "/hubs/chat/connections/c1/:invoke", ""),
        ("GET", "/v1/hubs/chat/users/ann", ""),
    ],
)
async def test_without_a_token_nothing_is_told_about_names_and_values(method: str, path: str, query: str) -> None:
    async with rest_bench() as bench:
        answer = await bench.rest.request(method, path, query, token=None, version=None)
        assert answer.status == 401
        assert b"unauthorized" in answer.body


@pytest.mark.requirement("rest.health")
@pytest.mark.parametrize(("path", "version"), [("/health", "2022-06-01"), ("/health", None), ("/v1/health", None)])
async def test_health_needs_no_token(path: str, version: str | None) -> None:
    async with rest_bench() as bench:
        for method in ("HEAD", "GET"):
            answer = await bench.rest.request(method, path, token=None, version=version)
            assert (answer.status, answer.body) == (200, b"")


@pytest.mark.requirement("rest.accesskey")
@pytest.mark.parametrize(("path", "version"), [("/auth/accessKey", "2024-12-01"), ("/v1/auth/accessKey", None)])
async def test_the_access_key_is_given_to_nobody(path: str, version: str | None) -> None:
    async with rest_bench() as bench:
        for token in (None, ""):
            answer = await bench.rest.request("GET", path, token=token, version=version)
            assert answer.status == 403
            assert b"Microsoft Entra" in answer.body
            assert KEY.encode() not in answer.body


@pytest.mark.requirement("service.generate-token", "rest.generate-token")
@pytest.mark.parametrize(("query", "user"), [("", None), ("userId=", None), ("userId=a%26b&minutesToExpire=5", "a&b")])
async def test_a_generated_token_lets_a_client_in(query: str, user: str | None) -> None:
    async with rest_bench() as bench:
        answer = await bench.rest.request("POST", "/hubs/CHAT/:generateToken", query)
        assert answer.status == 200
        bearer = {"Authorization": f"Bearer {answer.json['token']}"}
        url = websocket_url({"url": f"{bench.rest.url}/client/?hub=chat"})
        async with connect(url, additional_headers=bearer) as socket:
            client = Client(socket)
            assert await client.handshake() == {}
            me = client.result_of(await client.invoke("me"))
            await bench.rest.request("PUT", f"/hubs/chat/groups/g/connections/{me}")
            (member,) = (await bench.rest.request("GET", "/hubs/chat/groups/g/connections")).json["value"]
            assert member.get("userId") == user


@pytest.mark.requirement("rest.generate-token")
@pytest.mark.parametrize(
    ("query", "complaint"),
    [
        ("minutesToExpire=0", "minutesToExpire has to be a whole number from 1"),
        ("minutesToExpire=x", "minutesToExpire has to be a whole number from 1"),
        ("userId=a%0D%0Ab", "control characters"),
        (f"userId={'x' * 5000}", "the access token would have"),
    ],
)
async def test_a_token_that_could_not_be_used_is_not_generated(query: str, complaint: str) -> None:
    async with rest_bench() as bench:
        answer = await bench.rest.request("POST", "/hubs/chat/:generateToken", query)
        assert (answer.status, answer.code) == (400, "Error.Request.Invalid")
        assert complaint.lower() in answer.message.lower()


@pytest.mark.requirement("rest.application")
async def test_an_application_is_a_part_of_the_hub_s_name() -> None:
    async with rest_bench() as bench:
        answer = await bench.rest.request("POST", "/hubs/Chat/:generateToken", "application=App")
        bearer = {"Authorization": f"Bearer {answer.json['token']}"}
        async with connect(
            websocket_url({"url": f"{bench.rest.url}/client/?hub=app_chat"}), additional_headers=bearer
        ) as socket:
            client = Client(socket)
            assert await client.handshake() == {}
            message = {"target": "news", "arguments": [1]}
            await bench.rest.request("POST", "/hubs/chat/:send", body={"target": "other"})
            await bench.rest.request("POST", "/hubs/chat/:send", "application=APP", body=message)
            assert await client.call_of("news") == [1]
