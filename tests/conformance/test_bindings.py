"""Azure's bindings for endpoints of one's own: connection info, security tokens, output."""

from collections.abc import Mapping
from typing import Annotated, Any

import aiohttp
import pytest
from fastapi import Depends, FastAPI
from jose import jwt

from serverless_hub import EmbeddedService, HubRouter, ServerlessHub
from serverless_hub.bindings import SecurityTokenResult, SignalRConnectionInfo, SignalROutput, security_token
from serverless_hub.errors import TokenError
from serverless_hub.hub.outputs import read_output
from serverless_hub.hub.ports import Receivers
from tests.conformance.upstream import KEY, Upstream, running
from tests.support.client import connected
from tests.support.recording import RecordingSender, Sent
from tests.support.server import serving

ID_TOKEN = jwt.encode({"role": "admin", "Role": "other", "iat": 5, "email": "ann@example.com"}, "the provider's key")


class Chat(ServerlessHub):
    async def whoami(self) -> Any:
        identity = self.context.identity
        return None if identity is None else [identity.user_id, identity.claims]


def verify(token: str) -> Mapping[str, Any]:
    """Accept `good`, refuse `bad`, and fail with anything else."""
    if token == "good":
        return {"sub": "ann"}
    if token == "bad":
        raise TokenError("expired")
    raise KeyError(token)


def app_with(router: HubRouter, **bindings: Any) -> FastAPI:
    """Return an app whose `/mine/negotiate` answers with the connection info of `bindings`."""
    app = FastAPI()
    binding = router.connection_info(bindings.pop("hub", "chat"), **bindings)

    @app.post("/mine/negotiate")
    async def negotiate(
        info: Annotated[SignalRConnectionInfo | None, Depends(binding)],
    ) -> SignalRConnectionInfo | None:
        return info

    return app


def chat_router() -> HubRouter:
    return HubRouter(Chat, default_service=EmbeddedService(access_key=KEY))


async def connection_info(upstream: Upstream, query: str = "", **headers: str) -> Any:
    answer = await upstream.request("POST", f"/mine/negotiate{query}", [*headers.items()])
    return answer.json if answer.status == 200 else answer.status


def claims_of(info: Any) -> dict[str, Any]:
    return jwt.get_unverified_claims(info["accessToken"])


@pytest.mark.requirement("connection-info.answer")
async def test_an_endpoint_of_ones_own_negotiates() -> None:
    router = chat_router()
    async with running(router, app_with(router, user_id="ann")) as upstream:
        info = await connection_info(upstream)
    assert list(info) == ["url", "accessToken"]
    assert info["url"] == "http://localhost/_signalr/client/?hub=chat"
    assert claims_of(info)["asrs.s.uid"] == "ann"


@pytest.mark.requirement("connection-info.expressions")
async def test_expressions_take_values_from_the_request_and_from_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HubName", "chat")
    router = chat_router()
    app = app_with(router, hub="%HubName%", user_id="{headers.x-ms-client-principal-id}/{query.device}")
    async with running(router, app) as upstream:
        named = {"X-MS-Client-Principal-Id": "ann"}
        info = await connection_info(upstream, "?device=phone", **named)
        assert info["url"].endswith("?hub=chat")
        assert claims_of(info)["asrs.s.uid"] == "ann/phone"
        assert await connection_info(upstream, **named) == 400
        assert await connection_info(upstream, "?device=phone") == 400


@pytest.mark.requirement("connection-info.claims")
@pytest.mark.parametrize(
    ("listed", "copied"), [(["role", "iat", "none"], {"role": "admin", "asrs.u.iat": 5}), (["ROLE"], {}), ([], {})]
)
async def test_listed_claims_of_the_id_token_are_copied(listed: list[str], copied: dict[str, Any]) -> None:
    router = chat_router()
    app = app_with(router, id_token="{headers.x-id-token}", claim_type_list=listed)
    async with running(router, app) as upstream:
        claims = claims_of(await connection_info(upstream, **{"X-Id-Token": ID_TOKEN}))
    names = {"role", "Role", "ROLE", "email", "asrs.u.iat", "none"}
    assert {name: value for name, value in claims.items() if name in names} == copied


