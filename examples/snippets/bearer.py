import os
from typing import Annotated

from fastapi import Depends, FastAPI, HTTPException
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from jose import JWTError, jwt

from serverless_hub import EmbeddedService, HubRouter, Negotiation, ServerlessHub


class Forum(ServerlessHub):
    async def whoami(self) -> str | None:
        return self.context.identity.user_id if self.context.identity else None


# --8<-- [start:who]
Bearer = Annotated[HTTPAuthorizationCredentials, Depends(HTTPBearer())]


async def who(bearer: Bearer) -> Negotiation:
    try:
        claims = jwt.decode(
            bearer.credentials,
            os.environ["PROVIDER_KEY"],  # the provider's public key, as PEM
            algorithms=["RS256"],
            audience="forum",
            issuer="https://login.example.com",
        )
    except JWTError as error:
        raise HTTPException(401, "sign in first") from error
    return Negotiation(user_id=claims["sub"], claims={"role": claims.get("roles", [])})


# --8<-- [end:who]
app = FastAPI()
HubRouter(Forum, negotiate=who, default_service=EmbeddedService()).install(app)
