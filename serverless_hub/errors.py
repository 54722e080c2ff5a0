"""Every exception of the package, split by who has to act.

- `ServerlessHubError`
    - `HubDefinitionError`: the author of a hub class; raised at definition or when a router registers it
    - `ConfigurationError`: the operator; raised at start-up
    - `HubException`: raised by hub methods; its text is what the client sees
        - `ConnectionRejected`: raised by `on_connected` to refuse a client
    - `BindingError`: the caller sent arguments that do not fit the method
    - `ProtocolError`: the peer broke the wire protocol
    - `TokenError`: a token that proves nothing
    - `ServiceError`: a SignalR service did not do what it was asked
        - `InvalidArgumentError`: it calls the request wrong (400), or it is so wrong that it was not sent
        - `UnauthorizedError`: it does not take our key or our credential (401, 403)
        - `NotFoundError`: it has nothing there (404)
            - `ConnectionGoneError`: the connection that a result was to come from
        - `ThrottledError`: it has had too many requests (429)
        - `UnreachableError`: there is no answer
        - `ServiceTimeoutError`: there is none in time
        - `ClientResultError`: a client answered a call with an error
        - `PartialFailureError`: some of several endpoints failed
"""

from collections.abc import Mapping

__all__ = [
    "BindingError",
    "ClientResultError",
    "ConfigurationError",
    "ConnectionGoneError",
    "ConnectionRejected",
    "HubDefinitionError",
    "HubException",
    "InvalidArgumentError",
    "NotFoundError",
    "PartialFailureError",
    "ProtocolError",
    "ServerlessHubError",
    "ServiceError",
    "ServiceTimeoutError",
    "ThrottledError",
    "TokenError",
    "UnauthorizedError",
    "UnreachableError",
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


class ServiceError(ServerlessHubError):
    """A SignalR service did not do what it was asked; the text says which service and what to do.

    Args:
        text: what went wrong; it has no key, no token and no argument of the call.
        status: the HTTP status of the answer, if there was one.
        code: what the service calls the error (`x-ms-error-code`, or `code` of its body).
        request_id: names the request in the service's own logs.
        retry_is_safe: whether nothing has happened yet, so that trying again does nothing twice.
    """

    def __init__(
        self,
        text: str,
        *,
        status: int | None = None,
        code: str | None = None,
        request_id: str | None = None,
        retry_is_safe: bool = False,
    ) -> None:
        super().__init__(text)
        self.status = status
        self.code = code
        self.request_id = request_id
        self.retry_is_safe = retry_is_safe


class InvalidArgumentError(ServiceError, ValueError):
    """The request is wrong, and would be the next time."""


class UnauthorizedError(ServiceError):
    """The service does not take the access key or the credential, or it lacks the role."""


class NotFoundError(ServiceError):
    """There is nothing of this name, or no SignalR service at this URL."""


class ConnectionGoneError(NotFoundError):
    """The connection that was called is not open, or closed before it answered."""


class ThrottledError(ServiceError):
    """The service has had too many requests, also when they were repeated as it asked."""


class UnreachableError(ServiceError):
    """There was no answer: no connection, or a broken one."""


class ServiceTimeoutError(ServiceError, TimeoutError):
    """There was no answer in time, of the service or of a client that was called."""


class ClientResultError(ServiceError):
    """A client answered a call with an error; the text is the client's, so do not show it to others as it is."""


class PartialFailureError(ServiceError):
    """Some of several endpoints failed; the others have done it.

    Args:
        text: which failed, and how.
        failures: the error of each endpoint that failed, by its name or URL.
    """

    def __init__(self, text: str, failures: Mapping[str, ServiceError]) -> None:
        super().__init__(text)
        self.failures = failures