@pytest.mark.requirement("connection-info.claims")
@pytest.mark.parametrize(("verifier", "claims"), [(None, {}), (jwt.get_unverified_claims, {"role": "admin"})])
async def test_only_a_verifier_makes_claims_part_of_the_identity(verifier: Any, claims: dict[str, str]) -> None:
    router = chat_router()
    app = app_with(router, user_id="ann", id_token="{headers.x-id-token}", claim_type_list=["role"], verifier=verifier)
    async with running(router, app) as upstream:
        token = claims_of(await connection_info(upstream, **{"X-Id-Token": ID_TOKEN}))
        header = ", ".join(f"{name}: {value}" for name, value in token.items() if name != "role")
        answer = await upstream.invoke("whoami", x_asrs_user_claims=header)
    assert answer == {"result": ["ann", claims]}


@pytest.mark.requirement("connection-info.token-required")
async def test_with_a_security_token_there_is_connection_info_only_for_a_valid_one() -> None:
    router = chat_router()
    async with running(router, app_with(router, security_token=security_token(verify))) as upstream:
        assert "url" in await connection_info(upstream, Authorization="Bearer good")
        for headers in ({"Authorization": "Bearer bad"}, {}):
            assert await connection_info(upstream, **headers) is None


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        pytest.param(
            "Bearer good", ["valid", {"sub": "ann"}, None], marks=pytest.mark.requirement("security-token.valid")
        ),
        pytest.param(
            "bearer good", ["valid", {"sub": "ann"}, None], marks=pytest.mark.requirement("security-token.valid")
        ),
        pytest.param(None, ["empty", None, None], marks=pytest.mark.requirement("security-token.empty")),
        pytest.param("Basic good", ["empty", None, None], marks=pytest.mark.requirement("security-token.empty")),
        pytest.param("Bearer bad", ["error", None, "expired"], marks=pytest.mark.requirement("security-token.error")),
    ],
)
async def test_a_security_token_is_valid_an_error_or_empty(header: str | None, expected: list[Any]) -> None:
    app = FastAPI()

    @app.post("/check")
    async def check(result: Annotated[SecurityTokenResult, Depends(security_token(verify))]) -> list[Any]:
        return [result.status, result.claims, None if result.error is None else str(result.error)]

    headers = [] if header is None else [("Authorization", header)]
    assert (await Upstream(app).request("POST", "/check", headers)).json == expected


@pytest.mark.requirement("security-token.error")
async def test_another_exception_of_a_verifier_is_a_failure_of_the_app() -> None:
    app = FastAPI()

    @app.post("/check")
    async def check(_: Annotated[SecurityTokenResult, Depends(security_token(verify))]) -> None: ...

    with pytest.raises(KeyError):
        await Upstream(app).request("POST", "/check", [("Authorization", "Bearer broken")])


async def sent(*items: Any) -> RecordingSender:
    """Deliver items as the output binding does, and return what has come of them."""
    sender = RecordingSender()
    output = SignalROutput(sender)
    for item in items:
        await output.add(item)
    return sender


@pytest.mark.requirement("output.message.precedence")
@pytest.mark.parametrize(
    ("names", "receivers"),
    [
        ({"connectionId": "c", "userId": "u", "groupName": "g"}, Receivers("connections", ("c",))),
        ({"connectionId": "", "userId": "u", "groupName": "g"}, Receivers("users", ("u",))),
        ({"userId": "", "groupName": "g"}, Receivers("groups", ("g",))),
        ({"userId": "", "groupName": None}, Receivers("all")),
        ({}, Receivers("all")),
    ],
)
async def test_a_message_goes_to_the_first_that_is_named(names: dict[str, Any], receivers: Receivers) -> None:
    sender = await sent({"target": "say", "arguments": [1], **names})
    assert sender.sent == [Sent(receivers, "say", (1,))]


