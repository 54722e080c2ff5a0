from fastapi import FastAPI

from serverless_hub import EmbeddedService, HubRouter, ServerlessHub

ACCESS_KEY = "an access key for this page only"


class Chat(ServerlessHub):
    async def echo(self, text: str) -> str:
        return text


# --8<-- [start:app]
app = FastAPI(telemetry={"tracing": False, "metrics": False, "logs": False})
# --8<-- [end:app]
HubRouter(Chat, default_service=EmbeddedService(access_key=ACCESS_KEY)).install(app)
