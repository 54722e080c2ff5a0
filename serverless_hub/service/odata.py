"""Filters of connections: the part of OData that Azure documents for Web PubSub (`reference-odata-filter.md`).

What a filter of SignalR's own `:execute` may be is not published. Names and operators ignore case, values do not.

    filter     = or
    or         = and *("or" and)
    and        = comparison *("and" comparison)
    comparison = unary [("eq" / "ne" / "gt" / "ge" / "lt" / "le") unary / "in" (list / unary)]
    unary      = *"not" ("(" or ")" / literal / "userId" / "connectionId" / "groups" / function list)
    list       = "(" or *("," or) ")"
"""

from collections.abc import Callable, Sequence
from typing import Any

from serverless_hub.service.odata_tokens import Token, TokenKind, refusal, tokens
from serverless_hub.service.odata_values import (
    FUNCTIONS,
    ORDER,
    Expression,
    Subject,
    Type,
    all_of,
    any_of,
    negation,
)

__all__ = ["MAX_DEPTH", "read_filter"]

MAX_DEPTH = 64
"""Parentheses inside of each other."""

_NAMES: dict[str, tuple[Type, Callable[[Subject], Any]]] = {
    "userid": (Type.TEXT, lambda subject: subject.user_id),
    "connectionid": (Type.TEXT, lambda subject: subject.connection_id),
    "groups": (Type.GROUPS, lambda subject: subject.groups),
    "true": (Type.TRUTH, lambda _: True),
    "false": (Type.TRUTH, lambda _: False),
    "null": (Type.NULL, lambda _: None),
}
_ORDERED = (Type.TEXT, Type.NUMBER, Type.NULL)
_SINGLE = (*_ORDERED, Type.TRUTH)


def read_filter(text: str) -> Callable[[Subject], bool]:
    """Return what tells whether `text` takes a connection; one for which it is null is not taken.

    Raises:
        InvalidArgumentError: the filter cannot be read; the text says where, what was expected, and nothing of it.
    """
    whole = _Parser(text).whole()
    return lambda subject: whole.of(subject) is True


class _Parser:
    """Recursive descent, one method per rule; types are checked on the way."""

    def __init__(self, text: str) -> None:
        self._rest = tokens(text)
        self._next = next(self._rest)
        self._depth = 0

    def whole(self) -> Expression:
        expression = _checked(self._any(), Type.TRUTH)
        if self._next.kind is not TokenKind.END:
            raise refusal(self._next.position, "an operator or the end")
        return expression

    def _any(self) -> Expression:
        if self._depth > MAX_DEPTH:
            raise refusal(self._next.position, f"at most {MAX_DEPTH} parentheses inside of each other")
        self._depth += 1
        expression = self._joined("or", self._all, any_of)
        self._depth -= 1
        return expression

    def _all(self) -> Expression:
        return self._joined("and", self._comparison, all_of)

    def _joined(
        self,
        word: str,
        part: Callable[[], Expression],
        join: Callable[[Sequence[Callable[[Subject], bool | None]]], Callable[[Subject], bool | None]],
    ) -> Expression:
        parts = [part()]
        while self._skip(TokenKind.WORD, word):
            parts.append(part())
        if len(parts) == 1:
            return parts[0]
        return Expression(Type.TRUTH, join([_checked(found, Type.TRUTH).of for found in parts]), parts[0].position)

    def _comparison(self) -> Expression:
        left = self._unary()
        if self._skip(TokenKind.WORD, "in"):
            return self._membership(left)
        operator = self._next.text
        if self._next.kind is not TokenKind.WORD or operator not in {"eq", "ne", *ORDER}:
            return left
        self._advance()
        return _compared(left, operator, self._unary())

    def _membership(self, left: Expression) -> Expression:
        is_list = self._next.kind is TokenKind.SIGN and self._next.text == "("
        items = self._list() if is_list else [_checked(self._unary(), Type.GROUPS)]
        if len(items) == 1 and items[0].type is Type.GROUPS:
            return _in_groups(_checked(left, Type.TEXT, Type.NULL), items[0])
        return _in_list(_checked(left, *_SINGLE), items)

    def _unary(self) -> Expression:
        position = self._next.position
        negations = 0
        while self._skip(TokenKind.WORD, "not"):
            negations += 1
        operand = self._operand()
        if not negations:
            return operand
        value = _checked(operand, Type.TRUTH).of
        return Expression(Type.TRUTH, negation(value) if negations % 2 else value, position)

    def _operand(self) -> Expression:
        token = self._next
        if self._skip(TokenKind.SIGN, "("):
            inner = self._any()
            self._expect(")")
            return inner
        match token.kind:
            case TokenKind.TEXT:
                return self._literal(Type.TEXT, token.text)
            case TokenKind.NUMBER:
                return self._literal(Type.NUMBER, int(token.text))
            case TokenKind.WORD if token.text in _NAMES:
                self._advance()
                return Expression(*_NAMES[token.text], token.position)
            case TokenKind.WORD if token.text in FUNCTIONS:
                self._advance()
                return _called(token, self._list())
            case _:
                raise refusal(token.position, "a value, userId, connectionId, groups or a function")

    def _literal(self, kind: Type, value: str | int) -> Expression:
        position = self._next.position
        self._advance()
        return Expression(kind, lambda _: value, position)

    def _list(self) -> list[Expression]:
        self._expect("(")
        items = [self._any()]
        while self._skip(TokenKind.SIGN, ","):
            items.append(self._any())
        self._expect(")")
        return items

    def _expect(self, sign: str) -> None:
        if not self._skip(TokenKind.SIGN, sign):
            raise refusal(self._next.position, f"{sign!r}")

    def _skip(self, kind: TokenKind, text: str) -> bool:
        """Go on if this is the next token; tell whether it was."""
        found = self._next.kind is kind and self._next.text == text
        if found:
            self._advance()
        return found

    def _advance(self) -> None:
        self._next = next(self._rest)


