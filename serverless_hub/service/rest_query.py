"""The query of a REST request: values that are what they have to be, or 400."""

import re
from collections.abc import Sequence
from urllib.parse import parse_qsl

from serverless_hub.service.rest_answers import bad_request

__all__ = ["RestQuery"]

_DIGITS = re.compile(r"[0-9]{1,10}", re.ASCII)
_LARGEST = 2**31 - 1
"""Of an int32."""
_FLAGS = {"true": True, "false": False}


class RestQuery:
    """Names ignore case, as they do on Azure.

    Args:
        text: percent-encoded.

    Raises:
        RestRefusal: 400, it is not UTF-8.
    """

    def __init__(self, text: str) -> None:
        self._values: dict[str, list[str]] = {}
        try:
            pairs = parse_qsl(text, keep_blank_values=True, errors="strict")
        except ValueError:
            raise bad_request("the query is not UTF-8 in percent-encoding") from None
        for name, value in pairs:
            self._values.setdefault(name.lower(), []).append(value)

    def texts(self, name: str) -> Sequence[str]:
        """Return all values of a parameter."""
        return self._values.get(name, ())

    def text(self, name: str) -> str | None:
        """Return the value of a parameter that stands at most once; an empty one counts as none.

        Raises:
            RestRefusal: 400, it stands more than once.
        """
        values = self._values.get(name, [])
        if len(values) > 1:
            raise bad_request(f"the query has more than one {name}")
        return values[0] or None if values else None

    def number(self, name: str, least: int, most: int = _LARGEST) -> int | None:
        """Return a whole number.

        Raises:
            RestRefusal: 400, it is no number, or not within the bounds.
        """
        text = self.text(name)
        if text is None:
            return None
        if _DIGITS.fullmatch(text) is None or not least <= int(text) <= most:
            raise bad_request(f"{name} has to be a whole number from {least} to {most}")
        return int(text)

    def flag(self, name: str) -> bool:
        """Return whether a parameter is `true`, in any case; one that is missing is false.

        Raises:
            RestRefusal: 400, it is neither true nor false.
        """
        flag = _FLAGS.get((self.text(name) or "false").lower())
        if flag is None:
            raise bad_request(f"{name} has to be true or false")
        return flag
