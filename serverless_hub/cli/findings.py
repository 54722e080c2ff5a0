"""What a check has found, and how it is said."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

from rich.console import Console
from rich.text import Text

__all__ = ["Finding", "broken", "fine", "print_findings", "weak"]

_MARKS = {"ok": ("ok     ", "green"), "weak": ("weak   ", "yellow"), "broken": ("broken ", "bold red")}


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at."""

    level: Literal["ok", "weak", "broken"]
    """`broken` is what does not work; `weak` works, but will not always, or not for everybody."""
    check: str
    text: str
    """What is the case; it holds no secret."""
    fix: str = ""
    """What to do about it; empty where nothing is to be done."""

    def to_dict(self) -> dict[str, Any]:
        """Return it for JSON."""
        return asdict(self)


def fine(check: str, text: str) -> Finding:
    """Return that something is as it has to be."""
    return Finding("ok", check, text)


def weak(check: str, text: str, fix: str) -> Finding:
    """Return that something may fail."""
    return Finding("weak", check, text, fix)


def broken(check: str, text: str, fix: str) -> Finding:
    """Return that something does not work."""
    return Finding("broken", check, text, fix)


def print_findings(console: Console, findings: Sequence[Finding]) -> None:
    """Write them for people."""
    for finding in findings:
        mark, style = _MARKS[finding.level]
        console.print(Text.assemble((mark, style), (f"{finding.check:<10} ", "bold"), finding.text), soft_wrap=True)
        if finding.fix:
            console.print(Text(f"{'':18} do: {finding.fix}", "cyan"), soft_wrap=True)
    count = sum(finding.level == "broken" for finding in findings)
    text = "Nothing is broken." if not count else f"{count} of these {'is' if count == 1 else 'are'} broken."
    console.print(Text(text, "bold green" if not count else "bold red"), soft_wrap=True)
