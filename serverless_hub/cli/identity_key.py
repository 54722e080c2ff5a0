"""The key of the service's managed identity, kept so that apps which know its public half survive a restart."""

import logging
import os
import sys
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from serverless_hub.cli.key_file import IDENTITY_FILE, keep_secret, state_folder
from serverless_hub.errors import ConfigurationError
from serverless_hub.service.managed_identity import make_private_key

__all__ = ["kept_identity_key"]

_logger = logging.getLogger("serverless_hub.service")


def kept_identity_key() -> str:
    """Return the key in the user's state folder, in PEM; made there when it is first needed.

    Where that cannot be, the key is a new one that nobody keeps, and the log says why: events must not fail of it.
    """
    try:
        path = state_folder(os.environ, sys.platform) / IDENTITY_FILE
        return _checked(path, keep_secret(path, make_private_key))
    except (ConfigurationError, OSError) as error:
        _logger.warning("the key of the managed identity is not kept, and apps have to fetch another: %s", error)
        return make_private_key()


def _checked(path: Path, pem: str) -> str:
    try:
        key = serialization.load_pem_private_key(pem.encode(), password=None)
    except (ValueError, TypeError):
        key = None
    if not isinstance(key, rsa.RSAPrivateKey):
        raise ConfigurationError(f"{path} holds no RSA key: remove it, and another is made")
    return pem
