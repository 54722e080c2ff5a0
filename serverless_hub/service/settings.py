"""Times and limits of the service."""

from collections.abc import Collection
from dataclasses import dataclass, fields

from serverless_hub.errors import ConfigurationError
from serverless_hub.protocol.client_token import TransportName
from serverless_hub.protocol.negotiate import TRANSPORT_NAMES

__all__ = ["ServiceSettings"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceSettings:
    """Times in seconds, sizes in bytes; the defaults are Azure's where Azure's are known.

    Raises:
        ConfigurationError: one is not above zero, or `transports` names none that there is.
    """

    handshake_timeout: float = 15.0
    """How long a client may take for its handshake."""
    ping_interval: float = 15.0
    """How long the service may be silent towards a client before it pings."""
    client_timeout: float = 30.0
    """How long a client that has pinged once may be silent before its connection is closed."""
    connect_timeout: float = 5.0
    """How long after negotiate a client may connect."""
    close_timeout: float = 5.0
    """How long sending what is left may take when a connection is closed."""
    upstream_timeout: float = 100.0
    """How long the app may take to answer an event."""
    invoke_timeout: float = 30.0
    """How long a client may take to answer a call that came through the REST API."""
    stop_timeout: float = 30.0
    """How long the end of the app may wait for its own answers to the last events."""
    max_message_bytes: int = 2 * 1024 * 1024
    """The largest message that a client may send."""
    max_outbound_bytes: int = 4 * 1024 * 1024
    """How much may wait for a client that does not read; one that needs more is closed."""
    max_queued_calls: int = 64
    """How many calls of one connection may wait; beyond that its messages are not read."""
    max_queued_bytes: int = 4 * 1024 * 1024
    """The same in bytes, for large calls."""
    max_pending: int = 10_000
    """How many clients may be on their way in: between negotiate and the end of their handshake."""
    max_pending_per_user: int = 1000
    """How many of one user; those without a user share half of `max_pending`."""
    max_connections: int = 10_000
    """How many connections there may be, those included whose clients may come back; more are refused with 503."""
    max_groups_per_connection: int = 1000
    """How many groups a connection may be in by itself; one more is an error. Azure's limit is not published."""
    max_groups_per_user: int = 1000
    """How many groups a user may be in, or their connections through them; the same."""
    poll_timeout: float = 90.0
    """How long a poll waits for a message; clients give up after 100 seconds."""
    disconnect_timeout: float = 15.0
    """How long there may be no poll before the client is taken to be gone."""
    transports: Collection[TransportName] = TRANSPORT_NAMES
    """How clients may connect; a token may allow its holder less."""
    close_reasons: bool = True
    """Whether every client reads the reason with which the app closes its connection; if not, then as with Azure only
    those whose token asks for detailed errors."""
    stateful_reconnect: bool = False
    """Whether a client that asks for it keeps its connection when its WebSocket breaks; Azure is not known to do it."""
    stateful_reconnect_window: float = 30.0
    """How long such a client may take to come back, before the app is told that it has gone."""
    stateful_buffer_bytes: int = 100_000
    """How much such a client may be sent before it has to acknowledge; what else there is for it waits meanwhile."""

    def __post_init__(self) -> None:
        unknown = set(self.transports).difference(TRANSPORT_NAMES)
        if isinstance(self.transports, str) or unknown or not self.transports:
            names = ", ".join(TRANSPORT_NAMES)
            raise ConfigurationError(f"ServiceSettings(transports=...) takes one or more of {names}")
        for setting in fields(self):
            value = getattr(self, setting.name)
            if isinstance(value, int | float) and not isinstance(value, bool) and not value > 0:
                raise ConfigurationError(f"ServiceSettings({setting.name}={value!r}) must be above zero")
