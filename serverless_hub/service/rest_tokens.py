"""Operations on the service itself: health, and tokens and keys that it gives out or does not."""

from http import HTTPStatus
from typing import Any

from serverless_hub.service.rest_answers import RestRefusal, bad_request
from serverless_hub.service.rest_call import RestCall

__all__ = ["check_health", "generate_token", "refuse_access_key"]

_MINUTES = 60


async def check_health(_call: RestCall) -> None:
    """Answer that the service is there; load balancers and SDKs ask without a token."""


async def generate_token(call: RestCall) -> dict[str, Any]:
    """Answer an access token for a client, of somebody or of a user."""
    user_id = call.query.text("userid")
    if user_id is not None and not user_id.isprintable():
        raise bad_request("userId has control characters: with such a token nobody could connect")
    minutes = call.query.number("minutestoexpire", 1) or _MINUTES
    return {"token": call.host.generate_token(call.hub_name, user_id, minutes * 60.0, call.endpoint)}


async def refuse_access_key(_call: RestCall) -> None:
    """Refuse: on Azure, it gives a temporary key to apps that come with a Microsoft Entra token."""
    raise RestRefusal(
        HTTPStatus.FORBIDDEN,
        "this service knows no Microsoft Entra identities, and never gives its access key away: "
        "put AccessKey=... into the connection string",
    )
