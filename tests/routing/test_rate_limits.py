"""How many messages a connection and a user may send, and who is told when there are too many."""

from collections.abc import Callable
from typing import Annotated

import pytest
from fastapi import Depends

from serverless_hub import ConfigurationError, EmbeddedService, HubRouter, Negotiation, RateLimit, ServerlessHub
from tests.routing.caller import KEY, calling, headers, message
from tests.support.client import connected
from tests.support.clock import ManualClock

installed_or_not = pytest.mark.parametrize("installed", [True, False], ids=["installed", "included"])
TWO = RateLimit(per_second=0.5, burst=2)


class Chat(ServerlessHub):
    async def direct(self) -> str:
        return "fine"

    async def injected(self, *, number: Annotated[int, Depends(lambda: 1)]) -> str:
        return "fine" * number


async def ann() -> Negotiation:
    return Negotiation(user_id="ann")


def router(
    clock: ManualClock, *, rate_limit: RateLimit | None = None, user_rate_limit: RateLimit | None = None
) -> HubRouter:
    return HubRouter(
        Chat,
        negotiate=ann,
        default_service=EmbeddedService(access_key=KEY, clock=clock),
        clock=clock,
        rate_limit=rate_limit,
        user_rate_limit=user_rate_limit,
    )


@installed_or_not
@pytest.mark.parametrize("target", ["direct", "injected"])
async def test_more_messages_of_a_connection_than_it_may_send_are_429(
    target: str, problems: Callable[[], list[str]], *, installed: bool
) -> None:
    clock = ManualClock()
    async with calling(router(clock, rate_limit=TWO), installed=installed) as caller:
        assert [(await caller.invoke(target)).status for _ in range(4)] == [200, 200, 429, 429]
        assert problems()[-2:] == ["refused an upstream call with 429: too many messages of 'c1'"] * 2
        assert (await caller.invoke(target, connection_id="c2")).status == 200
        await clock.advance(2)
        assert [(await caller.invoke(target)).status for _ in range(2)] == [200, 429]
        await clock.advance(3600)
        assert [(await caller.invoke(target)).status for _ in range(3)] == [200, 200, 429]


async def test_connections_of_one_user_count_together() -> None:
    async with calling(router(ManualClock(), user_rate_limit=TWO)) as caller:
        statuses = [
            (await caller.invoke("direct", connection_id=connection_id, X_ASRS_User_Id=user_id)).status
            for connection_id, user_id in [("c1", "ann"), ("c2", "ann"), ("c3", "ann"), ("c3", "bob"), ("c4", "")]
        ]
        assert statuses == [200, 200, 429, 200, 200]


async def test_coming_and_going_is_never_limited() -> None:
    async with calling(router(ManualClock(), rate_limit=TWO, user_rate_limit=TWO)) as caller:
        for _ in range(4):
            assert (await caller.connect(X_ASRS_User_Id="ann")).status == 200
            assert (await caller.disconnect()).status == 200


async def test_strangers_do_not_use_up_what_a_connection_may_send() -> None:
    async with calling(router(ManualClock(), rate_limit=TWO)) as caller:
        for _ in range(4):
            assert (await caller.post(headers("direct")[:-1], message("direct"))).status == 401
        assert (await caller.invoke("direct")).status == 200


@pytest.mark.parametrize("limits", [{"rate_limit": TWO}, {"user_rate_limit": TWO}], ids=["connection", "user"])
async def test_a_client_sees_an_error_and_stays_connected(limits: dict[str, RateLimit]) -> None:
    clock = ManualClock()
    async with calling(router(clock, **limits)) as caller, connected(caller.url) as client:
        completions = [await client.invoke("direct") for _ in range(3)]
        assert [completion.error is None for completion in completions] == [True, True, False]
        await clock.advance(2)
        assert client.result_of(await client.invoke("direct")) == "fine"


@pytest.mark.parametrize(("per_second", "burst"), [(0, 1), (-1, 1), (1, 0), (1, -1)])
def test_a_limit_that_lets_nothing_pass_is_a_configuration_error(per_second: float, burst: int) -> None:
    with pytest.raises(ConfigurationError, match="a RateLimit needs per_second above 0 and burst of at least 1"):
        RateLimit(per_second=per_second, burst=burst)


def test_a_limit_that_is_no_number_is_a_configuration_error() -> None:
    with pytest.raises(ConfigurationError, match="a RateLimit needs per_second above 0"):
        RateLimit(per_second=float("nan"), burst=1)
