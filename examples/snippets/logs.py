import logging

from fastapi import FastAPI

from serverless_hub import EmbeddedService, HubException, HubRouter, ServerlessHub

# --8<-- [start:hub]
logging.basicConfig(level=logging.INFO)


class Door(ServerlessHub, naming="camel"):
    async def unlock(self, code: str, *, log: logging.Logger) -> None:
        if code != "open sesame":
            raise HubException("wrong code")
        log.info("unlocked by %s", self.context.connection_id)


# --8<-- [end:hub]
app = FastAPI()
HubRouter(Door, default_service=EmbeddedService()).install(app)
