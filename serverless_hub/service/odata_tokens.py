"""The words of a filter. No I/O."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum

from serverless_hub.errors import InvalidArgumentError
from serverless_hub.protocol.rest import ErrorCode

__all__ = ["MAX_LENGTH", "Token", "TokenKind", "refusal", "tokens"]

MAX_LENGTH = 4096
"""Characters in a filter; Azure has a limit that is not published."""

_SPACE = re.compile(r"\s*")
_TOKEN = re.compile(r"'(?P<TEXT>[^']*+(?:''[^']*+)*+)'|(?P<NUMBER>[+-]?[0-9]+)|(?P<WORD>[A-Za-z]+)|(?P<SIGN>[(),])")


class TokenKind(Enum):
    """What a token is."""

    TEXT = "text"
    NUMBER = "number"
    WORD = "word"
    SIGN = "sign"
    END = "end"


@dataclass(frozen=True, slots=True)
class Token:
    """One word, literal or sign."""

    kind: TokenKind
    text: str
    """Of a text what it means, of a word its small letters: neither names nor operators have a case."""
    position: int
    """Where it begins, from 0."""


def refusal(position: int, expected: str) -> InvalidArgumentError:
    """Return the error that says where a filter is wrong and what should stand there; nothing of it is repeated."""
    text = f"the filter cannot be read at character {position + 1}: expected {expected}"
    return InvalidArgumentError(text, code=ErrorCode.INVALID_REQUEST)


def tokens(text: str) -> Iterator[Token]:
    """Yield the tokens of a filter, `END` as the last.

    Raises:
        InvalidArgumentError: it is too long, or has what is no token.
    """
    if len(text) > MAX_LENGTH:
        raise refusal(MAX_LENGTH, "its end, since a filter is at most that long")
    position = _skip_space(text, 0)
    while position < len(text):
        found = _TOKEN.match(text, position)
        if found is None:
            expected = "the quote that ends this text" if text[position] == "'" else "a name, a value or an operator"
            raise refusal(position, expected)
        yield _token(found)
        position = _skip_space(text, found.end())
    yield Token(TokenKind.END, "", position)


def _token(found: re.Match[str]) -> Token:
    kind = TokenKind[found.lastgroup or ""]
    text = found[kind.name]
    meaning = text.replace("''", "'") if kind is TokenKind.TEXT else text.lower()
    return Token(kind, meaning, found.start())


def _skip_space(text: str, position: int) -> int:
    found = _SPACE.match(text, position)
    return position if found is None else found.end()
