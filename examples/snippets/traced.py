from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from fastapi import FastAPI
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import ConsoleSpanExporter, SimpleSpanProcessor

from serverless_hub import EmbeddedService, HubRouter, ServerlessHub
from serverless_hub.tracing import Tracing


# --8<-- [start:hub]
class Chat(ServerlessHub):
    async def say(self, text: str) -> int:
        await self.clients.all.send("said", text)
        return len(text)


# --8<-- [end:hub]
# --8<-- [start:provider]
@asynccontextmanager
async def lifespan(_: FastAPI) -> AsyncGenerator[None]:
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(ConsoleSpanExporter()))
    trace.set_tracer_provider(provider)
    yield
    provider.shutdown()


# --8<-- [end:provider]
# --8<-- [start:router]
app = FastAPI(lifespan=lifespan)
HubRouter(Chat, tracing=Tracing(), default_service=EmbeddedService()).install(app)
# --8<-- [end:router]
