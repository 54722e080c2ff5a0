"""Which lines of a traceback are the user's."""

import json
import logging
from pathlib import Path

import pytest

from serverless_hub.cli.user_errors import OwnLines, in_users_code, own_traceback
from serverless_hub.errors import ConfigurationError
from serverless_hub.protocol.endpoint import parse_connection_string


def raised(path: Path, text: str) -> Exception:
    """Return what a file of a user raises."""
    path.write_text(text, "utf-8")
    names = {"parse": parse_connection_string, "json": json}
    try:
        exec(compile(text, str(path), "exec"), names)  # noqa: S102 - a file of a user is what this is about
    except Exception as error:  # noqa: BLE001 - whatever it is
        error.__traceback__ = error.__traceback__ and error.__traceback__.tb_next
        return error
    raise AssertionError("nothing was raised")


def test_lines_of_libraries_and_of_ours_are_left_out(tmp_path: Path) -> None:
    for text in ("json.loads('{')", "parse('')"):
        error = raised(tmp_path / "app.py", f"def load():\n    {text}\nload()\n")
        shown = own_traceback(error)
        assert in_users_code(error)
        assert shown.count("File ") == 2
        assert shown.count("app.py") == 2
        assert text in shown
        assert type(error).__name__ in shown.splitlines()[-1]


@pytest.mark.parametrize(
    ("how", "says"),
    [
        ("raise KeyError('second') from error", "direct cause"),
        ("raise KeyError('second')", "During handling"),
        ("raise KeyError('second') from None", ""),
    ],
)
def test_what_came_before_an_error_is_cleaned_too(how: str, says: str, tmp_path: Path) -> None:
    text = f"try:\n    json.loads('{{')\nexcept ValueError as error:\n    {how}\n"
    shown = own_traceback(raised(tmp_path / "app.py", text))
    assert says in shown
    assert shown.count("Traceback") == (2 if says else 1)
    assert "json/" not in shown


def test_an_error_that_never_passed_the_user_s_code_is_not_theirs() -> None:
    with pytest.raises(ConfigurationError) as caught:
        parse_connection_string("")
    ours = caught.value.__traceback__
    assert ours is not None
    caught.value.__traceback__ = ours.tb_next
    assert not in_users_code(caught.value)


def test_a_syntax_error_of_a_text_without_a_file_is_not_theirs() -> None:
    with pytest.raises(SyntaxError) as caught:
        compile("(", "<string>", "exec")
    caught.value.__traceback__ = None
    assert not in_users_code(caught.value)


@pytest.mark.parametrize(
    ("message", "arguments"), [("Traceback (%s)", ("x",)), (ValueError("x"), ()), ('  File "x", line 1\n', ())]
)
def test_a_record_that_is_no_traceback_stays_as_it_is(message: object, arguments: tuple[str, ...]) -> None:
    record = logging.LogRecord("x", logging.ERROR, "x.py", 1, message, arguments, None)
    assert OwnLines().filter(record)
    assert record.msg is message


def test_secrets_of_urls_stay_hidden(tmp_path: Path) -> None:
    error = raised(tmp_path / "app.py", "raise ValueError('https://x/?code=swordfish')")
    assert "swordfish" not in own_traceback(error).splitlines()[-1]
