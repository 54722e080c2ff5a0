from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from serverless_hub.service.rest_answers import RestRefusal
from serverless_hub.service.rest_bodies import Body
from serverless_hub.service.rest_query import RestQuery
from serverless_hub.service.rest_router import RestRouter
from serverless_hub.service.rest_routes import ROUTES

ROUTER = RestRouter(ROUTES)
MEDIA_TYPES = ["application/json", "application/x-msgpack", "application/octet-stream", ""]


@pytest.mark.parametrize("path", ROUTES)
def test_every_path_of_the_table_is_found_with_its_names(path: str) -> None:
    filled = path.replace("{", "%7B").replace("}", "%7D")
    route = ROUTER.match(filled)
    assert route.methods == ROUTES[path]
    assert all(value == f"{{{name}}}" for name, value in route.names.items())
    assert len(route.names) == path.count("{")


@pytest.mark.parametrize("path", ["/api/hubs/chat/users//groups", "/api/hubs", "/API/health", "", "/", "api/health"])
def test_any_other_path_is_not(path: str) -> None:
    with pytest.raises(RestRefusal) as refused:
        ROUTER.match(path)
    assert refused.value.status == 404


def refusal_of(read: Callable[[], object]) -> int | None:
    """Return the status with which something is refused; any other error is one."""
    try:
        read()
    except RestRefusal as refusal:
        return int(refusal.status)
    return None


@given(st.text())
def test_any_path_is_found_or_refused(path: str) -> None:
    assert refusal_of(lambda: ROUTER.match(path)) in {None, 400, 404}


@given(st.text())
def test_any_query_is_read_or_refused(text: str) -> None:
    assert refusal_of(lambda: RestQuery(text).text("ttl")) in {None, 400}
    assert refusal_of(lambda: RestQuery(f"ttl={text}").number("ttl", 0)) in {None, 400}
    assert refusal_of(lambda: RestQuery(f"completed={text}").flag("completed")) in {None, 400}


@given(st.sampled_from(MEDIA_TYPES), st.binary())
def test_any_body_is_read_or_refused(media_type: str, data: bytes) -> None:
    body = Body(media_type, data)
    for read in (body.payload, body.item, body.json):
        assert refusal_of(read) in {None, 400, 415}
