"""Keeps secrets in URLs out of uvicorn's logs.

Browsers cannot set headers on WebSockets and event streams, so clients send their access token as `access_token` in the
query and their connection token as `id`; Azure sends the upstream key as `code`, and storage signatures are `sig`.
"""

import logging
import re
from typing import Any

__all__ = ["QueryRedaction", "install_redaction"]

_LOGGERS = ("uvicorn.access", "uvicorn.error", "uvicorn.asgi")
_HIDDEN = "[hidden]"
_MAX_DEPTH = 8


def _escaped(character: str) -> str:
    """Return a pattern of `character` as it is, and percent-encoded once or more often."""
    codes = "|".join(f"{ord(variant):02X}" for variant in {character.lower(), character.upper()})
    return f"(?:{re.escape(character)}|%(?:25)*(?:{codes}))"


def _name(name: str) -> str:
    return "".join(map(_escaped, name))


# Short names count only where a parameter can begin, since texts have words such as "code=1000", too. A value goes on
# over quotes and escapes: hiding too much is the better mistake. What is hidden already is left alone.
_START = f"""(?:^|['"]|{_escaped("?")}|{_escaped("&")})"""
_NAMES = f"(?:{_name('access_token')}|{_START}(?:{_name('code')}|{_name('id')}|{_name('sig')}))"
_VALUE = rf"(?!{re.escape(_HIDDEN)}(?![\w.~%+/=-]))[^&\s]+"
_SECRET = re.compile(f"({_NAMES}{_escaped('=')}){_VALUE}", re.ASCII | re.IGNORECASE)


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


def _clean(value: Any, depth: int) -> Any:
    """Return `value`, or a copy of it without secrets; what is nested deeper than `depth` stays as it is."""
    if isinstance(value, str):
        return _clean_text(value)
    if isinstance(value, bytes):
        return _clean_text(value.decode("latin-1")).encode("latin-1")
    if depth and type(value) in {tuple, list}:
        return type(value)(_clean(item, depth - 1) for item in value)
    if depth and type(value) is dict:
        return {key: _clean(item, depth - 1) for key, item in value.items()}
    return value


def _clean_text(text: str) -> str:
    return _SECRET.sub(rf"\1{_HIDDEN}", text)
