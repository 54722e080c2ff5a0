"""Azure's bindings as FastAPI dependencies: output, connection info, security tokens, binding expressions."""

from collections.abc import Callable, Mapping
from typing import Annotated, Any

import aiohttp
import pytest
from fastapi import Depends, FastAPI
from websockets.asyncio.client import connect

from serverless_hub import ConfigurationError, EmbeddedService, HubRouter, InvocationContext, ServerlessHub
from serverless_hub.bindings import (
    SecurityTokenResult,
    SignalRConnectionInfo,
    SignalRGroupAction,
    SignalRMessage,
    SignalROutput,
    security_token,
)
from serverless_hub.errors import TokenError
from serverless_hub.protocol.tokens import sign_token, unverified_claims
from tests.support.client import Client, connected, websocket_url
from tests.support.server import serving
from tests.support.upstream import KEY, Caller

Json = Any


class Chat(ServerlessHub):
    async def whoami(self) -> Any:
        identity = self.context.identity
        return None if identity is None else [identity.user_id, identity.claims]


def router_and_app() -> tuple[HubRouter, FastAPI]:
    return HubRouter(Chat, default_service=EmbeddedService(access_key=KEY)), FastAPI()


async def post(url: str, **headers: str) -> tuple[int, Json]:
    async with aiohttp.ClientSession() as session, session.post(url, headers=headers) as response:
        return response.status, await response.json()


# --- output


async def test_an_endpoint_sends_along_the_way() -> None:
    router, app = router_and_app()

    @app.post("/tell")
    async def tell(output: Annotated[SignalROutput, Depends(router.output("chat"))]) -> str:
        await output.add(SignalRMessage(target="heard", arguments=["hi"]))
        await output.add({"target": "heard", "arguments": ["again"], "userId": ""})
        return "told"

    router.install(app)
    async with serving(app) as url, connected(url) as client:
        assert await post(f"{url}/tell") == (200, "told")
        assert [await client.call_of("heard"), await client.call_of("heard")] == [["hi"], ["again"]]


@pytest.mark.parametrize("is_async", [True, False])
async def test_what_a_decorated_endpoint_returns_is_sent(*, is_async: bool) -> None:
    router, app = router_and_app()
    items: list[Any] = [
        SignalRMessage(target="heard", arguments=["list"]),
        {"target": "heard", "arguments": ["of several"]},
    ]

    async def waiting(number: int, **_: Any) -> list[Any]:
        return items[:number]

    def in_a_thread(number: int) -> list[Any]:
        return items[:number]

    endpoint: Callable[..., Any] = waiting if is_async else in_a_thread
    app.post("/tell")(router.sends("chat")(endpoint))
    router.install(app)
    async with serving(app) as url, connected(url) as client:
        suffix = "&_=x" if is_async else ""
        assert await post(f"{url}/tell?number=2{suffix}") == (200, None)
        assert [await client.call_of("heard"), await client.call_of("heard")] == [["list"], ["of several"]]


async def test_a_function_may_return_what_is_sent_and_completes_without_a_result() -> None:
    router, app = router_and_app()

    @router.trigger(hub="chat", event="say", parameter_names=["text"])
    @router.sends("chat")
    async def say(text: str) -> SignalRMessage | None:
        return SignalRMessage(target="heard", arguments=[text]) if text else None

    router.install(app)
    async with serving(app) as url, connected(url) as client:
        await Caller(url).invoke("say", "")
        assert (await Caller(url).invoke("say", "hi")).completion() == {"type": 3, "invocationId": "7"}
        assert await client.call_of("heard") == ["hi"]


async def test_the_hub_of_an_output_may_be_named_by_a_binding_expression() -> None:
    router, app = router_and_app()

    @app.post("/tell")
    async def tell(output: Annotated[SignalROutput, Depends(router.output("{headers.x-hub}"))]) -> None:
        await output.add(SignalRMessage(target="heard"))

    router.install(app)
    async with serving(app) as url, connected(url) as client:
        assert (await post(f"{url}/tell", **{"x-hub": "chat"}))[0] == 200
        assert await client.call_of("heard") == []
        assert await post(f"{url}/tell") == (
            400,
            {"detail": "{headers.x-hub} is needed here, and the request has none"},
        )
        assert await post(f"{url}/tell", **{"x-hub": "1st"}) == (400, {"detail": "'1st' cannot be the name of a hub"})


