import os

from fastapi import FastAPI

from serverless_hub import EntraAuthentication, HubRouter, ServerlessHub


class Chat(ServerlessHub):
    async def echo(self, text: str) -> str:
        return text


# --8<-- [start:connection]
class News(ServerlessHub, connection="NewsConnection"):
    async def latest(self) -> str:
        return "no news"


# --8<-- [end:connection]
# --8<-- [start:entra]
def entra() -> EntraAuthentication:
    return EntraAuthentication(
        tenant_id=os.environ["TENANT_ID"],
        audience=os.environ["UPSTREAM_RESOURCE"],
        callers=[os.environ["SIGNALR_IDENTITY"]],
        authority=os.environ.get("ENTRA_AUTHORITY", "https://login.microsoftonline.com"),
    )


# --8<-- [end:entra]
# --8<-- [start:router]
def create_app() -> FastAPI:
    app = FastAPI()
    router = HubRouter(
        Chat,
        News,
        application="shop",
        allowed_origins=["https://www.example.com"],
        upstream_code=os.environ.get("UPSTREAM_CODE"),
        entra=entra(),
    )
    router.install(app)
    return app


# --8<-- [end:router]
