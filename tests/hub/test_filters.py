"""What runs around methods, and `@requires` as one of them."""

import logging
from typing import Any

import pytest
from fastapi import HTTPException

from serverless_hub import ConnectionRejected, HubException, ServerlessHub, hub_method, requires
from serverless_hub.hub.descriptor import describe_hub
from serverless_hub.hub.filters import CallNext, HubInvocation
from serverless_hub.hub.identity import Identity
from tests.support.hub_bench import Bench

steps: list[str] = []


@pytest.fixture(autouse=True)
def no_steps() -> None:
    steps.clear()


class Note:
    """A filter that says when it runs."""

    def __init__(self, name: str = "made from its class") -> None:
        self._name = name

    async def __call__(self, invocation: HubInvocation, call_next: CallNext) -> Any:
        steps.append(f"{self._name} in")
        result = await call_next(invocation)
        steps.append(f"{self._name} out")
        return result


class Base(ServerlessHub, filters=[Note("base")]): ...


class Chat(Base, filters=[Note("first"), Note("second")]):
    @hub_method(filters=[Note("method"), Note])
    async def run(self, number: int) -> int:
        steps.append("run")
        return number


@pytest.mark.requirement("filters.around", "filters.order")
async def test_filters_run_from_the_outside_in_and_back() -> None:
    bench = Bench(Chat)
    assert await bench.result("run", 1) == 1
    names = ["base", "first", "second", "method", "made from its class"]
    assert steps == [f"{name} in" for name in names] + ["run"] + [f"{name} out" for name in reversed(names)]


@pytest.mark.requirement("filters.order")
async def test_filters_of_a_router_are_outermost() -> None:
    described = describe_hub(Chat, (Note("router"),))
    filters = described.events["messages", "run"].filters
    assert [getattr(each, "_name", None) for each in filters][:2] == ["router", "base"]


@pytest.mark.requirement("filters.around", "filters.context")
async def test_filters_see_bound_arguments_and_may_change_them_and_the_result() -> None:
    async def double(invocation: HubInvocation, call_next: CallNext) -> Any:
        (number,) = invocation.arguments
        changed = HubInvocation(invocation.context, invocation.hub, (number * 2,))
        return await call_next(changed) + 1

    class Counting(ServerlessHub, filters=[double]):
        async def run(self, number: int) -> int:
            return number

    assert await Bench(Counting).result("run", "5") == 11


@pytest.mark.requirement("filters.around")
async def test_what_does_not_bind_reaches_no_filter() -> None:
    await Bench(Chat).error("run", "x")
    assert steps == []


async def refuse(invocation: HubInvocation, call_next: CallNext) -> Any:
    raise HubException("Not today.")


class Closed(ServerlessHub, filters=[refuse]):
    async def run(self) -> None: ...


@pytest.mark.requirement("filters.refuse.connected", "filters.refuse.message")
async def test_a_refusal_is_an_error_for_a_call_and_403_for_a_connection() -> None:
    assert await Bench(Closed).error("run") == "Not today."
    answer = await Bench(Closed).connect()
    assert (answer.status, answer.body) == (403, b'{"error":"Not today."}')


@pytest.mark.requirement("filters.refuse.message")
async def test_a_refused_send_or_farewell_is_answered_200_with_a_code() -> None:
    for answer in (await Bench(Closed).send("run"), await Bench(Closed).disconnect()):
        assert (answer.status, answer.body, answer.error_code) == (200, b"", "hub_exception")


class Guarded(ServerlessHub):
    @requires(role="admin")
    async def ban(self) -> str:
        return "banned"

    @requires()
    async def write(self) -> str:
        return "written"


@pytest.mark.requirement("upstream-security.claims")
@pytest.mark.parametrize(
    ("identity", "allowed"),
    [
        (Identity("ann", {"role": "admin"}), ["ban", "write"]),
        (Identity("ann", {"role": ["editor", "admin"]}), ["ban", "write"]),
        (Identity("ann", {"role": "administrator"}), ["write"]),
        (Identity(None, {"role": "admin"}), ["ban"]),
        (Identity(None, {}), []),
        (None, []),
    ],
)
async def test_only_the_verified_identity_opens_what_requires_claims(
    identity: Identity | None, allowed: list[str]
) -> None:
    bench = Bench(Guarded, identity=identity, claims="role: admin")
    for target in ("ban", "write"):
        completion = await bench.completion(target)
        assert completion.error == (None if target in allowed else "You are not allowed to do this.")


async def test_a_hub_class_may_require_claims_of_everyone_who_connects() -> None:
    @requires(role="member")
    class Members(ServerlessHub): ...

    assert (await Bench(Members).connect()).status == 403
    assert (await Bench(Members, identity=Identity("ann", {"role": "member"})).connect()).status == 200


async def test_a_method_may_still_raise_what_a_filter_would() -> None:
    class Chat(ServerlessHub, filters=[Note("filter")]):
        async def on_connected(self) -> None:
            raise ConnectionRejected("You are banned.")

    assert (await Bench(Chat).connect()).status == 403
    assert steps == ["filter in"]


@pytest.mark.parametrize("status", [400, 401, 429])
async def test_a_filter_may_refuse_as_an_endpoint_would(status: int) -> None:
    async def busy(invocation: HubInvocation, call_next: CallNext) -> Any:
        raise HTTPException(status, "Come back later.")

    class Busy(ServerlessHub, filters=[busy]): ...

    answer = await Bench(Busy).connect()
    assert (answer.status, answer.body) == (403, b'{"error":"Come back later."}')


async def test_a_filter_that_fails_refuses_nobody() -> None:
    async def broken(invocation: HubInvocation, call_next: CallNext) -> Any:
        raise HTTPException(500, "secret")

    class Broken(ServerlessHub, filters=[broken]): ...

    assert (await Bench(Broken).connect()).status == 500


@pytest.mark.parametrize(
    ("required", "claims", "allowed"),
    [
        ({"role": None}, {}, False),
        ({"level": 1}, {"level": True}, False),
        ({"level": True}, {"level": 1}, False),
        ({"level": 1}, {"level": 1}, True),
        ({"level": 1}, {"level": [0, 1]}, True),
    ],
)
async def test_claims_are_compared_strictly(required: dict[str, Any], claims: dict[str, Any], *, allowed: bool) -> None:
    @requires(**required)
    class Strict(ServerlessHub): ...

    status = (await Bench(Strict, identity=Identity("ann", claims)).connect()).status
    assert status == (200 if allowed else 403)


@pytest.mark.parametrize("waits", [True, False])
async def test_a_refusal_that_nobody_hears_of_is_a_warning(*, waits: bool, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "serverless_hub")

    class Chat(ServerlessHub):
        async def run(self) -> None:
            raise HubException("Not today.")

    await (Bench(Chat).ask("run") if waits else Bench(Chat).send("run"))
    assert [record.levelno for record in caplog.records] == [logging.INFO if waits else logging.WARNING]
