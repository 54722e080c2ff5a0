"""Whether uvicorn pings WebSockets: some SignalR clients do not answer, and would lose their connections.

A server tells its app nothing of that, so the command line is all there is to look at. Where a program runs uvicorn
itself, nobody can know.
"""

from collections.abc import Mapping, Sequence
from pathlib import PurePath

__all__ = ["pings_of_server"]

_OPTION = "--ws-ping-interval"
_VARIABLE = "UVICORN_WS_PING_INTERVAL"
_ADVICE = (
    "uvicorn pings WebSockets every 20 seconds, and closes those of SignalR clients that do not answer, such as "
    f"signalrcore: start the app with serverless-hub run, or uvicorn with {_OPTION} 86400 (SignalR has pings of its "
    f"own); {_OPTION} 20 leaves it as it is"
)


def pings_of_server(argv: Sequence[str], environ: Mapping[str, str]) -> str | None:
    """Return what to do about the pings of uvicorn's command; None where it is not known to send any unasked.

    Args:
        argv: the command line of this process, from the name of the program on.
        environ: may have uvicorn's variable for the option.
    """
    program = PurePath(argv[0]) if argv else PurePath()
    is_uvicorn = program.stem == "uvicorn" or program.parts[-2:] == ("uvicorn", "__main__.py")
    chosen = _VARIABLE in environ or any(text.partition("=")[0] == _OPTION for text in argv)
    return _ADVICE if is_uvicorn and not chosen else None
