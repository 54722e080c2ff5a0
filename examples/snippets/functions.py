from typing import Annotated, Any

from fastapi import FastAPI
from pydantic import BaseModel, ConfigDict
from pydantic.alias_generators import to_pascal

from serverless_hub import EmbeddedService, HubRouter, InvocationContext
from serverless_hub.bindings import SignalRParameter

# --8<-- [start:trigger]
router = HubRouter(default_service=EmbeddedService())


@router.trigger(hub="chat", category="connections", event="connected")
async def enter(context: InvocationContext) -> None:
    await context.groups.add(context.connection_id, "lobby")


@router.trigger(hub="chat", event="sendMessage", parameter_names=["room", "text"])
async def send_message(context: InvocationContext, room: str, text: str) -> int:
    await context.clients.group(room).send("receiveMessage", text)
    return len(text)


# --8<-- [end:trigger]
# --8<-- [start:parameter]
Number = Annotated[int, SignalRParameter()]


@router.trigger(hub="chat", event="add")
async def add(left: Number, right: Number = 1) -> int:
    return left + right


# --8<-- [end:parameter]
# --8<-- [start:input]
class Event(BaseModel):
    model_config = ConfigDict(alias_generator=to_pascal)

    connection_id: str  # ConnectionId in Azure's JSON
    arguments: list[Any]


@router.trigger(hub="chat", event="count")
async def count(event: Event) -> int:
    return len(event.arguments)


# --8<-- [end:input]
app = FastAPI()
router.install(app)
