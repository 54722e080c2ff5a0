"""The app whose server is stopped and started again, with the same access key."""

from serverless_hub import EmbeddedService, ServiceSettings
from tests.clients.chat_hub import make_app
from tests.clients.matrix.agent import KEY

__all__ = ["app"]

app = make_app(EmbeddedService(access_key=KEY, settings=ServiceSettings(stateful_reconnect=True)))
