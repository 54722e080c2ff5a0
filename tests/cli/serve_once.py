"""A command that serves, run in the test's process until it says that it has started."""

import io
import logging
import signal
import sys

import pytest

from serverless_hub.cli.commands import app

__all__ = ["serve_once"]


class _EndsWhenStarted(io.StringIO):
    """Takes what a command says when it has started, and presses Ctrl+C once."""

    pressed = False

    def write(self, text: str) -> int:
        written = super().write(text)
        if not self.pressed:
            self.pressed = True
            signal.raise_signal(signal.SIGINT)
        return written


def serve_once(monkeypatch: pytest.MonkeyPatch, command: str, *options: str) -> str:
    """Run `command` at a free port until it has started, and return what it has said; it has to end with 0."""
    said = _EndsWhenStarted()
    monkeypatch.setattr(sys, "stdout", said)
    loggers = [logging.getLogger(name) for name in ("serverless_hub", "uvicorn", "uvicorn.access")]
    before = [logger.level for logger in loggers]
    try:
        with pytest.raises(SystemExit) as ended:
            app([command, "--port", "0", *options])
    finally:  # Put back what the command says about logging.
        for logger, level in zip(loggers, before, strict=True):
            logger.setLevel(level)
    assert ended.value.code == 0
    return said.getvalue()
