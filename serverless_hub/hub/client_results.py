"""What a client answered, as the type that was asked for."""

import inspect
from typing import Any

from pydantic import PydanticUndefinedAnnotation, PydanticUserError, TypeAdapter, ValidationError

from serverless_hub.errors import ClientResultError
from serverless_hub.hub.base64_models import base64_validator
from serverless_hub.hub.binding_errors import describe
from serverless_hub.hub.core_schemas import failing_fast, texts
from serverless_hub.protocol.values import to_json

__all__ = ["ClientResultReader"]


class ClientResultReader:
    """Reads results of one type as JSON, whatever protocol the client speaks, just as arguments of hubs are read.

    Raises:
        TypeError: pydantic cannot validate the type.
    """

    def __init__(self, annotation: Any) -> None:
        self._shown = inspect.formatannotation(annotation, getattr(annotation, "__module__", None))
        self._is_any = annotation is Any
        try:
            adapter = TypeAdapter[Any](annotation)
            adapter.rebuild()  # Does nothing, or raises for what is not fully defined.
        except (PydanticUserError, PydanticUndefinedAnnotation) as error:
            raise TypeError(f"{self._shown} is no type that pydantic can validate") from error
        self._validator = base64_validator(failing_fast(adapter.core_schema))
        self._known = texts(adapter.core_schema)

    def read(self, target: str, result: Any) -> Any:
        """Return `result`, which a client gave for `target`, as a value of the type.

        Raises:
            ClientResultError: it does not fit; the text holds the type and never the value.
        """
        if self._is_any:
            return result
        try:
            return self._validator.validate_json(to_json(result))
        except ValidationError as error:
            reason = describe(error, self._known)
        except TypeError:
            reason = "it has no form in JSON"
        # Out here it has no cause and no context: both would stand in the log, and quote the result.
        raise ClientResultError(f"the client's result of {target!r} is not {self._shown}: {reason}")
