import logging

from serverless_hub import HubContext, ServiceError
from serverless_hub.errors import ConnectionGoneError

log = logging.getLogger("shop")


# --8<-- [start:catch]
async def is_confirmed(shop: HubContext, connection_id: str) -> bool:
    try:
        return await shop.clients.client(connection_id, timeout=10).invoke("confirm", returns=bool)
    except ConnectionGoneError:
        return False
    except ServiceError as error:
        log.warning("asking failed: %s (status %s, request %s)", error, error.status, error.request_id)
        raise


# --8<-- [end:catch]
