# --8<-- [start:setup]
import logging.config

from fastapi import FastAPI

from serverless_hub import EmbeddedService, HubRouter, ServerlessHub

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "lines": {"format": "%(asctime)s %(levelname)-7s %(name)s: %(message)s"},
        "json": {"()": "serverless_hub.cli.logs.JsonFormatter"},  # one object in each line
    },
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "lines"}},
    "root": {"handlers": ["stderr"], "level": "WARNING"},
    "loggers": {
        "serverless_hub": {"level": "INFO"},  # refusals, and clients that come to a bad end
        "serverless_hub.service": {"level": "WARNING"},  # unless you look for a client's trouble
        "shop": {"level": "INFO"},  # your own
    },
}
logging.config.dictConfig(LOGGING)
# --8<-- [end:setup]


class Door(ServerlessHub):
    async def unlock(self, code: str) -> None:
        logging.getLogger("shop").info("a code of %d letters", len(code))
        raise RuntimeError("the lock is stuck")


app = FastAPI()
HubRouter(Door, default_service=EmbeddedService()).install(app)
