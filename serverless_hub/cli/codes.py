"""What the command exits with."""

from typing import Final

__all__ = ["EPILOG", "FAILED", "INTERRUPTED", "USAGE"]

FAILED: Final = 1
"""The service did not do it, or could not start."""
USAGE: Final = 2
"""The command line or a setting is wrong; nothing was done."""
INTERRUPTED: Final = 130
"""Ctrl+C ended a command that would have ended by itself, as shells have it: 128 and the number of the signal."""
EPILOG: Final = (
    "Exit codes: 0 it is done; 1 the service refused, failed or was not reached; 2 the command line or a setting is "
    "wrong, and nothing was done."
)
