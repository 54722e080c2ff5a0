"""The bodies of the two negotiate answers (TransportProtocols.md, "POST [endpoint-base]/negotiate")."""

from collections.abc import Collection
from typing import Any

from serverless_hub.protocol.client_token import TransportName

__all__ = ["TRANSPORT_NAMES", "asks_for_stateful_reconnect", "negotiate_version", "refusal_answer", "service_answer"]

TRANSPORT_NAMES: tuple[TransportName, ...] = ("WebSockets", "ServerSentEvents", "LongPolling")
"""All that there are, in the order in which clients try them."""
_FORMATS = {"WebSockets": ["Text", "Binary"], "ServerSentEvents": ["Text"], "LongPolling": ["Text", "Binary"]}


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
    version: int,
    connection_id: str,
    connection_token: str,
    transports: Collection[TransportName] = TRANSPORT_NAMES,
    *,
    stateful: bool = False,
) -> dict[str, Any]:
    """Return what the service answers.

    Args:
        version: of this answer; in 0 there is no token, and the token serves as the id.
        connection_id: what everybody may know.
        connection_token: what opens the connection.
        transports: how the client may connect.
        stateful: whether it may come back to its connection; only for one that has asked for it.
    """
    offered = [{"transport": name, "transferFormats": _FORMATS[name]} for name in TRANSPORT_NAMES if name in transports]
    if version == 0:
        return {"negotiateVersion": 0, "connectionId": connection_token, "availableTransports": offered}
    answer = {
        "negotiateVersion": version,
        "connectionId": connection_id,
        "connectionToken": connection_token,
        "availableTransports": offered,
    }
    return answer | {"useStatefulReconnect": True} if stateful else answer
