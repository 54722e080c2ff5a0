"""Claims of `reference/wire-contract.md`."""

from typing import Any

import anyio
from fastapi import FastAPI

from examples.snippets import hooks, post_event, results, upstream
from serverless_hub import EmbeddedService, HubRouter, RateLimit, ServerlessHub
from tests.docs.pages import cells, page
from tests.docs.upstream import KEY, event_headers, post
from tests.support.server import serving

WIRE = page("reference/wire-contract.md")
ADD = {"type": 1, "invocationId": "0", "target": "add", "arguments": [40, 2]}


def app_of(*hubs: type[ServerlessHub], **options: Any) -> FastAPI:
    app = FastAPI()
    HubRouter(*hubs, default_service=EmbeddedService(access_key=KEY), **options).install(app)
    return app


async def test_an_event_by_hand_is_answered_as_shown() -> None:
    async with serving(upstream.app) as url:
        host = url.removeprefix("http://")
        answer = await anyio.to_thread.run_sync(post_event.post_event, host, upstream.ACCESS_KEY)
    assert f"{answer[0]} {answer[1]!r}" in WIRE
    assert answer[1].decode().rstrip("\x1e") in WIRE


async def test_the_checks_come_in_the_order_of_the_table() -> None:
    """Mend one thing after the other; what is still wrong does not show before its turn."""
    options = {"upstream_code": "the code of this test", "max_body_bytes": 100, "max_header_bytes": 2000}
    options |= {"strict_paths": True}
    app = app_of(upstream.Chat, rate_limit=RateLimit(per_second=0.001, burst=4), **options)
    huge, wrong = b"x" * 101, b"x"
    path, coded = "/chat/api/messages/nothing", "/chat/api/messages/nothing?code=the%20code%20of%20this%20test"
    headers = event_headers("chat", "messages", "missing", "busy")
    async with serving(app) as url:
        statuses = [(await post(url, {"X-Large": "x" * 2000}, huge, path, "GET")).status]
        statuses.append((await post(url, {"X-Large": "x" * 2000}, huge, path)).status)
        statuses.append((await post(url, {}, huge, path)).status)
        headers_only = {"Content-Type": "application/json"}
        statuses.append((await post(url, headers_only, huge, path)).status)
        statuses.append((await post(url, headers | {"X-ASRS-Signature": ""}, huge, path)).status)
        statuses.append((await post(url, headers, huge, path)).status)
        for _ in range(4):
            assert (await post(url, headers, huge, coded)).status == 413
        statuses.append((await post(url, headers, huge, coded)).status)
        missing, adding = event_headers("chat", "messages", "missing"), event_headers("chat", "messages", "add")
        statuses.append((await post(url, missing, huge, coded)).status)
        statuses.append((await post(url, missing, wrong, coded)).status)
        statuses.append((await post(url, adding, wrong, coded)).status)
        coded = coded.replace("nothing", "add")
        statuses.append((await post(url, adding, wrong, coded)).status)
        assert (await post(url, event_headers("chat", "messages", "add", "c2"), ADD, coded)).status == 200
    shown = [int(row[-1]) for row in cells("reference/wire-contract.md", "Order of checks")]
    shown.remove(500)  # An app that has not started takes no requests here.
    assert statuses == shown


async def test_both_urls_take_an_event_and_a_refusal_says_what_is_wrong() -> None:
    paths = ("/runtime/webhooks/signalr", "/chat/api/messages/add", "/CHAT/api/messages/ADD")
    async with serving(app_of(upstream.Chat)) as url:
        answers = [await post(url, event_headers("chat", "messages", "add"), ADD, path) for path in paths]
        refusal = await post(url, {}, ADD)
    assert [answer.status for answer in answers] == [200, 200, 200]
    assert refusal.body.startswith(b'{"error":"Content-Type must be')


class Failing(ServerlessHub):
    async def on_connected(self) -> None:
        raise RuntimeError

    async def on_disconnected(self) -> None:
        raise RuntimeError


async def test_failures_nobody_waits_for_are_in_a_header() -> None:
    calls: dict[str, list[list[Any]]] = {
        "account": [["ann"], ["bob"], []],
        "withdraw": [["ann", 10**6]],
        "remind": [["bob"]],
    }
    async with serving(app_of(results.Bank)) as url:
        answers = [
            await post(
                url, event_headers("bank", "messages", target), {"type": 1, "target": target, "arguments": values}
            )
            for target, values_of_calls in calls.items()
            for values in values_of_calls
        ]
    expected = [None, "hub_exception", "binding", "http_exception", "unexpected"]
    assert answers == [(200, b"", code) for code in expected]
    assert {*expected, "rejected"} - {None} == codes()


async def test_a_hook_that_fails_is_answered_as_in_the_table() -> None:
    async with serving(app_of(Failing)) as url:
        answers = [
            await post(url, event_headers("failing", "connections", event), {"type": number})
            for event, number in (("connected", 10), ("disconnected", 11))
        ]
    assert answers == [(500, b"", "unexpected"), (200, b"", "unexpected")]


async def test_a_refused_client_is_answered_403_with_the_reason() -> None:
    hooks.seated.update(("a", "b"))
    try:
        async with serving(app_of(hooks.Lounge)) as url:
            answer = await post(url, event_headers("lounge", "connections", "connected"), {"type": 10})
    finally:
        hooks.seated.clear()
    assert answer == (403, b'{"error":"the lounge is full"}', "rejected")


async def test_an_error_somebody_waits_for_is_in_the_completion() -> None:
    body = {"type": 1, "invocationId": "0", "target": "account", "arguments": ["bob"]}
    async with serving(app_of(results.Bank)) as url:
        answer = await post(url, event_headers("bank", "messages", "account"), body)
    assert answer == (200, b'{"type":3,"invocationId":"0","error":"bob has no account here"}\x1e', "hub_exception")


def codes() -> set[str]:
    """Return what the page says that the header may hold."""
    rows = [row for row in cells("reference/wire-contract.md", "Answers") if len(row) == 2]
    return {row[0].strip("`") for row in rows[1:]}
