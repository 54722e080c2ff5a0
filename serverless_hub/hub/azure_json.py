"""The invocation context in the JSON of Azure's trigger binding (Functions extension, InvocationContext.cs)."""

from typing import TYPE_CHECKING

from serverless_hub.protocol.multimap import MultiMap
from serverless_hub.protocol.upstream import Category
from serverless_hub.protocol.values import to_json

if TYPE_CHECKING:
    from serverless_hub.hub.context import InvocationContext

__all__ = ["azure_json"]

_CONTENT_HEADERS = frozenset(("content-type", "content-length"))


def azure_json(context: "InvocationContext") -> str:
    """Return the context with Azure's keys, in Azure's order; what is absent is null."""
    headers = {name: value for name, value in _joined(context.headers).items() if name not in _CONTENT_HEADERS}
    return to_json(
        {
            "Arguments": list(context.arguments) if context.category is Category.MESSAGES else None,
            "Error": context.error,
            "Category": context.category.value,
            "Event": context.event,
            "Hub": context.hub,
            "ConnectionId": context.connection_id,
            "UserId": context.user_id,
            "Headers": headers,
            "Query": _joined(context.query) or None,
            "Claims": dict(context.claims) or None,
        }
    ).decode()


def _joined(values: MultiMap) -> dict[str, str]:
    return {name: ",".join(values.all(name)) for name in values}
