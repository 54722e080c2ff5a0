from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import Depends, FastAPI, HTTPException

from serverless_hub import EmbeddedService, HubRouter, ServerlessHub
from serverless_hub.bindings import (
    SecurityTokenResult,
    SignalRConnectionInfo,
    SignalREndpoint,
    SignalRGroupAction,
    SignalRMessage,
    SignalRNegotiation,
    SignalROutput,
    security_token,
)
from serverless_hub.errors import TokenError


class Warehouse(ServerlessHub, naming="camel"):
    async def who_am_i(self) -> list[Any]:
        identity = self.context.identity
        return [self.context.user_id, dict(identity.claims) if identity else None]


app = FastAPI()
router = HubRouter(Warehouse, default_service=EmbeddedService())

# --8<-- [start:output]
ToWarehouse = Annotated[SignalROutput, Depends(router.output("warehouse"))]


@app.post("/orders/{number}")
async def order(number: int, warehouse: ToWarehouse) -> str:
    message = SignalRMessage(target="ordered", arguments=[number], group_name="packers")
    await warehouse.add(message)
    return "ordered"


# --8<-- [end:output]
# --8<-- [start:sends]
@app.put("/packers/{user_id}")
@router.sends("warehouse")
async def employ(user_id: str) -> list[SignalRGroupAction | SignalRMessage]:
    return [
        SignalRGroupAction(action="add", user_id=user_id, group_name="packers"),
        SignalRMessage(target="welcome", arguments=[user_id]),
    ]


# --8<-- [end:sends]
# --8<-- [start:verify]
tokens: dict[str, Mapping[str, Any]] = {"token-of-ann": {"sub": "ann", "role": "packer"}}


def verify(token: str) -> Mapping[str, Any]:  # stands for a library that verifies JWTs
    if token not in tokens:
        raise TokenError("nobody's token")
    return tokens[token]


# --8<-- [end:verify]
# --8<-- [start:info]
USER = "{headers.x-ms-client-principal-id}"
BEARER = "{headers.authorization}"

connection_info = router.connection_info(
    "warehouse", user_id=USER, id_token=BEARER, claim_type_list=["role"], verifier=verify
)
Info = Annotated[SignalRConnectionInfo, Depends(connection_info)]


@app.post("/live/negotiate")
async def negotiate(info: Info) -> SignalRConnectionInfo:
    return info


# --8<-- [end:info]
# --8<-- [start:token]
Token = Annotated[SecurityTokenResult, Depends(security_token(verify))]


@app.get("/me")
async def me(token: Token) -> str:
    if token.status != "valid" or token.claims is None:
        raise HTTPException(401)
    return str(token.claims["sub"])


# --8<-- [end:token]
# --8<-- [start:endpoints]
Negotiation = Annotated[SignalRNegotiation, Depends(router.negotiation("warehouse", user_id=USER))]
Endpoints = Annotated[list[SignalREndpoint], Depends(router.endpoints("warehouse"))]


@app.post("/choose")
async def choose(negotiation: Negotiation) -> SignalRNegotiation:
    return negotiation


@app.post("/alarm")
async def alarm(endpoints: Endpoints, warehouse: ToWarehouse) -> None:
    primary = [endpoint for endpoint in endpoints if endpoint.endpoint_type == "Primary"]
    await warehouse.add(SignalRMessage(target="alarm", endpoints=primary))


# --8<-- [end:endpoints]
router.install(app)
