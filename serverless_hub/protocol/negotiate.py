"""The bodies of the two negotiate answers (TransportProtocols.md, "POST [endpoint-base]/negotiate")."""

from typing import Any

__all__ = ["TRANSPORTS", "asks_for_stateful_reconnect", "negotiate_version", "refusal_answer", "service_answer"]

TRANSPORTS = ({"transport": "WebSockets", "transferFormats": ["Text", "Binary"]},)
"""What the service offers, in the order in which clients try it."""


def refusal_answer(error: str) -> dict[str, str]:
    """Return the answer that stops a client; it shows `error`."""
    return {"error": error}


def negotiate_version(asked: str | None) -> int:
    """Return the version to answer with: 0 when the client asks for none, else at most 1.

    Raises:
        ValueError: the client asked for something that is not a number.
    """
    return min(max(int(asked), 0), 1) if asked is not None else 0


def asks_for_stateful_reconnect(version: int, asked: str | None) -> bool:
    """Tell whether a client wants to come back to its connection over another line; in version 0 none can."""
    return version > 0 and asked is not None and asked.lower() == "true"


def service_answer(
    version: int, connection_id: str, connection_token: str, *, stateful: bool = False
) -> dict[str, Any]:
    """Return what the service answers; in version 0 there is no token, and the token serves as the id.

    With `stateful` the client may come back to its connection: never answer so to one that has not asked for it.
    """
    if version == 0:
        return {"negotiateVersion": 0, "connectionId": connection_token, "availableTransports": TRANSPORTS}
    answer = {
        "negotiateVersion": version,
        "connectionId": connection_id,
        "connectionToken": connection_token,
        "availableTransports": TRANSPORTS,
    }
    return answer | {"useStatefulReconnect": True} if stateful else answer
