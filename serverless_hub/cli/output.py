"""What commands say: text for people, or one JSON document."""

import json
import sys
from typing import Any

from rich.console import Console
from rich.text import Text

__all__ = ["say"]


def say(text: str, document: Any, *, as_json: bool) -> None:
    """Write `document` or `text` to stdout."""
    if as_json:
        sys.stdout.write(json.dumps(document, ensure_ascii=False) + "\n")
    else:
        Console().print(Text(text), soft_wrap=True)
