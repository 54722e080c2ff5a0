"""Limits on what a value may look like: nested at most 64 deep, maps with text as keys."""

import re
from collections.abc import Iterable
from typing import Any

from serverless_hub.errors import ProtocolError

__all__ = ["MAX_DEPTH", "check_json", "check_json_text", "check_value"]

MAX_DEPTH = 64
"""Arrays and objects inside of each other."""

_SHORT = 2 * MAX_DEPTH
"""So many bytes have no room for more of them, or do not close them, which is no JSON."""
_STRING = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"?', re.DOTALL)
"""From a quote to the next one, or to the end: it always matches and never steps back, so any bytes are read once."""
_NO_BRACKETS = bytes(set(range(256)) - set(b"[]{}"))
_OPENING = b"[{"
_CONTAINERS = frozenset((list, dict))


def check_json(text: bytes) -> None:
    """Raise `ProtocolError` for JSON that is nested too deeply."""
    if len(text) <= _SHORT or text.count(b"[") + text.count(b"{") <= MAX_DEPTH:
        return
    depth = 0
    for bracket in _STRING.sub(b"", text).translate(None, _NO_BRACKETS):
        depth += 1 if bracket in _OPENING else -1
        if depth > MAX_DEPTH:
            raise ProtocolError(f"the message is nested more than {MAX_DEPTH} deep")


def check_json_text(text: bytes) -> None:
    """Raise `ProtocolError` for JSON that is not UTF-8 or nested too deeply; it may have been split off unread."""
    try:
        text.decode()
    except UnicodeDecodeError as error:
        raise ProtocolError(f"not a hub message in JSON: {error}") from error
    check_json(text)


def check_value(value: Any) -> None:
    """Raise `ProtocolError` for a value that is nested too deeply, or has a map with a key that is no text.

    Args:
        value: of lists and dicts themselves, as decoders make them, and not of subclasses.
    """
    if type(value) in _CONTAINERS:
        _check_node(value, MAX_DEPTH)


def _check_node(node: list[Any] | dict[Any, Any], depth_left: int) -> None:
    if not depth_left:
        raise ProtocolError(f"the message is nested more than {MAX_DEPTH} deep")
    children: Iterable[Any] = node
    if isinstance(node, dict):
        for key in node:
            if type(key) is not str:
                raise ProtocolError("the message has a map with a key that is not text")
        children = node.values()
    for child in children:
        if type(child) in _CONTAINERS:  # no call for most of them: this is a third of reading a message
            _check_node(child, depth_left - 1)
