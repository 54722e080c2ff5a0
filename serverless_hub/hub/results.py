"""What a method returned, as the result of a completion."""

import inspect
import re
from typing import Any, Final

from pydantic import PydanticUndefinedAnnotation, PydanticUserError, TypeAdapter, ValidationError

from serverless_hub.errors import HubDefinitionError, ServerlessHubError
from serverless_hub.hub.binding_errors import describe
from serverless_hub.hub.casing import OutgoingCasing
from serverless_hub.hub.core_schemas import nodes, texts
from serverless_hub.protocol.codec import JSON, HubProtocol

__all__ = ["ResultError", "ResultWriter"]

_OWN_ENCODING: Final = frozenset(("any", "bytes"))
"""Types that pydantic's JSON would write differently from `protocol.values`: bytes are standard base64."""
_UNSENDABLE: Final = (ValueError, TypeError, RecursionError)  # pydantic's own errors are ValueErrors
_OF_A_TYPE: Final = re.compile(
    r"Unable to serialize unknown type: <class '[\w.<>]+'>"
    r"|Type is not JSON serializable: [\w.]+"
    r"|a value of type [\w.<>]+ cannot be sent"
)
"""What encoders say of types; whatever else they say might quote a value."""


class ResultError(ServerlessHubError):
    """A method returned what its annotation does not allow, or what cannot be sent."""


class ResultWriter:
    """Validates and encodes by the return annotation, by alias, as FastAPI does; without one, anything goes.

    Args:
        owner: the method, for errors.
        annotation: what it says that it returns.
        casing: how fields of models are spelt.

    Raises:
        HubDefinitionError: pydantic cannot serialise what is annotated.
    """

    def __init__(self, owner: str, annotation: Any, casing: OutgoingCasing | None = None) -> None:
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
        self._validate = self._adapter.validator.validate_python  # a microsecond faster than the adapter's own method
        self._serializer = self._adapter.serializer if casing is None else casing.serializer(self._adapter.core_schema)
        self._as_values = any(node["type"] in _OWN_ENCODING for node in nodes(self._adapter.core_schema))

    def write(self, result: Any, protocol: HubProtocol) -> bytes | None:
        """Return `result` encoded for a completion; None for a method that completes without one.

        Raises:
            ResultError: it does not fit the annotation or cannot be encoded; the text holds types and never values.
        """
        if self.annotation is None:
            return None
        try:
            value = self._validate(result)
        except ValidationError as error:
            reason = describe(error, texts(self._adapter.core_schema))
        except _UNSENDABLE as error:
            reason = type(error).__name__
        else:
            try:
                # Warnings would quote the fields that are not what the model says.
                if protocol is JSON and not self._as_values:
                    return self._serializer.to_json(value, by_alias=True, warnings=False)
                return protocol.encode_value(self._serializer.to_python(value, by_alias=True, warnings=False))
            except _UNSENDABLE as error:
                reason = str(error) if _OF_A_TYPE.fullmatch(str(error)) else type(error).__name__
        # Out here it has no cause and no context: both would stand in the log, and quote what was returned.
        raise ResultError(f"{self._owner} returned what cannot be sent: {reason}")
