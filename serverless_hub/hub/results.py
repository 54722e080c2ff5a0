"""What a method returned, as the result of a completion."""

import inspect
from typing import Any, Final

import msgspec
from pydantic import PydanticUndefinedAnnotation, PydanticUserError, TypeAdapter

from serverless_hub.errors import HubDefinitionError, ServerlessHubError
from serverless_hub.hub.core_schemas import nodes
from serverless_hub.protocol.codec import JSON, HubProtocol
from serverless_hub.protocol.messages import NO_RESULT

__all__ = ["ResultError", "ResultWriter"]

_OWN_ENCODING: Final = frozenset(("any", "bytes"))
"""Types that pydantic's JSON would write differently from `protocol.values`: bytes are standard base64."""


class ResultError(ServerlessHubError):
    """A method returned what its annotation does not allow, or what cannot be sent."""


class ResultWriter:
    """Validates and encodes by the return annotation, by alias, as FastAPI does; without one, anything goes."""

    def __init__(self, owner: str, annotation: Any) -> None:
        self.annotation: Any = Any if annotation is inspect.Signature.empty else annotation
        """The return annotation; None for methods that complete without a result."""
        self._owner = owner
        try:
            self._adapter = TypeAdapter[Any](self.annotation)
            self._adapter.rebuild()  # Does nothing, or raises for what is not fully defined.
        except (PydanticUserError, PydanticUndefinedAnnotation) as error:
            raise HubDefinitionError(
                f"{owner} returns {annotation!r}, which pydantic cannot serialise: return a model, or leave the "
                "annotation out"
            ) from error
        self._as_values = any(node["type"] in _OWN_ENCODING for node in nodes(self._adapter.core_schema))

    def write(self, result: Any, protocol: HubProtocol) -> Any:
        """Return `result` encoded for a completion, or `NO_RESULT`.

        Raises:
            ResultError: it does not fit the annotation or cannot be encoded.
        """
        if self.annotation is None:
            return NO_RESULT
        try:
            return msgspec.Raw(self._encode(self._adapter.validate_python(result), protocol))
        except (ValueError, TypeError, RecursionError) as error:  # pydantic's own errors are ValueErrors
            raise ResultError(f"{self._owner} returned what cannot be sent: {error}") from error

    def _encode(self, value: Any, protocol: HubProtocol) -> bytes:
        if protocol is JSON and not self._as_values:
            return self._adapter.dump_json(value, by_alias=True)
        return protocol.encode_value(self._adapter.dump_python(value, by_alias=True))
