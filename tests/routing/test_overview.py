"""What tools are told of a router, without running anything."""

from fastapi import APIRouter, FastAPI

from serverless_hub import EmbeddedService, HubRouter, ServerlessHub
from serverless_hub.routing.overview import overviews


class Chat(ServerlessHub):
    async def on_connected(self) -> None: ...
    async def tell(self) -> None: ...


def test_a_router_says_what_runs_for_which_event_and_where_events_come_in() -> None:
    app, service = FastAPI(), EmbeddedService()
    router = HubRouter(Chat, application="shop", prefix="/rt", default_service=service, upstream_code="x" * 16)
    router.install(app)

    @router.trigger(hub="news", event="publish", parameter_names=["title"])
    async def publish(title: str) -> None: ...

    (found,) = overviews(app)
    assert [(hub, method.event) for hub, method in found.methods()] == [
        ("shop_chat", "connected"),
        ("shop_chat", "tell"),
        ("shop_news", "publish"),
    ]
    assert found.client_name("shop_chat") == "chat"
    assert found.webhook == "/rt/runtime/webhooks/signalr"
    assert found.default_service is service
    assert found.code == "x" * 16
    assert "xxx" not in repr(found)
    assert found.entra is None


def test_a_router_that_is_only_included_is_found_among_others_and_each_counts_once() -> None:
    app, installed, included = FastAPI(), HubRouter(Chat), HubRouter(Chat, prefix="/v2")
    installed.install(app)
    app.include_router(included)
    found = overviews(app, [app, included, installed, APIRouter(), "else"])
    assert [each.prefix for each in found] == ["", "/v2"]


def test_what_is_no_app_of_fastapi_has_none() -> None:
    assert overviews(print) == []
