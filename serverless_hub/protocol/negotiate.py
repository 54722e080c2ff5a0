"""The bodies of the two negotiate answers (TransportProtocols.md, "POST [endpoint-base]/negotiate")."""

from typing import Any

__all__ = ["TRANSPORTS", "negotiate_version", "refusal_answer", "service_answer"]

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


def service_answer(version: int, connection_id: str, connection_token: str) -> dict[str, Any]:
    """Return what the service answers; in version 0 there is no token, and the token serves as the id."""
    if version == 0:
        return {"negotiateVersion": 0, "connectionId": connection_token, "availableTransports": TRANSPORTS}
    return {
        "negotiateVersion": version,
        "connectionId": connection_id,
        "connectionToken": connection_token,
        "availableTransports": TRANSPORTS,
    }
