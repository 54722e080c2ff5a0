"""Which endpoints there are, what they are called, and where clients are sent."""

from collections import Counter
from collections.abc import Sequence
from random import Random
from typing import Any

import pytest

from serverless_hub.errors import ConfigurationError, UnreachableError
from serverless_hub.hub.negotiation import Negotiation
from serverless_hub.management.endpoint_router import (
    EndpointRouter,
    NegotiateRequest,
    WeightedRouter,
    choose_endpoint,
)
from serverless_hub.management.endpoints import EndpointState, distinct, labels
from serverless_hub.protocol.endpoint import Endpoint

REQUEST = NegotiateRequest("chat", Negotiation(user_id="ann"))


def endpoint(host: str, key: str = "key", **others: Any) -> Endpoint:
    url = f"https://{host}.example"
    return Endpoint(url, key, client_url=url, server_url=url, **others)


def state(host: str, *, online: bool = True, **others: Any) -> EndpointState:
    return EndpointState(endpoint(host, **others), online)


# --- one for each URL


def test_primary_endpoints_come_first_and_each_url_once(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO")
    first, second, spare = endpoint("a", "one"), endpoint("a", "two", name="next"), endpoint("b", primary=False)
    assert distinct([spare, first, second, endpoint("c")]) == (first, endpoint("c"), spare)
    (record,) = caplog.records
    assert record.getMessage().startswith("https://a.example is configured more than once")


def test_a_service_without_any_endpoint_is_none() -> None:
    with pytest.raises(ConfigurationError, match="at least one endpoint"):
        distinct([])


def test_endpoints_are_called_by_their_names_where_those_tell_them_apart() -> None:
    some = [endpoint("a", name="east"), endpoint("b", name="west"), endpoint("c", name="west", primary=False)]
    assert labels([*some, endpoint("d")]) == {
        "https://a.example": "east",
        "https://b.example": "https://b.example",
        "https://c.example": "https://c.example",
        "https://d.example": "https://d.example",
    }


def test_a_state_says_what_azure_says_of_an_endpoint() -> None:
    spare = state("a", name="east", primary=False)
    assert (spare.name, spare.url, spare.type, spare.online) == ("east", "https://a.example", "Secondary", True)
    assert state("b").type == "Primary"
    assert "key" not in repr(spare).replace("access_key", "")


@pytest.mark.parametrize("weight", [0, -1])
def test_a_weight_is_positive(weight: int) -> None:
    with pytest.raises(ConfigurationError, match="weight"):
        endpoint("a", weight=weight)


# --- choosing


def chosen(*states: EndpointState, router: EndpointRouter | None = None) -> str:
    return choose_endpoint(REQUEST, states, router or WeightedRouter()).url


@pytest.mark.requirement("endpoints.negotiate")
def test_a_client_is_sent_to_a_primary_endpoint_while_one_is_online() -> None:
    assert chosen(state("spare", primary=False), state("down", online=False), state("up")) == "https://up.example"


@pytest.mark.requirement("endpoints.negotiate")
def test_else_it_is_sent_to_a_secondary_one() -> None:
    states = [state("down", online=False), state("sick", primary=False, online=False), state("spare", primary=False)]
    assert chosen(*states) == "https://spare.example"


def test_when_none_is_online_the_error_names_them_all() -> None:
    with pytest.raises(UnreachableError, match=r"none of https://a\.example, https://b\.example is online"):
        chosen(state("a", online=False), state("b", primary=False, online=False))


@pytest.mark.requirement("endpoints.weight")
def test_clients_are_spread_by_weight() -> None:
    states = [state("light"), state("heavy", weight=3)]
    router = WeightedRouter(Random(1))  # noqa: S311 - chance that comes out the same each time
    counts = Counter(chosen(*states, router=router) for _ in range(4000))
    assert 2900 < counts["https://heavy.example"] < 3100
    assert counts["https://light.example"] == 4000 - counts["https://heavy.example"]


@pytest.mark.requirement("endpoints.router")
def test_the_apps_own_router_sees_who_comes_and_where_it_may_go() -> None:
    seen: list[Any] = []

    def last(request: NegotiateRequest, candidates: Sequence[EndpointState]) -> EndpointState:
        seen.append((request, candidates))
        return candidates[-1]

    a, b = state("a"), state("b")
    assert chosen(a, b, state("c", online=False), state("d", primary=False), router=last) == "https://b.example"
    assert seen == [(REQUEST, [a, b])]


@pytest.mark.requirement("endpoints.router")
def test_it_cannot_send_a_client_anywhere_else() -> None:
    offline = state("c", online=False)
    with pytest.raises(ConfigurationError, match="one of the candidates"):
        chosen(state("a"), offline, router=lambda _request, _candidates: offline)
