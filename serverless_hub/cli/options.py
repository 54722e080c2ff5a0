"""Options that several commands have."""

from typing import Annotated

import typer

__all__ = ["AsJson", "ConnectionString", "Excluded", "HeaderOption", "HubName", "Reason"]

HubName = Annotated[str, typer.Option("--hub", help="The hub's name; case does not count.")]
ConnectionString = Annotated[
    str | None,
    typer.Option(
        "--connection-string",
        metavar="TEXT",
        help="Of the service. Better set AzureSignalRConnectionString: command lines are seen by others.",
        show_default=False,
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="Answer in JSON.")]
Reason = Annotated[str | None, typer.Option("--reason", help="What their clients are told.", show_default=False)]
Excluded = Annotated[
    list[str] | None,
    typer.Option("--except", metavar="CONNECTION", help="A connection that is left out. Repeatable."),
]
HeaderOption = Annotated[
    list[str] | None,
    typer.Option(
        metavar="'NAME: VALUE'", help="For the app, such as its login; the service does not get it. Repeatable."
    ),
]
