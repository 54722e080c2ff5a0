"""Whoever silences a checker says which rule, and why."""

import io
import re
import tokenize

import pytest

from tests.house.tree import CODE, Source, sources

DIRECTIVE = re.compile(
    r"#\s*(?:"
    r"(?P<file>ruff: *noqa|flake8: *noqa|mypy:|pyright: *(?!ignore)\w+)"
    r"|noqa(?P<noqa>: *[A-Z]+\d+(?:, *[A-Z]+\d+)*)?"
    r"|type: *ignore(?P<mypy>\[[\w, -]+\])?"
    r"|pyright: *ignore(?P<pyright>\[\w+(?:, *\w+)*\])?"
    r"|pragma(?P<pragma>: *no (?:cover|branch))?"
    r")(?=\W|$)",
    re.IGNORECASE,
)
"""A comment that silences a checker; a group holds the rule where the comment names one."""


def problem(comment: str) -> str | None:
    """Return what is wrong with a comment, if it silences something."""
    found = list(DIRECTIVE.finditer(comment))
    if not found:
        return None
    if any(match["file"] for match in found):
        return "silences a checker for a whole file"
    if not all(match.lastgroup for match in found):
        return "silences a checker without naming the rule"
    reason = DIRECTIVE.sub("", comment).strip(" #-:")
    return None if re.search(r"[A-Za-z]{2}", reason) else "gives no reason"


def problems(source: Source) -> list[str]:
    tokens = tokenize.generate_tokens(io.StringIO(source.text).readline)
    comments = ((token.start[0], token.string) for token in tokens if token.type == tokenize.COMMENT)
    return [f"{source.path}:{line} {text}" for line, comment in comments if (text := problem(comment)) is not None]


@pytest.mark.parametrize("folder", CODE)
def test_every_ignore_names_its_rule_and_its_reason(folder: str) -> None:
    assert [text for source in sources(folder) for text in problems(source)] == []


@pytest.mark.parametrize(
    "comment",
    [
        "# noqa: N818 - its name on the wire",
        "# noqa: N818, S101 - its name on the wire",
        "# type: ignore[attr-defined]  # what FastAPI reads",
        "# type: ignore[no-untyped-def, misc] # noqa: ANN202 - that is the case",
        "# noqa: SLF001  # pyright: ignore[reportPrivateUsage] - this module owns it",
        "# pragma: no cover - only on Windows",
        "# a type: ignored by everyone",
        "# nothing to see",
    ],
)
def test_a_rule_with_a_reason_passes(comment: str) -> None:
    assert problem(comment) is None


@pytest.mark.parametrize(
    "comment",
    [
        "# noqa",
        "#noqa",
        "# NOQA - because",
        "# type: ignore",
        "# type: ignore - because",
        "# pyright: ignore - because",
        "# pragma - because",
        "# noqa: N818 - fine # type: ignore",
    ],
)
def test_an_ignore_without_its_rule_is_found(comment: str) -> None:
    assert problem(comment) == "silences a checker without naming the rule"


@pytest.mark.parametrize(
    "comment", ["# noqa: N818", "# noqa: N818, S101", "# noqa: N818 -", "# type: ignore[x]", "# pragma: no cover"]
)
def test_an_ignore_without_its_reason_is_found(comment: str) -> None:
    assert problem(comment) == "gives no reason"


@pytest.mark.parametrize("comment", ["# ruff: noqa: D - all", "# mypy: ignore-errors", "# pyright: basic"])
def test_an_ignore_of_a_whole_file_is_found(comment: str) -> None:
    assert problem(comment) == "silences a checker for a whole file"


def test_only_comments_count_and_lines_are_named() -> None:
    source = Source.of('x = "# noqa"\n\ny = 1  # noqa\n')
    assert problems(source) == ["serverless_hub/sample.py:3 silences a checker without naming the rule"]
