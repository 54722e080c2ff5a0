"""Keeps the rules in step with their file, while the service runs."""

import logging
from collections.abc import Callable
from pathlib import Path

from serverless_hub.clock import Clock, Timer
from serverless_hub.errors import ConfigurationError
from serverless_hub.service.settings_file import read_settings
from serverless_hub.service.upstream_rules import UpstreamRules

__all__ = ["SettingsWatch", "load_settings"]

_logger = logging.getLogger("serverless_hub.service")
_INTERVAL = 1.0
"""Seconds between two looks."""
_MAX_BYTES = 1024 * 1024


class SettingsWatch:
    """Looks at a file each second, and takes over what is new in it. What cannot be used changes nothing.

    Its content is compared, not its time: editors and clocks have their own ideas of that.

    Args:
        path: the file.
        variable: gives the value of an environment variable, for Key Vault references.
        clock: when it looks.
        apply: takes the new rules.
    """

    def __init__(
        self,
        path: Path,
        variable: Callable[[str], str | None],
        clock: Clock,
        apply: Callable[[UpstreamRules], object],
    ) -> None:
        self._path = path
        self._variable = variable
        self._clock = clock
        self._apply = apply
        self._seen: bytes | str | None = None
        self._timer: Timer | None = None

    def start(self) -> None:
        """Look from now on; the file is taken as new."""
        self._look()

    def stop(self) -> None:
        """Look no more."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _look(self) -> None:
        self._timer = self._clock.call_later(_INTERVAL, self._look)
        try:
            data = _read(self._path)
        except ConfigurationError as error:
            if self._seen != str(error):
                self._seen = str(error)
                self._keep(error)
            return
        if data == self._seen:
            return
        self._seen = data
        try:
            rules = _rules(self._path, data, self._variable)
        except ConfigurationError as error:
            self._keep(error)
        else:
            self._apply(rules)
            _logger.info("%s is in use: %d upstream templates", self._path, len(rules.rules))

    def _keep(self, error: ConfigurationError) -> None:
        _logger.error("the upstream templates stay as they were: %s", error)


def load_settings(path: Path, variable: Callable[[str], str | None]) -> UpstreamRules:
    """Return the rules in a file.

    Raises:
        ConfigurationError: it cannot be read or used; the text says why, and holds no value of it.
    """
    return _rules(path, _read(path), variable)


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            data = file.read(_MAX_BYTES + 1)
    except OSError as error:
        raise ConfigurationError(f"{path} cannot be read: {error.strerror}") from error
    if len(data) > _MAX_BYTES:
        raise ConfigurationError(f"{path} has more than {_MAX_BYTES} bytes")
    return data


def _rules(path: Path, data: bytes, variable: Callable[[str], str | None]) -> UpstreamRules:
    try:
        rules = read_settings(data, variable)
    except ConfigurationError as error:
        raise ConfigurationError(f"{path}: {error}") from None
    if rules is None:
        raise ConfigurationError(
            f"{path}: it has no UpstreamSettings; `serverless-hub service init` writes a file that has"
        )
    return rules
