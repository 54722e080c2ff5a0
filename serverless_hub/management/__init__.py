"""The way to a SignalR service: its REST API as a client calls it."""

from serverless_hub.hub.ports import GroupMember
from serverless_hub.management.endpoint_router import EndpointRouter, NegotiateRequest
from serverless_hub.management.endpoints import EndpointState
from serverless_hub.management.retry import RetryPolicy
from serverless_hub.protocol.commands import CloseConnection, JoinGroup, LeaveGroup, SendMessage

__all__ = [
    "CloseConnection",
    "EndpointRouter",
    "EndpointState",
    "GroupMember",
    "JoinGroup",
    "LeaveGroup",
    "NegotiateRequest",
    "RetryPolicy",
    "SendMessage",
]
