"""`serverless-hub targets`: what clients can call."""

from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table
from rich.text import Text

from serverless_hub.cli.app_routers import AppFolder, Place, load_routers
from serverless_hub.cli.failing import exit_codes
from serverless_hub.cli.options import AsJson
from serverless_hub.cli.output import say

if TYPE_CHECKING:
    from serverless_hub.cli.described import Described

__all__ = ["targets", "targets_table"]


def targets(place: Place, *, app_dir: AppFolder = Path(), as_json: AsJson = False) -> None:
    """List what clients can call in an app: hub, target, arguments with their types, and result.

    The app is imported, and does not run. What stands in no list cannot be called from outside.
    """
    from serverless_hub.cli.described import describe  # noqa: PLC0415 - other commands start faster without

    with exit_codes():
        found = describe(load_routers(place, app_dir))
    if as_json:
        say("", [each.to_dict() for each in found], as_json=True)
    else:
        Console().print(targets_table(found))


def targets_table(found: "list[Described]") -> Table:
    """Return events as a table, in the order in which they are declared."""
    table = Table(box=None, pad_edge=True)
    for name in ("hub", "category", "target", "arguments", "result"):
        table.add_column(Text(name), overflow="fold")
    before = None
    for each in found:
        hub, before = each.hub if each.hub != before else "", each.hub
        row = (hub, each.category, each.target, each.signature, each.result or "")
        table.add_row(*(Text(text) for text in row))
    return table
