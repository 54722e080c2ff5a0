"""The verified identity: from negotiate into the token, through the service, back to the hub."""

from datetime import timedelta
from typing import Annotated, Any

import pytest
from fastapi import FastAPI, Header

from serverless_hub import ConfigurationError, EmbeddedService, HubRouter, Negotiation, ServerlessHub, requires
from serverless_hub.protocol.codec import JSON
from serverless_hub.protocol.identity import IDENTITY_CLAIM
from serverless_hub.protocol.tokens import unverified_claims
from tests.support.client import connected, negotiate
from tests.support.clock import ManualClock
from tests.support.server import serving
from tests.support.upstream import KEY, Caller


async def who(
    name: Annotated[str | None, Header()] = None, role: Annotated[str | None, Header()] = None
) -> Negotiation:
    return Negotiation(user_id=name, claims={"role": [role, "guest"], "level": 3} if role else {})


class Chat(ServerlessHub):
    async def whoami(self) -> Any:
        identity = self.context.identity
        return None if identity is None else [identity.user_id, identity.claims]

    async def raw(self) -> dict[str, str]:
        return dict(self.context.claims)

    @requires(role="admin")
    async def ban(self) -> str:
        return "banned"

    @requires()
    async def write(self) -> str:
        return "written"


def app() -> FastAPI:
    app = FastAPI()
    HubRouter(Chat, negotiate=who, default_service=EmbeddedService()).install(app)
    return app


async def test_what_negotiate_said_comes_back_verified_with_its_types() -> None:
    async with serving(app()) as url, connected(url, name="ann", role="admin, boss: yes") as client:
        result = client.result_of(await client.invoke("whoami"))
        assert result == ["ann", {"role": ["admin, boss: yes", "guest"], "level": 3}]


async def test_the_identity_is_not_shown_among_the_raw_claims() -> None:
    async with serving(app()) as url, connected(url, name="ann") as client:
        assert client.result_of(await client.invoke("raw")) == {}


@pytest.mark.parametrize(
    ("headers", "target", "answer"),
    [
        ({"name": "ann", "role": "admin"}, "ban", "banned"),
        ({"role": "admin"}, "ban", "banned"),
        ({"name": "ann", "role": "editor"}, "ban", None),
        ({"name": "ann", "role": "x, role: admin"}, "ban", None),
        ({}, "ban", None),
        ({"name": "ann"}, "write", "written"),
        ({}, "write", None),
    ],
)
async def test_only_clients_with_the_required_claims_pass(
    headers: dict[str, str], target: str, answer: str | None
) -> None:
    async with serving(app()) as url, connected(url, "chat", JSON, **headers) as client:
        completion = await client.invoke(target)
        if answer is None:
            assert completion.error == "You are not allowed to do this."
        else:
            assert client.result_of(completion) == answer


@pytest.mark.requirement("upstream-security.identity.key")
@pytest.mark.parametrize("key", ["", "short"])
def test_a_key_that_can_be_guessed_is_refused(key: str) -> None:
    with pytest.raises(ConfigurationError, match="identity_key has fewer than 16 characters"):
        HubRouter(Chat, identity_key=key)


async def test_who_has_gone_is_known_though_its_identity_has_expired() -> None:
    seen: list[Any] = []

    @requires(role="member")
    class Members(ServerlessHub):
        async def on_disconnected(self) -> None:
            seen.append(self.context.identity)

        async def ping(self) -> None: ...

    async def member() -> Negotiation:
        soon = timedelta(minutes=1)
        return Negotiation(claims={"role": "member"}, lifetime=soon, close_on_authentication_expiration=True)

    clock = ManualClock()
    service = EmbeddedService(access_key=KEY)
    app = FastAPI()
    HubRouter(Members, negotiate=member, default_service=service, clock=clock).install(app)
    async with serving(app) as url:
        bundle = unverified_claims((await negotiate(url, "members"))["accessToken"])[IDENTITY_CLAIM]
        caller = Caller(url, "members", headers={"X-ASRS-User-Claims": f"{IDENTITY_CLAIM}: {bundle}"})
        assert "error" not in (await caller.invoke("ping")).completion()
        clock.now += 61
        assert (await caller.invoke("ping")).error() == "You are not allowed to do this."
        await caller.disconnect()
    assert [identity.claims for identity in seen] == [{"role": "member"}]
