"""Which method an event goes to, and what is refused."""

from typing import Any, ClassVar

import pytest

from serverless_hub import HubDefinitionError, HubRouter, RateLimit, ServerlessHub
from tests.conformance.upstream import JSON, MESSAGEPACK, WEBHOOK, call, posting
from tests.support.clock import ManualClock


class Chat(ServerlessHub):
    errors: ClassVar[list[str | None]] = []

    async def echo(self, text: str = "") -> str:
        return f"chat {text}"

    async def on_disconnected(self, error: str | None) -> None:
        self.errors.append(error)


class News(ServerlessHub):
    async def echo(self, text: str = "") -> str:
        return f"news {text}"


@pytest.mark.requirement("routing.endpoint.webhook")
async def test_one_endpoint_takes_the_events_of_all_hubs() -> None:
    async with posting(Chat, News, prefix="/live") as upstream:
        path = f"/live{WEBHOOK}"
        for hub in ("chat", "news"):
            answer = await upstream.post("echo", call("echo", "x"), path=path, x_asrs_hub=hub)
            assert answer.completion == {"result": f"{hub} x"}


@pytest.mark.requirement("routing.endpoint.template")
async def test_the_template_of_azures_documentation_takes_events_too() -> None:
    async with posting(Chat) as upstream:
        for path in ("/chat/api/messages/echo", "/Chat/api/messages/ECHO"):
            assert (await upstream.post("echo", call("echo", "x"), path=path)).completion == {"result": "chat x"}


@pytest.mark.requirement("routing.endpoint.disagreement")
@pytest.mark.parametrize("path", ["/news/api/messages/echo", "/chat/api/connections/echo", "/chat/api/messages/other"])
async def test_a_path_that_disagrees_with_the_headers_is_logged_or_refused(
    path: str, caplog: pytest.LogCaptureFixture
) -> None:
    async with posting(Chat, News) as upstream:
        assert (await upstream.post("echo", call("echo", "x"), path=path)).completion == {"result": "chat x"}
    assert "check the URL template of the upstream settings" in caplog.text
    async with posting(Chat, News, strict_paths=True) as upstream:
        assert (await upstream.post("echo", call("echo", "x"), path=path)).status == 400
        assert (await upstream.post("echo", call("echo"), path="/chat/api/messages/echo")).status == 200


@pytest.mark.requirement("routing.key.ignores-case")
async def test_hub_category_and_event_are_matched_ignoring_case() -> None:
    async with posting(Chat) as upstream:
        answer = await upstream.post("ECHO", call("Echo", "x"), category="Messages", x_asrs_hub="CHAT")
        assert answer.completion == {"result": "chat x"}


@pytest.mark.requirement("routing.key.unknown")
@pytest.mark.parametrize(
    "unknown",
    [{"x_asrs_hub": "other"}, {"x_asrs_category": "other"}, {"x_asrs_event": "other"}, {"x_asrs_event": "connected"}],
    ids=str,
)
async def test_what_there_is_not_is_404_for_the_service_and_401_for_a_stranger(unknown: dict[str, Any]) -> None:
    async with posting(Chat) as upstream:
        assert (await upstream.post("echo", call("echo"), **unknown)).status == 404
        assert (await upstream.post("echo", call("echo"), **unknown, x_asrs_signature="sha256=00")).status == 401


@pytest.mark.requirement("routing.key.duplicate")
def test_two_hubs_whose_names_differ_only_by_case_are_refused() -> None:
    class Other(ServerlessHub, hub="CHAT"): ...

    with pytest.raises(HubDefinitionError, match="two hubs are called 'CHAT'"):
        HubRouter(Chat, Other)


MISTAKES: list[tuple[int, dict[str, Any]]] = [
    (405, {"method": "PUT"}),
    (431, {"x_more": "x" * 1000}),
    (415, {"content_type": "text/plain"}),
    (400, {"x_asrs_hub": ""}),
    (401, {"x_asrs_signature": "sha256=00"}),
    (429, {"x_asrs_connection_id": "busy"}),
    (413, {"body": b"x" * 101}),
    (404, {"x_asrs_event": "other"}),
    (400, {"body": b"x"}),
]
"""Status and what brings it about, in the order of checks."""