def _checked(expression: Expression, *types: Type) -> Expression:
    if expression.type not in types:
        raise refusal(expression.position, " or ".join(kind.value for kind in types))
    return expression


def _like(left: Expression, types: Sequence[Type]) -> Sequence[Type]:
    """Return what can be compared with `left`, of these."""
    return types if left.type is Type.NULL else (left.type, Type.NULL)


def _compared(left: Expression, operator: str, right: Expression) -> Expression:
    types = _ORDERED if operator in ORDER else _SINGLE
    a = _checked(left, *types).of
    b = _checked(right, *_like(left, types)).of
    if operator in ORDER:
        holds = ORDER[operator]
        return Expression(
            Type.TRUTH,
            lambda subject: None not in (values := (a(subject), b(subject))) and holds(*values),
            left.position,
        )
    equal = operator == "eq"
    return Expression(Type.TRUTH, lambda subject: (a(subject) == b(subject)) is equal, left.position)


def _in_groups(left: Expression, groups: Expression) -> Expression:
    return Expression(Type.TRUTH, lambda subject: left.of(subject) in groups.of(subject), left.position)


def _in_list(left: Expression, items: Sequence[Expression]) -> Expression:
    values = [_checked(item, *_like(left, _SINGLE)).of for item in items]

    def holds(subject: Subject) -> bool:
        value = left.of(subject)
        return any(item(subject) == value for item in values)

    return Expression(Type.TRUTH, holds, left.position)


def _called(name: Token, arguments: Sequence[Expression]) -> Expression:
    function = FUNCTIONS[name.text]
    most = len(function.takes)
    if not most - function.optional <= len(arguments) <= most:
        wanted = f"{most - function.optional} or {most}" if function.optional else f"{most}"
        raise refusal(name.position, f"as many arguments of {name.text} as it takes, which is {wanted}")
    parts = [_checked(argument, *types).of for argument, types in zip(arguments, function.takes, strict=False)]

    def value(subject: Subject) -> Any:
        values = [part(subject) for part in parts]
        return None if None in values else function.run(*values)

    return Expression(function.gives, value, name.position)
