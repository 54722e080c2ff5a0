"""Keeps secrets in URLs out of uvicorn's logs.

Browsers cannot set headers on WebSockets and event streams, so clients send their access token as `access_token` in the
query and their connection token as `id`; Azure sends the upstream key as `code`, and storage signatures are `sig`.
"""

import logging
import re
from typing import Any, cast

__all__ = ["QueryRedaction", "install_redaction", "redact"]

_LOGGERS = ("uvicorn.access", "uvicorn.error", "uvicorn.asgi")
_HIDDEN = "[hidden]"
_MAX_DEPTH = 8


def _code(character: str) -> str:
    """Return a pattern of the hexadecimal code of `character`, in either case."""
    codes = {f"{ord(variant):02X}" for variant in (character.lower(), character.upper())}
    return f"(?:{'|'.join(map(_either_case, sorted(codes)))})"


def _either_case(text: str) -> str:
    return "".join(f"[{letter.lower()}{letter.upper()}]" for letter in text)


def _escaped(text: str) -> str:
    """Return a pattern of `text` whose characters may be percent-encoded, once or more often."""
    return "".join(f"(?:{_either_case(character)}|%(?:25)*{_code(character)})" for character in text)


# Short names count only where a parameter can begin, since texts have words such as "code=1000", too. A value goes on
# over quotes and escapes: hiding too much is the better mistake. What is hidden already is left alone. All that can
# begin a match is in one class of characters, because that is what the search is fast with.
_LONG = "access_token"
_SHORT = f"(?:{'|'.join(map(_escaped, ('code', 'id', 'sig')))})"
_NAME = (
    rf"""[aA%?&'"](?:(?<=[aA]){_escaped(_LONG[1:])}|(?<=[?&'"]){_SHORT}|"""
    rf"""(?<=%)(?:25)*(?:{_code(_LONG[0])}{_escaped(_LONG[1:])}|(?:{_code("?")}|{_code("&")}){_SHORT}))"""
)
_VALUE = rf"(?!{re.escape(_HIDDEN)}(?![\w.~%+/=-]))[^&\s]+"
_SECRET = re.compile(f"({_NAME}{_escaped('=')}){_VALUE}", re.ASCII)


class QueryRedaction(logging.Filter):
    """Lets every record pass, with the values of secret query parameters hidden.

    Arguments keep their number and their types, as formatters (uvicorn's own, too) take them apart. Only where a secret
    shows up when a record's parts are put together, the record becomes plain text.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        """Hide what is secret in `record`, for all its handlers."""
        if record.args:
            record.args = _clean(record.args, _MAX_DEPTH)
        try:
            text = record.getMessage()
        except Exception:  # noqa: BLE001 - a record that cannot be formatted is for its handlers to report
            record.msg = _clean(record.msg, _MAX_DEPTH)
            return True
        clean = _clean_text(text)
        if clean != text:
            record.msg, record.args = clean, None
        return True


_FILTER = QueryRedaction()


def install_redaction() -> None:
    """Hide secret query parameters in what uvicorn logs from now on; more calls change nothing."""
    for name in _LOGGERS:
        logging.getLogger(name).addFilter(_FILTER)


def redact(text: str) -> str:
    """Return `text` with the values of secret query parameters hidden, for logs that are put together elsewhere."""
    return _clean_text(text)


def _clean(value: Any, depth: int) -> Any:
    """Return `value`, or a copy of it without secrets; what is nested deeper than `depth` stays as it is."""
    if isinstance(value, str):
        return _clean_text(value)
    if isinstance(value, bytes):
        return _clean_text(value.decode("latin-1")).encode("latin-1")
    kind = cast("type[object]", type(value))
    if depth and kind is dict:
        return {key: _clean(item, depth - 1) for key, item in value.items()}
    if depth and kind in {list, tuple}:
        items = [_clean(item, depth - 1) for item in value]
        return items if kind is list else tuple(items)
    return value


def _clean_text(text: str) -> str:
    if "=" not in text and "%" not in text:
        return text
    return _SECRET.sub(rf"\1{_HIDDEN}", f"&{text}")[1:]  # a query may stand alone
