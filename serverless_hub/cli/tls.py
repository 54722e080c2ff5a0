"""Certificate and key of a service that speaks TLS itself."""

import ssl
from dataclasses import dataclass
from pathlib import Path

from serverless_hub.errors import ConfigurationError

__all__ = ["Tls", "choose_tls"]


@dataclass(frozen=True, slots=True)
class Tls:
    """Two files, in PEM."""

    certificate: Path
    """With those between it and the root, if any."""
    key: Path
    """Without a password."""


def choose_tls(certificate: Path | None, key: Path | None) -> Tls | None:
    """Return what the options say; None without any.

    Raises:
        ConfigurationError: one is missing, cannot be read, or they do not belong together.
    """
    if certificate is None and key is None:
        return None
    if certificate is None or key is None:
        raise ConfigurationError("--tls-cert and --tls-key belong together: give both, or none for http")
    _check_is_file("--tls-cert", certificate)
    _check_is_file("--tls-key", key)
    try:
        # Without a password of ours, OpenSSL would ask for one on the terminal.
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(certificate, key, password="")
    except (OSError, ValueError) as error:  # ssl.SSLError is an OSError.
        reason = getattr(error, "reason", None) or getattr(error, "strerror", None) or "a password"
        raise ConfigurationError(
            f"--tls-cert and --tls-key cannot be used ({reason}): they take PEM files of a certificate and of its key "
            "without a password"
        ) from error
    return Tls(certificate, key)


def _check_is_file(option: str, path: Path) -> None:
    """Say which of the two cannot be read: OpenSSL does not."""
    try:
        path.open("rb").close()
    except OSError as error:
        raise ConfigurationError(f"{option} {path} cannot be read: {error.strerror}") from error
