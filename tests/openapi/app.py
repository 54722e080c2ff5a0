"""An app with everything that a document can show: two hubs, functions, and targets with odd characters."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import Depends, FastAPI, Header
from pydantic import BaseModel, Field, GetCoreSchemaHandler
from pydantic_core import CoreSchema, core_schema

from serverless_hub import EmbeddedService, HubException, HubRouter, InvocationContext, ServerlessHub, hub_method
from tests.support.upstream import KEY

__all__ = ["ODD_TARGETS", "Board", "app_with", "odd_hub", "router_with"]

ODD_TARGETS = [
    "send-message",
    "a/b",
    "{x}",
    "ä ö",
    "a b",
    "a?b#c",
    "%41",
    "a.b",
    "{x:path}",
    "connected",
    "*",
    "/x",
    "x/",
    "😀",
]


class Attachment(BaseModel):
    name: Annotated[str, Field(alias="fileName")]
    data: bytes = b""
    parts: list["Attachment"] = []


class Circle(BaseModel):
    kind: Literal["circle"]
    radius: Annotated[float, Field(gt=0)]


class Square(BaseModel):
    kind: Literal["square"]
    side: int


@dataclass
class Point:
    x: int
    y: int = 0


class Opaque:
    """A type that pydantic can validate and cannot describe."""

    @classmethod
    def __get_pydantic_core_schema__(cls, _source: Any, _handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_plain_validator_function(lambda _value: cls())


class Receipt(BaseModel):
    id: UUID
    at: datetime
    price: Decimal | None = None


async def language(accept_language: Annotated[str, Header()] = "en") -> str:
    return accept_language


class Board(ServerlessHub, naming="camel"):
    async def on_connected(self, *, language: Annotated[str, Depends(language)]) -> None:
        """Greet in the client's language."""

    async def on_disconnected(self, error: str | None) -> None: ...

    async def draw(
        self, shape: Annotated[Circle | Square, Field(discriminator="kind")], at: Point, scale: float = 1
    ) -> Point:
        """Draw a shape."""
        return Point(at.x + 1, int(scale) if abs(scale) < 10 else len(shape.kind))

    async def attach(self, attachment: Attachment, *more: Attachment) -> list[Attachment]:
        return [attachment, *more]

    def store(self, data: bytes) -> bytes:
        return data

    async def order(self, count: Annotated[int, Field(ge=1, le=9)], note: str | None = None, *tags: str) -> Receipt:
        if note == "":
            raise HubException("say something")
        return Receipt(id=UUID(int=count), at=datetime(2026, 7, 1, 12), price=Decimal(len(tags)))  # noqa: DTZ001 - a time of day, anywhere

    async def translate(self, text: str, *, language: Annotated[str, Depends(language)]) -> str:
        return f"{language}: {text}"

    async def anything(self, value, context: InvocationContext) -> Any:  # type: ignore[no-untyped-def]  # noqa: ANN001 - it takes anything
        return value if context.arguments else None  # pyright: ignore[reportUnknownVariableType] - it is anything

    async def nameless(self, value: Opaque, count: int) -> None:
        """Take what has no JSON schema."""


def odd_hub(targets: Iterable[str]) -> type[ServerlessHub]:
    """Return a hub with `targets`, each of which adds one."""

    def method(target: str) -> Any:
        @hub_method(target)
        async def add(self: ServerlessHub, value: int) -> int:
            return value + 1

        return add

    return type("Odd", (ServerlessHub,), {f"method{number}": method(target) for number, target in enumerate(targets)})


def router_with(*hubs: type[ServerlessHub], **options: Any) -> HubRouter:
    """Return a router with `hubs`, or with all of them, and functions."""
    router = HubRouter(
        *(hubs or (Board, odd_hub(ODD_TARGETS))), default_service=EmbeddedService(access_key=KEY), **options
    )

    @router.trigger(hub="news", event="publish", parameter_names=["title", "body"])
    async def publish(context: InvocationContext, title: str, body: Attachment | None) -> int:
        """Publish an article."""
        return len(title) + len(context.arguments) + (body is not None)

    @router.trigger(hub="news", event="raw")
    async def raw(event: InvocationContext) -> list[Any]:
        return list(event.arguments)

    @router.trigger(hub="news", category="connections", event="connected")
    async def greet(context: InvocationContext) -> None: ...

    return router


def app_with(*hubs: type[ServerlessHub], **options: Any) -> FastAPI:
    app = FastAPI()
    router_with(*hubs, **options).install(app)
    return app
