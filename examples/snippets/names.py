from fastapi import FastAPI

from serverless_hub import EmbeddedService, HubRouter, ServerlessHub, hub_method


# --8<-- [start:hub]
class Orders(ServerlessHub, naming="camel"):
    async def place_order(self, item: str) -> str:  # target: placeOrder
        return self._receipt(item)

    @hub_method("cancel")
    async def cancel_order(self, receipt: str) -> str:  # target: cancel
        return f"cancelled: {receipt}"

    def _receipt(self, item: str) -> str:  # no target: the name begins with an underscore
        return f"receipt for {item}"


# --8<-- [end:hub]
app = FastAPI()
HubRouter(Orders, default_service=EmbeddedService()).install(app)