async def test_binding_expressions_in_functions_see_arguments_headers_and_the_clients_query() -> None:
    router, app = router_and_app()
    seen: list[str] = []

    def note(text: str) -> Callable[..., Any]:
        output = router.output(text)

        async def hub_of(output: Annotated[SignalROutput, Depends(output)]) -> None:
            await output.add(SignalRGroupAction(action="remove_all", user_id="ann"))
            seen.append(text)

        return hub_of

    dependencies = [Depends(note(text)) for text in ("{room}", "{headers.x-asrs-hub}", "{query.hub}", "{room}{level}")]

    @router.trigger(hub="chat", event="run", parameter_names=["room", "level"])
    async def run(
        context: InvocationContext,
        a: Annotated[None, dependencies[0]],
        b: Annotated[None, dependencies[1]],
        c: Annotated[None, dependencies[2]],
        d: Annotated[None, dependencies[3]],
    ) -> None: ...

    router.install(app)
    async with serving(app) as url:
        caller = Caller(url, headers={"X-ASRS-Client-Query": "?hub=chat"})
        assert "error" not in (await caller.invoke("run", "chat", 7)).completion()
        assert seen == ["{room}", "{headers.x-asrs-hub}", "{query.hub}", "{room}{level}"]
        assert (await Caller(url).invoke("run", "chat", 7)).error() == (
            "{query.hub} is needed here, and the request has none"
        )


@pytest.mark.parametrize("text", ["{headers.}", "{a.b}", "{}", "{", "chat}", "{headers.x", "%NoSuchSetting%"])
def test_an_expression_that_cannot_be_read_is_refused_at_once(text: str) -> None:
    with pytest.raises(ConfigurationError):
        HubRouter(Chat).output(text)


async def test_a_binding_expression_may_name_a_part_of_the_path() -> None:
    router, app = router_and_app()

    @app.post("/users/{name}/negotiate")
    async def negotiate(
        info: Annotated[SignalRConnectionInfo, Depends(router.connection_info("chat", user_id="{name}"))],
    ) -> SignalRConnectionInfo:
        return info

    router.install(app)
    async with serving(app) as url:
        _, answer = await post(f"{url}/users/ann/negotiate")
        assert unverified_claims(answer["accessToken"])["asrs.s.uid"] == "ann"


# --- connection info


def verify(token: str) -> Mapping[str, Any]:
    if not token.startswith("good-"):
        raise TokenError("not good")
    return {"sub": "ann", "role": ["admin"], "secret": 1}


async def verify_slowly(token: str) -> Mapping[str, Any]:
    return verify(token)


def negotiating(**binding: Any) -> FastAPI:
    router, app = router_and_app()
    dependency = router.connection_info("chat", **binding)

    @app.post("/mine/negotiate")
    async def negotiate(
        info: Annotated[SignalRConnectionInfo | None, Depends(dependency)],
    ) -> SignalRConnectionInfo | None:
        return info

    router.install(app)
    return app


async def test_an_endpoint_of_the_router_negotiates_for_functions_that_come_behind_it() -> None:
    app, router = FastAPI(), HubRouter(default_service=EmbeddedService(access_key=KEY))

    @router.post("/live/negotiate")
    async def negotiate(
        info: Annotated[SignalRConnectionInfo, Depends(router.connection_info("live", user_id="{headers.x-user}"))],
    ) -> SignalRConnectionInfo:
        return info

    @router.trigger(hub="live", event="hello")
    async def hello(context: InvocationContext) -> str:
        return context.event

    router.install(app)
    async with serving(app) as url:
        status, answer = await post(f"{url}/live/negotiate", **{"x-user": "ann"})
        assert (status, unverified_claims(answer["accessToken"])["asrs.s.uid"]) == (200, "ann")
        assert (await post(f"{url}/live/negotiate"))[0] == 400


async def test_an_endpoint_of_ones_own_negotiates_for_the_user_that_an_expression_names() -> None:
    app = negotiating(user_id="{headers.x-ms-client-principal-id}")
    async with serving(app) as url:
        status, answer = await post(f"{url}/mine/negotiate", **{"x-ms-client-principal-id": "ann"})
        assert status == 200
        assert unverified_claims(answer["accessToken"])["asrs.s.uid"] == "ann"
        assert (await post(f"{url}/mine/negotiate"))[0] == 400


@pytest.mark.requirement("connection-info.user-id")
async def test_without_an_expression_nothing_of_a_request_names_the_user() -> None:
    async with serving(negotiating()) as url:
        named = {"x-ms-client-principal-id": "ann", "x-ms-client-principal-name": "ann"}
        _, answer = await post(f"{url}/mine/negotiate?userId=ann&user_id=ann", **named)
        assert "asrs.s.uid" not in unverified_claims(answer["accessToken"])


