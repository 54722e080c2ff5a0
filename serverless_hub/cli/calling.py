"""`serverless-hub call` and `serverless-hub listen`: a client in the terminal."""

import asyncio
import json
import sys
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.text import Text

from serverless_hub.cli.arguments import read_argument, read_headers
from serverless_hub.cli.codes import INTERRUPTED
from serverless_hub.cli.failing import exit_codes
from serverless_hub.cli.hub_negotiation import hub_url
from serverless_hub.cli.options import HeaderOption
from serverless_hub.errors import ClientResultError, ServiceTimeoutError, UnreachableError
from serverless_hub.protocol.codec import JSON
from serverless_hub.protocol.messages import NO_RESULT, Invocation
from serverless_hub.protocol.service_url import service_url

__all__ = ["call", "listen"]

_UNKNOWN = "status code 404"
"""How services end what they say of a call that the app has no method for."""
_RETRY_SECONDS = 0.5
"""Between two attempts to connect again."""


def call(
    url: Annotated[str, typer.Argument(metavar="URL", help="Where the app is, such as http://localhost:8000.")],
    target: Annotated[str, typer.Argument(metavar="HUB/TARGET", help="Such as chat/sendMessage.")],
    arguments: Annotated[list[str] | None, typer.Argument(help="JSON; what is not JSON is text.")] = None,
    *,
    header: HeaderOption = None,
    timeout: Annotated[float, typer.Option(metavar="SECONDS", min=0.1, help="For the whole call.")] = 30.0,
) -> None:
    """Call a method of a hub as a client does, and print its result as a line of JSON.

    The client connects for that, and leaves again. Nothing is printed for a method without a result. Ctrl+C ends it
    with exit code 130.
    """
    hub, slash, name = target.partition("/")
    if not hub or not slash or not name:
        raise typer.BadParameter("write HUB/TARGET, such as chat/sendMessage", param_hint="HUB/TARGET")
    values = [read_argument(text) for text in arguments or ()]
    with exit_codes():
        place, headers = hub_url(_checked(url), hub), read_headers(header or ())
        try:
            result = asyncio.run(_call(place, headers, name, values, timeout))
        except KeyboardInterrupt:
            raise typer.Exit(INTERRUPTED) from None
    if result is not NO_RESULT:
        _write(result)


def listen(
    url: Annotated[
        str, typer.Argument(metavar="URL", help="Of the hub, as clients have it: http://localhost:8000/chat.")
    ],
    *,
    target: Annotated[list[str] | None, typer.Option(help="Print this only. Repeatable.", show_default="all")] = None,
    count: Annotated[int | None, typer.Option(min=1, help="End after so many messages.", show_default="never")] = None,
    reconnect: Annotated[bool, typer.Option("--reconnect", help="Connect again when the connection ends.")] = False,
    header: HeaderOption = None,
) -> None:
    """Connect to a hub, and print each message that comes as a line of JSON: its target and its arguments.

    Ctrl+C ends it with exit code 0. When the connection ends in another way, and --reconnect is not there, the exit
    code is 1.
    """
    with exit_codes():
        place, headers = _checked(url), read_headers(header or ())
        try:
            asyncio.run(_listen(_heard(place, headers, reconnect), {name.lower() for name in target or ()}, count))
        except KeyboardInterrupt:
            return


async def _call(url: str, headers: dict[str, str], target: str, values: Sequence[Any], seconds: float) -> Any:
    from serverless_hub.cli.hub_client import Times, connected  # noqa: PLC0415 - other commands start faster without

    limit = asyncio.timeout(seconds)
    try:
        async with limit, connected(url, headers, Times()) as connection:
            return await connection.invoke(target, values)
    except ClientResultError as error:
        if not str(error).endswith(_UNKNOWN):
            raise
        raise ClientResultError(f"{error}: `serverless-hub targets` lists what can be called") from None
    except TimeoutError:
        if not limit.expired():  # One of the connection's own limits, which says so.
            raise
        raise ServiceTimeoutError(
            f"{target} has not answered within {seconds:g} seconds: --timeout gives it more"
        ) from None


async def _listen(heard: AsyncGenerator[Invocation], targets: set[str], count: int | None) -> None:
    async with aclosing(heard):
        async for message in heard:
            if not targets or message.target.lower() in targets:
                _write({"target": message.target, "arguments": JSON.decode_value(message.arguments)})
                count = None if count is None else count - 1
            if count == 0:
                return


async def _heard(url: str, headers: dict[str, str], reconnect: bool) -> AsyncGenerator[Invocation]:
    """Yield what comes; with `reconnect`, a connection that ends is followed by another one."""
    from serverless_hub.cli.hub_client import Times, connected  # noqa: PLC0415 - as above

    reached, lost = False, False
    while True:
        try:
            async with connected(url, headers, Times()) as connection:
                _tell(f"Connected to {url.partition('?')[0]}; Ctrl+C ends it.")
                reached, lost = True, False
                while True:
                    message = await connection.receive()
                    if isinstance(message, Invocation):
                        yield message
        except (UnreachableError, ServiceTimeoutError) as error:
            if not reconnect or not reached:
                raise
            if not lost:
                _tell(f"Connecting again: {error}")
            lost = True
        await asyncio.sleep(_RETRY_SECONDS)


def _tell(text: str) -> None:
    Console(stderr=True).print(Text(text, "dim"), soft_wrap=True)


def _checked(url: str) -> str:
    service_url("URL", url.partition("?")[0])
    return url


def _write(value: Any) -> None:
    sys.stdout.write(json.dumps(value, ensure_ascii=False) + "\n")
    sys.stdout.flush()