@pytest.mark.requirement("routing.order")
@pytest.mark.parametrize("first", range(len(MISTAKES)), ids=[f"{status} {list(how)}" for status, how in MISTAKES])
async def test_of_several_mistakes_the_first_in_the_order_of_checks_is_answered(first: int) -> None:
    limits: dict[str, Any] = {
        "max_body_bytes": 100,
        "max_header_bytes": 1000,
        "rate_limit": RateLimit(per_second=1, burst=1),
    }
    async with posting(Chat, clock=ManualClock(), **limits) as upstream:
        await upstream.post("echo", call("echo"), x_asrs_connection_id="busy")  # All that the rate allows.
        request: dict[str, Any] = {"body": call("echo")}
        for _, mistake in reversed(MISTAKES[first:]):
            request |= mistake
        assert (await upstream.post("echo", **request)).status == MISTAKES[first][0]


@pytest.mark.requirement("routing.media-type")
@pytest.mark.parametrize(
    ("media_type", "status"),
    [
        (JSON, 200),
        ("Application/JSON; charset=utf-8", 200),
        ("text/plain", 415),
        ("application/jsonx", 415),
        ("", 415),
        (None, 415),
        (MESSAGEPACK, 400),
        (MESSAGEPACK.upper(), 400),
    ],
)
async def test_json_and_messagepack_are_taken_in_any_case_with_any_parameters(
    media_type: str | None, status: int
) -> None:
    async with posting(Chat) as upstream:
        # The body is JSON: what is taken for MessagePack does not parse.
        assert (await upstream.post("echo", call("echo"), content_type=media_type)).status == status


@pytest.mark.requirement("routing.headers.required")
@pytest.mark.parametrize("name", ["x_asrs_connection_id", "x_asrs_hub", "x_asrs_category", "x_asrs_event"])
async def test_each_header_has_to_be_there_once_and_not_be_empty(name: str) -> None:
    async with posting(Chat) as upstream:
        for value in (None, ""):
            changed: dict[str, Any] = {name: value}
            assert (await upstream.post("echo", call("echo"), **changed)).status == 400
        twice = [(name.replace("_", "-"), "x")]
        assert (await upstream.post("echo", call("echo"), more=twice)).status == 400


@pytest.mark.requirement("routing.headers.optional")
async def test_a_client_may_have_no_user_no_claims_and_no_query() -> None:
    class Bare(ServerlessHub, hub="chat"):
        async def look(self) -> list[object]:
            return [self.context.user_id, dict(self.context.claims), dict(self.context.query)]

    async with posting(Bare) as upstream:
        assert await upstream.invoke("look") == {"result": [None, {}, {}]}
        changed = {"x_asrs_user_id": "ann", "x_asrs_user_claims": "a: 1", "x_asrs_client_query": "?b=2"}
        assert await upstream.invoke("look", **changed) == {"result": ["ann", {"a": "1"}, {"b": "2"}]}


@pytest.mark.requirement("routing.body.target")
@pytest.mark.parametrize("body", [call("other"), b"", b"{", b"[]", b'{"type":6}', b'{"type":10}'])
async def test_a_body_that_is_not_the_call_in_the_headers_is_400(body: bytes) -> None:
    async with posting(Chat) as upstream:
        assert (await upstream.post("echo", body)).status == 400
        assert (await upstream.post("echo", call("ECHO"))).status == 200


@pytest.mark.requirement("routing.body.connections")
async def test_connection_events_do_not_depend_on_their_bodies() -> None:
    async with posting(Chat) as upstream:
        assert (await upstream.post("connected", b"\xff garbage", category="connections")).status == 200
        Chat.errors.clear()
        for body in (b"\xff garbage", b"", b"[]"):
            assert (await upstream.disconnect(body)).status == 200
        assert Chat.errors == [None, None, None]


@pytest.mark.requirement("routing.body.tolerance")
@pytest.mark.parametrize(
    "body",
    [
        call("echo", "x"),
        call("echo", "x") + b"\x1e",
        b'{"Type":1,"InvocationId":"7","TARGET":"echo","Arguments":["x"]}',
    ],
)
async def test_a_separator_at_the_end_and_keys_in_any_case_are_tolerated(body: bytes) -> None:
    async with posting(Chat) as upstream:
        assert (await upstream.post("echo", body)).completion == {"result": "chat x"}


@pytest.mark.requirement("routing.headers.size")
async def test_more_than_32_kib_of_headers_are_431_whoever_sends_them() -> None:
    async with posting(Chat) as upstream:
        for size, status in ((32_000, 200), (33_000, 431)):
            large = [("X-Large", "x" * size)]
            assert (await upstream.post("echo", call("echo"), more=large)).status == status
        assert (await upstream.post("echo", call("echo"), more=large, x_asrs_signature=None)).status == 431
