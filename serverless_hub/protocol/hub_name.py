"""What a hub is called on the wire (REST API 2024-12-01, parameters `hub` and `application`)."""

from serverless_hub.errors import ConfigurationError
from serverless_hub.protocol.endpoint import HUB_NAME

__all__ = ["application_prefix", "wire_name"]


def wire_name(hub: str, application: str | None = None) -> str:
    """Return what a service calls `hub` of an `application`: with its prefix, in lower case.

    Raises:
        ConfigurationError: a name that no service takes.
    """
    if not HUB_NAME.fullmatch(hub):
        raise ConfigurationError(f"the hub's name {hub!r} {_RULE}")
    return f"{application_prefix(application)}{hub}".lower()


def application_prefix(application: str | None) -> str:
    """Return what stands before the names of the hubs of an `application`, so that several can share a service.

    Raises:
        ConfigurationError: an application that no service takes.
    """
    if application is not None and not HUB_NAME.fullmatch(application):
        raise ConfigurationError(f"application={application!r} {_RULE}")
    return "" if application is None else f"{application}_"


_RULE = "must begin with an ASCII letter and have letters, digits or _ ` , . [ ], 128 at most"
