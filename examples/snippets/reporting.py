from typing import Any

from fastapi import FastAPI

from serverless_hub import EmbeddedService, HubException, HubRouter, ServerlessHub
from serverless_hub.hub.filters import CallNext, HubInvocation

reports: list[tuple[Exception, dict[str, Any]]] = []


def report(error: Exception, **about: Any) -> None:
    reports.append((error, about))


# --8<-- [start:filter]
async def reported(invocation: HubInvocation, call_next: CallNext) -> Any:
    try:
        return await call_next(invocation)
    except HubException:
        raise  # meant for the client
    except Exception as error:
        context = invocation.context
        report(error, hub=context.hub, event=context.event, connection=context.connection_id, user=context.user_id)
        raise


class Shop(ServerlessHub, filters=[reported]):
    async def buy(self, article: str) -> None:
        if article == "air":
            raise HubException("that is free")
        raise RuntimeError("the till is stuck")


# --8<-- [end:filter]
app = FastAPI()
HubRouter(Shop, default_service=EmbeddedService()).install(app)
