"""The whole event as the input of a function, in a type of its author's choice.

Azure documents that a custom type "is filled from the request"; what fills it is the JSON that Azure hands to functions
in Python (see `hub.azure_json`).
"""

import inspect
from typing import Any

import orjson
from pydantic import PydanticUndefinedAnnotation, PydanticUserError, TypeAdapter, ValidationError

from serverless_hub.errors import BindingError, HubDefinitionError
from serverless_hub.hub.context import InvocationContext

__all__ = ["TriggerInput"]


class TriggerInput:
    """Makes the input of one function.

    Args:
        owner: the function's name, for its author's errors.
        event: the event's name, for its caller's errors.
        annotation: no annotation is the `InvocationContext` itself, `str` its JSON, `dict`, `Any` or `object` the
            parsed JSON, and everything else is validated by pydantic.

    Raises:
        HubDefinitionError: pydantic cannot validate the type.
    """

    def __init__(self, owner: str, event: str, annotation: Any) -> None:
        self._event = event
        self._annotation = annotation
        self._adapter: TypeAdapter[Any] | None = None
        if annotation in {inspect.Parameter.empty, str, Any, object}:
            return
        try:
            self._adapter = TypeAdapter[Any](annotation)
            self._adapter.rebuild()  # Does nothing, or raises for what is not fully defined.
        except (PydanticUserError, PydanticUndefinedAnnotation) as error:
            raise HubDefinitionError(
                f"{owner} takes the event as {annotation!r}, which pydantic cannot fill: use a model, a dataclass, "
                "dict or str, or declare what comes from the app with Depends"
            ) from error

    def read(self, context: InvocationContext) -> Any:
        """Return `context` as the function wants it.

        Raises:
            BindingError: it does not fit the type; the text names fields and never values.
        """
        if self._annotation is inspect.Parameter.empty:
            return context
        text = context.to_json()
        if self._annotation is str:
            return text
        if self._adapter is None:
            return orjson.loads(text)
        try:
            return self._adapter.validate_json(text)
        except ValidationError as error:
            details = error.errors(include_input=False, include_url=False)
            keys = sorted({str(detail["loc"][0]) for detail in details if detail["loc"]})
            shown = ", ".join(keys) or "all of it"
            raise BindingError(
                f"{self._event!r} cannot be called like that: it does not take this event: {shown}"
            ) from error
