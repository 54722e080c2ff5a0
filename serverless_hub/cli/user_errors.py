"""What went wrong in a user's own code, without the lines of libraries that lie between."""

import logging
import re
import sysconfig
import traceback
from pathlib import Path

from serverless_hub.routing.redaction import redact

__all__ = ["AppImportError", "OwnLines", "in_users_code", "own_traceback"]

_LIBRARIES = tuple(
    {str(Path(sysconfig.get_path(name)).resolve()) for name in ("stdlib", "platstdlib", "purelib", "platlib")}
)
_PACKAGE = str(Path(__file__).parents[1])
_FRAME = re.compile(r'^  File "(?P<file>[^"]+)", line .*\n(?:    .*\n)*', re.MULTILINE)
"""A frame in the text of a traceback, with its lines of code."""


class AppImportError(Exception):
    """A user's module cannot be imported; the text has the lines of theirs that led there, and the error."""


def in_users_code(error: BaseException) -> bool:
    """Tell whether `error` was raised, or passed, in a file that is neither a library's nor ours; or is about one."""
    if isinstance(error, SyntaxError) and error.filename is not None:
        return _is_users(error.filename)
    return any(_is_users(frame.filename) for frame in traceback.extract_tb(error.__traceback__))


def own_traceback(error: BaseException) -> str:
    """Return the traceback of `error` with the user's lines only, and no secret of a URL."""
    shown = traceback.TracebackException.from_exception(error)
    part: traceback.TracebackException | None = shown
    while part is not None:
        part.stack = traceback.StackSummary.from_list([frame for frame in part.stack if _is_users(frame.filename)])
        part = part.__cause__ or (None if part.__suppress_context__ else part.__context__)
    return redact("".join(shown.format())).rstrip()


class OwnLines(logging.Filter):
    """Lets every record pass; in the text of a traceback, with the user's lines only.

    uvicorn says so why the lifespan of an app has failed.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        """Take the frames of libraries out."""
        if isinstance(record.msg, str) and record.msg.startswith("Traceback ") and not record.args:
            record.msg = _FRAME.sub(lambda frame: frame[0] if _is_users(frame["file"]) else "", record.msg)
        return True


def _is_users(filename: str) -> bool:
    path = str(Path(filename).resolve())
    return not filename.startswith("<") and not path.startswith((*_LIBRARIES, _PACKAGE))
