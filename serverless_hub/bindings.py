"""Azure's bindings for functions, in Python: what the methods of `HubRouter` for them work with."""

from serverless_hub.hub.endpoints import SignalREndpoint, SignalREndpointConnectionInfo, SignalRNegotiation
from serverless_hub.hub.functions import SignalRParameter
from serverless_hub.hub.negotiation import SignalRConnectionInfo
from serverless_hub.hub.outputs import SignalRGroupAction, SignalRMessage
from serverless_hub.routing.output import SignalROutput
from serverless_hub.routing.security_token import SecurityTokenResult, TokenVerifier, security_token

__all__ = [
    "SecurityTokenResult",
    "SignalRConnectionInfo",
    "SignalREndpoint",
    "SignalREndpointConnectionInfo",
    "SignalRGroupAction",
    "SignalRMessage",
    "SignalRNegotiation",
    "SignalROutput",
    "SignalRParameter",
    "TokenVerifier",
    "security_token",
]
