import logging
from time import perf_counter
from typing import Annotated, Any

from fastapi import Depends, FastAPI, HTTPException
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from serverless_hub import EmbeddedService, HubException, HubRouter, Negotiation, RateLimit, ServerlessHub, requires
from serverless_hub.hub.filters import CallNext, HubInvocation

people = {
    "ann-key": Negotiation(user_id="ann", claims={"role": ["moderator", "author"]}),
    "ben-key": Negotiation(user_id="ben", claims={"role": ["author"]}),
    "guest-key": Negotiation(),
}
Bearer = Annotated[HTTPAuthorizationCredentials, Depends(HTTPBearer())]


async def who(bearer: Bearer) -> Negotiation:
    if bearer.credentials not in people:
        raise HTTPException(401)
    return people[bearer.credentials]


# --8<-- [start:filters]
log = logging.getLogger("forum")


async def timed(invocation: HubInvocation, call_next: CallNext) -> Any:
    begin = perf_counter()
    try:
        return await call_next(invocation)
    finally:
        log.info("%s took %.3f s", invocation.context.event, perf_counter() - begin)


async def polite(invocation: HubInvocation, call_next: CallNext) -> Any:
    if "damn" in invocation.arguments:
        raise HubException("mind your language")
    return await call_next(invocation)


class Forum(ServerlessHub, naming="camel", filters=[polite]):
    async def read(self) -> str:
        return "everybody may read"

    # --8<-- [end:filters]
    # --8<-- [start:requires]
    @requires()
    async def write(self, text: str) -> str:
        return f"{self.context.user_id} wrote {text}"

    @requires(role="moderator")
    async def erase(self) -> str:
        return "erased"

    # --8<-- [end:requires]


# --8<-- [start:router]
app = FastAPI()
router = HubRouter(
    Forum,
    negotiate=who,
    filters=[timed],
    rate_limit=RateLimit(per_second=5, burst=10),
    user_rate_limit=RateLimit(per_second=20, burst=40),
    default_service=EmbeddedService(),
)
router.install(app)
# --8<-- [end:router]
