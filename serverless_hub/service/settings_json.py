"""JSON as .NET's configuration reads it: comments, commas behind the last item, and names whose case does not count.

Source: .NET's JsonConfigurationFileParser.cs, which skips comments, allows trailing commas and refuses a name that
stands twice, in whatever case.
"""

import json
import re
from typing import Any, NoReturn, cast

from serverless_hub.errors import ConfigurationError

__all__ = ["members", "read_json"]

_STRING = r'"(?:[^"\\]|\\.)*"'
_COMMENT = re.compile(rf"{_STRING}|//[^\r\n]*|/\*.*?(?:\*/|\Z)", re.DOTALL)
_LAST_COMMA = re.compile(rf"{_STRING}|,(?=\s*[\]}}])", re.DOTALL)
_LINE = re.compile(r"[^\r\n]")


def read_json(data: bytes) -> Any:
    """Return the value of a document.

    Raises:
        ConfigurationError: it is not one; the text says where, and holds nothing of it but names.
    """
    try:
        text = _LAST_COMMA.sub(_blank, _COMMENT.sub(_blank, data.decode("utf-8-sig")))
        return json.loads(text, object_pairs_hook=_object, parse_constant=_refuse)
    except UnicodeDecodeError as error:
        raise ConfigurationError(f"it is not UTF-8, from byte {error.start} on") from None
    except json.JSONDecodeError as error:
        raise ConfigurationError(f"it is not JSON: {error.msg}, line {error.lineno}, column {error.colno}") from None
    except (ValueError, RecursionError):
        raise ConfigurationError("it is not JSON: it has a number that is none or too long, or is too deep") from None


def members(path: str, value: Any, known: tuple[str, ...] | None = None) -> dict[str, Any]:
    """Return the members of an object by their names in lower case, without those that are null.

    Args:
        path: where it stands, for errors.
        value: of any kind.
        known: the names that it may have; None for any.

    Raises:
        ConfigurationError: it is no object, or has a name that is not known.
    """
    if not isinstance(value, dict):
        raise ConfigurationError(f"{path or 'it'} has to be an object in braces")
    found: dict[str, Any] = {}
    for name, item in cast("dict[str, Any]", value).items():
        if known is not None and name.lower() not in {each.lower() for each in known}:
            raise ConfigurationError(f"{path} has {name!r:.80}, which means nothing there: it takes {', '.join(known)}")
        if item is not None:
            found[name.lower()] = item
    return found


def _blank(found: "re.Match[str]") -> str:
    """Return blanks, so that lines and columns stay what they are, but for strings and what does not end."""
    text = found[0]
    is_kept = text.startswith('"') or (text.startswith("/*") and not text.endswith("*/"))
    return text if is_kept else _LINE.sub(" ", text)


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    seen: set[str] = set()
    for name, _ in pairs:
        if name.lower() in seen:
            raise ConfigurationError(f"{name!r:.80} stands twice in one object; case does not count")
        seen.add(name.lower())
    return dict(pairs)


def _refuse(constant: str) -> NoReturn:
    raise ValueError(constant)
