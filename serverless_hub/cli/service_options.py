"""The options of `serverless-hub service`."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from serverless_hub.cli.access_key import ACCESS_KEY_VARIABLE

__all__ = [
    "DEFAULT_PORT",
    "AccessKey",
    "AllowedOrigin",
    "Explain",
    "GenerateKey",
    "Host",
    "JsonOutput",
    "LogJson",
    "LogLevel",
    "MetricsOption",
    "Port",
    "PublicUrl",
    "SetSetting",
    "SettingsPath",
    "TlsFile",
    "TracingOption",
    "Upstream",
    "UpstreamConnections",
    "UpstreamRetries",
    "UpstreamTimeout",
    "Workers",
]

DEFAULT_PORT = 8888
"""That of Microsoft's emulator."""

Port = Annotated[int, typer.Option(metavar="N", min=0, max=65535, help="0 takes any that is free.")]
Host = Annotated[str, typer.Option(help="The address to listen at; 0.0.0.0 is all.")]
Upstream = Annotated[
    str | None,
    typer.Option(
        metavar="URL",
        help="Where all events go. {hub}, {category} and {event} in its path are replaced; without a path, it is an "
        "app with a HubRouter.",
    ),
]
SettingsPath = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE",
        help="Where events go, in the format of Microsoft's emulator; changes are taken over while it runs. Default: "
        "settings.json in the working folder, if it has UpstreamSettings and there is no --upstream.",
        show_default=False,
    ),
]
Explain = Annotated[
    list[str] | None,
    typer.Option(metavar="EVENT", help="Say at the start where this would go: HUB/CATEGORY/EVENT. Repeatable."),
]
UpstreamTimeout = Annotated[
    float, typer.Option(metavar="N", min=0.1, max=3600, help="How many seconds the app may take to answer an event.")
]
UpstreamConnections = Annotated[
    int,
    typer.Option(
        metavar="N", min=1, max=65535, help="How many connections to apps there may be; events beyond that wait."
    ),
]
UpstreamRetries = Annotated[
    int,
    typer.Option(
        metavar="N",
        min=0,
        max=10,
        help="How often connected and disconnected are sent again where the app answers 5xx or is not there; the app "
        "may get them twice then.",
    ),
]
AccessKey = Annotated[
    list[str] | None,
    typer.Option(
        metavar="KEY",
        help=f"Signs tokens and events; others may be given that are taken, too. Better set {ACCESS_KEY_VARIABLE}: "
        "command lines are seen by others. Default: the emulator's well-known one at a loopback address, else as with "
        "--generate-key.",
    ),
]
GenerateKey = Annotated[
    bool,
    typer.Option(
        "--generate-key",
        help="Use a random key, made once and kept in a file of your state folder, which is shown at the start. Remove "
        "the file for another.",
    ),
]
PublicUrl = Annotated[
    str | None,
    typer.Option(metavar="URL", help="Where others reach it, for the connection string that is printed."),
]
AllowedOrigin = Annotated[
    list[str] | None,
    typer.Option(metavar="ORIGIN", help="Whose web pages may connect, besides those of this machine. Repeatable."),
]
TlsFile = Annotated[
    Path | None, typer.Option(metavar="FILE", help="PEM, for https; certificate and key belong together.")
]
Workers = Annotated[
    int, typer.Option(metavar="N", help="1: all connections live in the memory of one process.", show_default=False)
]
SetSetting = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        metavar="NAME=VALUE",
        help="A time or limit of the service, such as max_connections=2000 or stateful_reconnect=true. Repeatable.",
    ),
]
MetricsOption = Annotated[
    bool, typer.Option("--metrics", help="Show numbers at /metrics, for Prometheus: to whoever reaches the port.")
]
TracingOption = Annotated[
    bool,
    typer.Option(
        "--tracing",
        help="Make OpenTelemetry spans of requests to apps, and send traceparent with them. Start it with "
        "opentelemetry-instrument, which says where spans go.",
    ),
]
LogLevel = Annotated[
    Literal["debug", "info", "warning", "error"],
    typer.Option(
        metavar="LEVEL", help="debug, info, warning or error; on stderr. debug shows requests and events, too."
    ),
]
LogJson = Annotated[bool, typer.Option("--log-json", help="Write the log as lines of JSON.")]
JsonOutput = Annotated[bool, typer.Option("--json", help="Say on one line of JSON that it has started.")]
