from fastapi import FastAPI, HTTPException
from pydantic import BaseModel

from serverless_hub import EmbeddedService, HubException, HubRouter, ServerlessHub


# --8<-- [start:hub]
class Account(BaseModel):
    owner: str
    cents: int


accounts = {"ann": Account(owner="ann", cents=1200)}


class Bank(ServerlessHub, naming="camel"):
    async def account(self, owner: str) -> Account:
        if owner not in accounts:
            raise HubException(f"{owner} has no account here")
        return accounts[owner]

    async def remind(self, owner: str) -> None:
        accounts[owner].cents -= 1  # a KeyError, when there is no such owner

    async def withdraw(self, owner: str, cents: int) -> int:
        if cents > accounts[owner].cents:
            raise HTTPException(409, "that is more than the account holds")
        accounts[owner].cents -= cents
        return accounts[owner].cents


# --8<-- [end:hub]
app = FastAPI()
HubRouter(Bank, default_service=EmbeddedService()).install(app)
