"""The three files that describe the REST API, and what they have in them."""

import json
import re
from pathlib import Path
from typing import Any

__all__ = ["DOCUMENTS", "LATEST", "OFFICIAL", "V1", "operations"]

_FOLDER = Path(__file__).parent / "swagger"
V1, OFFICIAL, LATEST = "v1", "2022-06-01", "2024-12-01"
DOCUMENTS: dict[str, dict[str, Any]] = {
    name: json.loads((_FOLDER / f"signalr-data-plane-{name}.json").read_text()) for name in (V1, OFFICIAL, LATEST)
}


def operations(document: dict[str, Any]) -> dict[tuple[str, str], dict[str, Any]]:
    """Return every operation by method and path; names in a path are left out, since the files differ in them."""
    return {
        (method.upper(), re.sub(r"\{\w+\}", "{}", path)): operation
        for path, item in document["paths"].items()
        for method, operation in item.items()
    }
