"""Every exception of the package, split by who has to act.

- `ServerlessHubError`
    - `HubDefinitionError`: the author of a hub class; raised at definition or when a router registers it
    - `ConfigurationError`: the operator; raised at start-up
    - `HubException`: raised by hub methods; its text is what the client sees
        - `ConnectionRejected`: raised by `on_connected` to refuse a client
    - `BindingError`: the caller sent arguments that do not fit the method
    - `ProtocolError`: the peer broke the wire protocol
    - `TokenError`: a token that proves nothing
"""

__all__ = [
    "BindingError",
    "ConfigurationError",
    "ConnectionRejected",
    "HubDefinitionError",
    "HubException",
    "ProtocolError",
    "ServerlessHubError",
    "TokenError",
]


class ServerlessHubError(Exception):
    """The base of all errors that this package raises on purpose."""


class HubDefinitionError(ServerlessHubError, TypeError):
    """A hub class cannot work as written; the text says what to change."""


class ConfigurationError(ServerlessHubError):
    """A setting is missing or wrong; the text says which one and what it takes."""


class HubException(ServerlessHubError):  # noqa: N818 - SignalR's own name for it
    """Raise it in a hub method: this text, and no other, reaches the client as the error of its call."""


class ConnectionRejected(HubException):
    """Raise it in `on_connected` to refuse a client; the service closes the connection with this text."""


class BindingError(ServerlessHubError):
    """The arguments of a call do not fit the method; the text names the parameter and never a value."""


class ProtocolError(ServerlessHubError):
    """The peer sent something that the SignalR protocol does not allow."""


class TokenError(ServerlessHubError):
    """A token is malformed, expired, signed with another key or meant for something else."""
