"""The hub and the client of the README, as they are printed there."""

import re
from pathlib import Path

import pytest

from examples.quickstart.chat import app
from tests.clients.node import run_node
from tests.support.modes import Host, in_both_modes

pytestmark = pytest.mark.node

_README = Path(__file__).parents[2] / "README.md"


@in_both_modes
async def test_the_client_of_the_readme_talks_to_the_hub_of_the_readme(host: Host) -> None:
    text = _README.read_text("utf-8")
    assert (_README.parent / "examples/quickstart/chat.py").read_text("utf-8").strip() in text
    (program,) = re.findall(r"```js\n(.*?)```", text, re.DOTALL)
    async with host(app) as url:
        told = await run_node("-e", program.replace("http://localhost:8000", url))
    assert [line for line in told.splitlines() if "Information" not in line] == ["received: Hello", "result: 5"]
