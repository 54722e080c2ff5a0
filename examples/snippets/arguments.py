from datetime import date
from typing import Literal

from fastapi import FastAPI
from pydantic import BaseModel, Field

from serverless_hub import EmbeddedService, HubRouter, ServerlessHub


# --8<-- [start:hub]
class Item(BaseModel):
    name: str
    cents: int = Field(gt=0)


class Basket(ServerlessHub, naming="camel"):
    async def add(self, item: Item, count: int = 1, *labels: str) -> str:
        return f"{count} x {item.name} for {count * item.cents} cents, labels: {', '.join(labels) or 'none'}"

    async def deliver(self, day: date, to: Literal["home", "office"]) -> str:
        return f"delivered on a {day:%A} to the {to}"


# --8<-- [end:hub]
app = FastAPI()
HubRouter(Basket, default_service=EmbeddedService()).install(app)
