"""How OpenAPI shows arguments and results: as they travel in JSON."""

from typing import Any

from pydantic import GetJsonSchemaHandler, PydanticInvalidForJsonSchema
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

__all__ = ["AsJson", "json_form"]

_Part = dict[str, Any] | list[Any] | float | str | None


class AsJson:
    """Stands in `Annotated[T, AsJson()]` where a value of the type `T` is shown."""

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        """Return the JSON schema of the type."""
        return json_form(schema, handler)


def json_form(schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
    """Return the JSON schema of `schema`: bytes are base64, and what has no JSON schema may be anything.

    Models stand elsewhere in a document and are shown as they are everywhere in the app.
    """
    try:
        shown: JsonSchemaValue = _with_base64(handler(schema))
    except PydanticInvalidForJsonSchema:
        return {}
    return shown


def _with_base64(shown: _Part) -> Any:
    if isinstance(shown, list):
        return [_with_base64(part) for part in shown]
    if not isinstance(shown, dict):
        return shown
    parts = {key: _with_base64(part) for key, part in shown.items()}
    # The first is how pydantic shows bytes, the second is how FastAPI does.
    if parts.get("format") == "binary" or parts.get("contentMediaType") == "application/octet-stream":
        parts.pop("format", None)
        parts["contentEncoding"] = "base64"
    return parts
