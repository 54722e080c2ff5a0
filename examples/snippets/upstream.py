from fastapi import FastAPI

from serverless_hub import EmbeddedService, HubRouter, ServerlessHub

ACCESS_KEY = "an access key for this page only"


class Chat(ServerlessHub, naming="camel"):
    async def add(self, left: int, right: int) -> int:
        return left + right


app = FastAPI()
HubRouter(Chat, default_service=EmbeddedService(access_key=ACCESS_KEY)).install(app)
