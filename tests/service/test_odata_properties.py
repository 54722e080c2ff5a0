"""Filters that are made up with their meaning beside them."""

from collections.abc import Callable
from dataclasses import dataclass

from hypothesis import given
from hypothesis import strategies as st

from serverless_hub.service.odata import read_filter
from serverless_hub.service.odata_values import Subject

Value = str | int | bool | None
_OR, _AND, _COMPARISON, _UNARY = range(4)
_ALPHABET = "ab' "


@dataclass(frozen=True)
class Part:
    """A piece of a filter, and what it means; `level` says what may stand around it without parentheses."""

    text: str
    means: Callable[[Subject], Value]
    level: int = _UNARY

    def at(self, level: int) -> str:
        """Return the text with parentheses where they are needed."""
        return self.text if self.level >= level else f"({self.text})"


values = st.text(_ALPHABET, max_size=3)
subjects = st.builds(Subject, st.sampled_from(["a", "ab", "b"]), st.none() | values, st.frozensets(values, max_size=3))


def literal(text: str) -> Part:
    escaped = text.replace("'", "''")
    return Part(f"'{escaped}'", lambda _: text)


texts = st.one_of(
    values.map(literal),
    st.just(Part("userId", lambda subject: subject.user_id)),
    st.just(Part("connectionId", lambda subject: subject.connection_id)),
    st.just(Part("null", lambda _: None)),
)


def equal(left: Part, right: Part, *, negated: bool) -> Part:
    def means(subject: Subject) -> Value:
        return (left.means(subject) != right.means(subject)) is negated

    return Part(f"{left.at(_UNARY)} {'ne' if negated else 'eq'} {right.at(_UNARY)}", means, _COMPARISON)


def one_of(left: Part, items: list[Part]) -> Part:
    listed = ", ".join(item.at(_OR) for item in items)
    return Part(
        f"{left.at(_UNARY)} in ({listed})",
        lambda subject: left.means(subject) in [item.means(subject) for item in items],
        _COMPARISON,
    )


def in_groups(left: Part) -> Part:
    return Part(f"{left.at(_UNARY)} in groups", lambda subject: left.means(subject) in subject.groups, _COMPARISON)


def starts(left: Part, right: Part) -> Part:
    def means(subject: Subject) -> Value:
        text, start = left.means(subject), right.means(subject)
        return text[: len(start)] == start if isinstance(text, str) and isinstance(start, str) else None

    return Part(f"startswith({left.at(_OR)}, {right.at(_OR)})", means)


def longer(left: Part, size: int) -> Part:
    def means(subject: Subject) -> Value:
        text = left.means(subject)
        return isinstance(text, str) and len(text) > size

    return Part(f"length({left.at(_OR)}) gt {size}", means, _COMPARISON)


conditions = st.one_of(
    st.builds(equal, texts, texts, negated=st.booleans()),
    st.builds(one_of, texts.filter(lambda part: part.text != "null"), st.lists(texts, min_size=1, max_size=3)),
    st.builds(in_groups, texts),
    st.builds(starts, texts, texts),
    st.builds(longer, texts, st.integers(0, 3)),
    st.just(Part("true", lambda _: True)),
    st.just(Part("false", lambda _: False)),
)


def negation(part: Part) -> Part:
    def means(subject: Subject) -> Value:
        value = part.means(subject)
        return None if value is None else not value

    return Part(f"not {part.at(_UNARY)}", means)


def joined(parts: list[Part], word: str) -> Part:
    """Join conditions: the three values in the order false, null, true; `and` is the least, `or` the greatest."""
    level, pick = (_AND, min) if word == "and" else (_OR, max)

    def means(subject: Subject) -> Value:
        order: list[Value] = [False, None, True]
        return order[pick(order.index(part.means(subject)) for part in parts)]

    return Part(f" {word} ".join(part.at(level + 1) for part in parts), means, level)


filters = st.recursive(
    conditions,
    lambda inner: st.one_of(
        st.builds(negation, inner),
        st.builds(joined, st.lists(inner, min_size=2, max_size=3), st.sampled_from(["and", "or"])),
        st.builds(equal, inner, inner, negated=st.booleans()),
        inner.map(lambda part: Part(f"( {part.text} )", part.means)),
    ),
    max_leaves=8,
)


@given(filters, subjects)
def test_a_filter_that_is_written_down_is_read_as_what_it_means(part: Part, subject: Subject) -> None:
    assert read_filter(part.text)(subject) is (part.means(subject) is True)


@given(filters, subjects)
def test_letters_of_names_and_operators_may_be_large(part: Part, subject: Subject) -> None:
    # Only the texts between quotes have a case; every second piece is one.
    pieces = part.text.split("'")
    text = "'".join(piece if number % 2 else piece.upper() for number, piece in enumerate(pieces))
    assert read_filter(text)(subject) is (part.means(subject) is True)
