from typing import Protocol

from fastapi import FastAPI
from pydantic import BaseModel

from serverless_hub import EmbeddedService, HubException, HubRouter, ServerlessHub
from serverless_hub.errors import ClientResultError, ConnectionGoneError, ServiceTimeoutError


# --8<-- [start:hub]
class Order(BaseModel):
    number: int
    total_cents: int


class ShopClient(Protocol):
    async def price_changed(self, item: str, cents: int) -> None: ...
    async def confirm(self, order: Order) -> bool: ...


class Shop(ServerlessHub[ShopClient], naming="camel", casing="camel"):
    async def set_price(self, item: str, cents: int) -> None:
        await self.clients.others.price_changed(item, cents)

    # --8<-- [end:hub]
    # --8<-- [start:result]
    async def buy(self, order: Order) -> str:
        try:
            confirmed = await self.clients.caller.confirm(order)
        except (ServiceTimeoutError, ConnectionGoneError, ClientResultError) as error:
            raise HubException("the order was not confirmed") from error
        return "bought" if confirmed else "left in the shop"

    # --8<-- [end:result]


app = FastAPI()
router = HubRouter(Shop, default_service=EmbeddedService())
# --8<-- [start:context]
shop = router.context(Shop)


@app.put("/prices/{item}")
async def put_price(item: str, cents: int) -> None:
    await shop.clients.all.price_changed(item, cents)


# --8<-- [end:context]
router.install(app)
