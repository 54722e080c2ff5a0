"""What the command exits with."""

from typing import Final

__all__ = ["APP_EPILOG", "CLIENT_EPILOG", "EPILOG", "FAILED", "INTERRUPTED", "USAGE"]

FAILED: Final = 1
"""The service did not do it, or could not start."""
USAGE: Final = 2
"""The command line or a setting is wrong; nothing was done."""
INTERRUPTED: Final = 130
"""Ctrl+C ended a command that would have ended by itself, as shells have it: 128 and the number of the signal."""
_WRONG: Final = "2 the command line or a setting is wrong, and nothing was done"
EPILOG: Final = f"Exit codes: 0 it is done; 1 the service refused, failed or was not reached; {_WRONG}."
APP_EPILOG: Final = (
    f"Exit codes: 0 it is done; 1 the app cannot be imported or started, the port is taken, or doctor has found "
    f"something broken; {_WRONG}."
)
CLIENT_EPILOG: Final = (
    f"Exit codes: 0 it is done, or Ctrl+C ended listen; 1 the hub refused, failed or was not reached; {_WRONG}; "
    f"{INTERRUPTED} Ctrl+C ended call."
)
