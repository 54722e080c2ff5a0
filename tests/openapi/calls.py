"""Calls of events exactly as an OpenAPI document describes them."""

import json
from typing import Any
from urllib.parse import urljoin

import aiohttp
from yarl import URL

from serverless_hub.protocol.signature import sign_connection
from tests.openapi.document import body_of, operations
from tests.support.upstream import KEY

__all__ = ["call", "fetch"]


async def fetch(session: aiohttp.ClientSession, url: str) -> dict[str, Any]:
    """Return the document that stands at `url`."""
    async with session.get(url) as response:
        assert response.status == 200, await response.text()
        found: dict[str, Any] = await response.json()
    return found


async def call(
    session: aiohttp.ClientSession, document: dict[str, Any], at: str, path: str, arguments: list[Any]
) -> tuple[int, Any]:
    """Post the event that `document`, found at the URL `at`, has at `path`; return status and result.

    Everything else, such as its headers, is taken from the document.
    """
    server = document.get("servers", [{"url": "/"}])[0]["url"]
    headers = {found["name"]: found["schema"].get("const", "c1") for found in _required(document, path)}
    body = {
        name: schema["const"] for name, schema in body_of(document, path)["properties"].items() if "const" in schema
    }
    if "arguments" in body_of(document, path)["properties"]:
        body |= {"arguments": arguments, "invocationId": "7"}
    headers |= {"X-ASRS-Signature": sign_connection("c1", [KEY]), "Content-Type": "application/json"}
    url = URL(urljoin(at, server).rstrip("/") + path, encoded=True)
    async with session.post(url, data=json.dumps(body), headers=headers) as response:
        answer = await response.read()
    completion: dict[str, Any] = json.loads(answer[:-1]) if answer.endswith(b"\x1e") else {}
    assert "error" not in completion, completion
    return response.status, completion.get("result")


def _required(document: dict[str, Any], path: str) -> list[dict[str, Any]]:
    return [found for found in operations(document)[path]["parameters"] if found["required"]]
