"""The JavaScript in the pages of the documentation that is not included from a file: node reads all of it."""

import json

import pytest

from tests.clients.node import run_node
from tests.docs.pages import blocks, pages

pytestmark = pytest.mark.node

_READ = """
const AsyncFunction = (async () => {}).constructor;
for (const [page, text] of JSON.parse(process.argv[1])) {
  try {
    new AsyncFunction(text);
    console.log("read");
  } catch (error) {
    console.log(`${page}: ${error}`);
  }
}
"""


async def test_javascript_in_a_page_can_be_read() -> None:
    found = [
        (name, block.text)
        for name, text in pages().items()
        for block in blocks(text)
        if block.language == "js" and "--8<--" not in block.text
    ]
    assert found
    told = await run_node("-e", _READ, json.dumps([*found, ("wrong.md", "await = (")]))
    *read, wrong = told.splitlines()
    assert read == ["read"] * len(found)
    assert wrong.startswith("wrong.md: SyntaxError")
