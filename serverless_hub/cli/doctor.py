"""`serverless-hub doctor`: what keeps an app from working, and what to do about it."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from serverless_hub.cli.app_routers import AppFolder
from serverless_hub.cli.arguments import read_headers
from serverless_hub.cli.codes import FAILED
from serverless_hub.cli.failing import exit_codes
from serverless_hub.cli.findings import print_findings
from serverless_hub.cli.options import AsJson, HeaderOption
from serverless_hub.cli.output import say
from serverless_hub.protocol.service_url import service_url

__all__ = ["doctor"]


def doctor(
    place: Annotated[
        str | None,
        typer.Argument(metavar="[MODULE:APP]", help="Where the app is, such as main:app.", show_default=False),
    ] = None,
    *,
    url: Annotated[str | None, typer.Option(metavar="URL", help="Where the app runs.", show_default=False)] = None,
    hub: Annotated[
        list[str] | None, typer.Option(help="Of the app that runs, where no MODULE:APP says them. Repeatable.")
    ] = None,
    origin: Annotated[
        str | None, typer.Option(metavar="ORIGIN", help="Of a page that is to connect, as https://www.example.com.")
    ] = None,
    header: HeaderOption = None,
    app_dir: AppFolder = Path(),
    as_json: AsJson = False,
) -> None:
    """Look for what keeps an app from working, and say of each thing what to do about it.

    Without arguments, the settings are checked, and the service that they name. With MODULE:APP, the app is imported,
    and its hubs, names, keys and proofs are checked, too. With --url, a client connects to each hub of the app that
    runs there. Exit code 1 says that something is broken.
    """
    from serverless_hub.cli.examining import Question, examine  # noqa: PLC0415 - other commands start faster without

    with exit_codes():
        findings = examine(
            Question(
                place=place,
                folder=app_dir,
                url=None if url is None else service_url("--url", url),
                hubs=hub or (),
                origin=origin,
                headers=read_headers(header or ()),
            )
        )
    if as_json:
        say("", [finding.to_dict() for finding in findings], as_json=True)
    else:
        print_findings(Console(), findings)
    if any(finding.level == "broken" for finding in findings):
        raise typer.Exit(FAILED)