@pytest.mark.parametrize("verifier", [verify, verify_slowly])
async def test_chosen_claims_of_a_verified_id_token_are_taken_over_and_become_part_of_the_identity(
    verifier: Callable[[str], Any],
) -> None:
    app = negotiating(id_token="{headers.authorization}", claim_type_list=["role", "sub", "Secret"], verifier=verifier)
    async with serving(app) as url:
        _, answer = await post(f"{url}/mine/negotiate", Authorization="Bearer good-token")
        claims = unverified_claims(answer["accessToken"])
        assert claims["role"] == ["admin"]
        assert "secret" not in claims
        assert await identity_of(answer) == [None, {"role": ["admin"], "sub": "ann"}]
        refused = await post(f"{url}/mine/negotiate", Authorization="Bearer bad-token")
        assert refused == (401, {"detail": "the id token proves nothing"})


async def test_claims_of_an_id_token_that_nobody_verifies_are_copied_but_prove_nothing() -> None:
    app = negotiating(id_token="{headers.x-id-token}", claim_type_list=["role", "sub"])
    token = sign_token({"role": "admin", "sub": "victim"}, "a key that nobody here knows")
    async with serving(app) as url:
        _, answer = await post(f"{url}/mine/negotiate", **{"x-id-token": token})
        claims = unverified_claims(answer["accessToken"])
        assert (claims["role"], claims["asrs.u.sub"], "sub" in claims) == ("admin", "victim", False)
        assert await identity_of(answer) == [None, {}]


@pytest.mark.parametrize("token", ["garbage", "a.b.c", "x" * 9000])
async def test_an_id_token_that_cannot_be_read_is_refused(token: str) -> None:
    app = negotiating(id_token="{query.token}", claim_type_list=["role"])
    async with serving(app) as url:
        assert (await post(f"{url}/mine/negotiate?token={token}"))[0] == 401


async def test_an_id_token_without_a_list_of_claims_is_not_even_looked_at() -> None:
    async with serving(negotiating(id_token="{headers.x-id-token}")) as url:
        assert (await post(f"{url}/mine/negotiate"))[0] == 200


async def test_claims_that_belong_to_the_service_are_refused() -> None:
    app = negotiating(id_token="{headers.x-id-token}", claim_type_list=["asrs.s.uid"])
    token = sign_token({"asrs.s.uid": "admin"}, "a key that nobody here knows")
    async with serving(app) as url:
        assert (await post(f"{url}/mine/negotiate", **{"x-id-token": token}))[0] == 400


async def test_with_a_security_token_there_is_no_connection_info_without_a_valid_one() -> None:
    app = negotiating(security_token=security_token(verify))
    async with serving(app) as url:
        assert (await post(f"{url}/mine/negotiate"))[1] is None
        assert (await post(f"{url}/mine/negotiate", Authorization="Bearer bad"))[1] is None
        assert (await post(f"{url}/mine/negotiate", Authorization="Bearer good-1"))[1]["url"]


def test_a_connection_info_does_not_show_its_token() -> None:
    assert "secret" not in repr(SignalRConnectionInfo(url="https://x", accessToken="secret"))


async def identity_of(answer: dict[str, str]) -> Any:
    bearer = {"Authorization": f"Bearer {answer['accessToken']}"}
    async with connect(websocket_url(answer), additional_headers=bearer) as socket:
        client = Client(socket)
        await client.handshake()
        return client.result_of(await client.invoke("whoami"))


# --- security tokens


@pytest.mark.parametrize(
    ("header", "status"),
    [
        (None, "empty"),
        ("", "empty"),
        ("Basic Z29vZC0x", "empty"),
        ("Bearer ", "empty"),
        ("Bearer good-1", "valid"),
        ("bearer good-1", "valid"),
        ("Bearer bad", "error"),
    ],
)
async def test_a_security_token_is_valid_an_error_or_empty(header: str | None, status: str) -> None:
    app = FastAPI()

    @app.post("/check")
    async def check(token: Annotated[SecurityTokenResult, Depends(security_token(verify))]) -> list[Any]:
        return [token.status, token.claims is not None, token.error is not None]

    async with serving(app) as url:
        headers = {} if header is None else {"Authorization": header}
        assert await post(f"{url}/check", **headers) == (200, [status, status == "valid", status == "error"])
