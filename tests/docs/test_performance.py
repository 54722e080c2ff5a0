"""Claims of `explanation/performance.md`; its numbers are included from the results of the benchmarks."""

import sys
from types import FrameType
from typing import Any

import pytest
from fastapi import FastAPI

from benchmarks.micro.asgi import post
from examples.snippets import untraced
from serverless_hub import EmbeddedService, HubRouter
from serverless_hub.protocol.signature import sign_connection

BODY = b'{"type":1,"invocationId":"7","target":"echo","arguments":["hello"]}'
HEADERS = {
    "content-type": "application/json",
    "x-asrs-connection-id": "c1",
    "x-asrs-hub": "Chat",
    "x-asrs-category": "messages",
    "x-asrs-event": "echo",
    "x-asrs-signature": sign_connection("c1", [untraced.ACCESS_KEY]),
}


def traced_app() -> FastAPI:
    app = FastAPI()
    HubRouter(untraced.Chat, default_service=EmbeddedService(access_key=untraced.ACCESS_KEY)).install(app)
    return app


@pytest.mark.parametrize("asks", [True, False], ids=["as usual", "switched off"])
async def test_an_app_whose_telemetry_is_switched_off_does_not_look_for_any(asks: bool) -> None:
    app = traced_app() if asks else untraced.app
    asked: list[str] = []

    def note(frame: FrameType, event: str, _: Any) -> None:
        if event == "call" and "/opentelemetry/" in frame.f_code.co_filename:
            asked.append(frame.f_code.co_name)

    async with app.router.lifespan_context(app):
        before = sys.getprofile()
        sys.setprofile(note)
        try:
            answer = await post(app, HEADERS, BODY)
        finally:
            sys.setprofile(before)
    assert answer == b'{"type":3,"invocationId":"7","result":"hello"}\x1e'
    assert bool(asked) is asks