@pytest.mark.requirement("output.message.arguments")
async def test_a_message_needs_a_target_and_no_arguments() -> None:
    assert (await sent({"target": "say"})).sent == [Sent(Receivers("all"), "say", ())]
    for nameless in ({"arguments": [1]}, {"target": "", "arguments": [1]}):
        with pytest.raises(TypeError, match="target"):
            await sent(nameless)


@pytest.mark.requirement("output.group.add-remove")
@pytest.mark.parametrize("action", ["add", "remove"])
async def test_a_connection_or_else_a_user_enters_and_leaves_a_group(action: str) -> None:
    group = {"action": action, "groupName": "g"}
    by_connection, by_user = (
        await sent({**group, "connectionId": "c", "userId": "u"}),
        await sent({**group, "userId": "u"}),
    )
    word = {"add": "to", "remove": "from"}[action]
    assert by_connection.steps == [(f"{action}_{word}_group", "c", "g")]
    assert [step[:3] for step in by_user.steps] == [(f"{action}_user_{word}_group", "u", "g")]
    for incomplete in (group, {"action": action, "userId": "u"}):
        with pytest.raises(TypeError, match="needs a"):
            await sent(incomplete)


@pytest.mark.requirement("output.group.remove-all")
async def test_a_user_or_a_connection_leaves_all_groups() -> None:
    sender = await sent({"action": "removeAll", "userId": "u"}, {"action": "removeAll", "connectionId": "c"})
    assert sender.steps == [("remove_user_from_all_groups", "u"), ("remove_from_all_groups", "c")]


@pytest.mark.requirement("output.untyped", "output.action-names")
async def test_what_is_neither_message_nor_action_is_an_error() -> None:
    both = {"target": "say", "action": "add", "groupName": "g", "userId": "u"}
    assert [type(read_output(item)).__name__ for item in (both, {**both, "target": "x"})] == ["SignalRMessage"] * 2
    for item in ({}, {"action": "delete", "userId": "u", "groupName": "g"}, "text", 5):
        with pytest.raises(TypeError):
            await sent(item)
    for action in ("Add", "ADD"):
        assert (await sent({"action": action, "connectionId": "c", "groupName": "g"})).steps[0][0] == "add_to_group"


@pytest.mark.requirement("output.unknown-keys")
@pytest.mark.parametrize("more", [{"userID": "u"}, {"usrId": "u"}, {"userId": "u", "user_id": "u"}])
async def test_a_key_that_no_output_has_or_that_is_there_in_both_spellings_is_an_error(more: dict[str, str]) -> None:
    sender = RecordingSender()
    with pytest.raises(TypeError, match=r"cannot have the key|are one"):
        await SignalROutput(sender).add({"target": "say", **more})
    assert sender.sent == []


@pytest.mark.requirement("output.order")
async def test_items_are_sent_in_their_order_and_none_among_them_is_an_error() -> None:
    names = ["a", "b", "c"]
    sender = await sent(*({"target": name} for name in names))
    assert [message.target for message in sender.sent] == names
    with pytest.raises(TypeError, match="not NoneType"):
        await sent({"target": "a"}, None)


@pytest.mark.requirement("output.order")
async def test_what_a_decorated_endpoint_returns_reaches_clients_in_its_order() -> None:
    router, app = chat_router(), FastAPI()

    @app.post("/tell")
    @router.sends("chat")
    async def tell() -> list[dict[str, Any]]:
        return [{"target": "heard", "arguments": [number]} for number in range(3)]

    router.install(app)
    async with serving(app) as url, connected(url) as client, aiohttp.ClientSession() as session:
        async with session.post(f"{url}/tell") as response:
            assert response.status == 200
        assert [await client.call_of("heard") for _ in range(3)] == [[0], [1], [2]]
