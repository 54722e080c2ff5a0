"""One upstream event in process, from the signature to the bytes of the completion, and how its cost grows."""

from collections.abc import Awaitable, Callable, Sequence
from contextlib import AsyncExitStack
from typing import Any

from fastapi import FastAPI

from benchmarks.apps import hub_app
from benchmarks.harness.micro import compare_async
from benchmarks.harness.plan import Plan
from benchmarks.harness.samples import Recorder
from benchmarks.harness.servers import KEY
from benchmarks.load.events import ANSWER, HEADERS, JSON_BODY
from benchmarks.micro.asgi import Asgi, post
from benchmarks.peers import bare_asgi, fastapi_upstream, hand_tuned
from serverless_hub import EmbeddedService, HubRouter, ServerlessHub

__all__ = ["app_with", "hub_with", "run"]

_RAW = [(name.encode(), value.encode()) for name, value in HEADERS.items()]


def hub_with(methods: int, name: str = "chat") -> type[ServerlessHub]:
    """Return a hub with so many methods, `sendMessage` among them."""

    def method(number: int) -> Callable[..., Awaitable[int]]:
        async def run(self: ServerlessHub, room: str, message: hub_app.Message) -> int:  # noqa: ARG001 - a method
            return len(room) + len(message.text)

        run.__name__ = f"method_{number}"
        return run

    more = {f"method_{number}": method(number) for number in range(methods - 1)}
    made: type[ServerlessHub] = type(
        f"Hub{methods}", (ServerlessHub,), {**more, "send_message": method(methods)}, hub=name, naming="camel"
    )
    return made


def app_with(hubs: Sequence[type[ServerlessHub]]) -> FastAPI:
    """Return an app with `hubs` and nothing else."""
    app = FastAPI()
    HubRouter(*hubs, default_service=EmbeddedService(access_key=KEY)).install(app)
    return app


async def run(plan: Plan, recorder: Recorder) -> None:
    """Measure events."""
    parts: dict[str, dict[str, Any]] = {
        "dispatch": {
            "hub": hub_app.app,
            "hand-tuned": hand_tuned.app,
            "hub-depends": hub_app.injecting,
            "bare": bare_asgi.app,
            "fastapi-async": fastapi_upstream.with_async,
        },
        "methods": {str(count): app_with([hub_with(count)]) for count in (10, 1000)},
        "hubs": {
            str(count): app_with([hub_with(1), *(hub_with(1, f"other{number}") for number in range(1, count))])
            for count in (1, 100)
        },
    }
    async with AsyncExitStack() as stack:
        for group, apps in parts.items():
            plan.tell(group)
            for app in apps.values():
                if isinstance(app, FastAPI):
                    await stack.enter_async_context(app.router.lifespan_context(app))
            calls = {name: await _checked(app) for name, app in apps.items()}
            if group == "dispatch":
                calls["hand-tuned-function"] = lambda: hand_tuned.answer(_RAW, JSON_BODY)
            await compare_async(group, calls, plan, recorder)


async def _checked(app: Asgi) -> Callable[[], Awaitable[object]]:
    """Return what posts to `app`, once it has answered rightly."""
    answer = await post(app)
    if answer != ANSWER:
        raise ValueError(f"an app answers {answer!r}")
    return lambda: post(app)
