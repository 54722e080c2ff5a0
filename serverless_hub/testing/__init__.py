"""Tests of hubs: `HubTestClient` runs an app with its hubs, `call` a single method."""

from serverless_hub.hub.ports import Receivers
from serverless_hub.testing.call import Called, call
from serverless_hub.testing.client import Closed, HubClient
from serverless_hub.testing.clock import VirtualClock
from serverless_hub.testing.hub_test_client import HubTestClient
from serverless_hub.testing.lines import ConnectError
from serverless_hub.testing.recorder import Action, SendRecorder, Sent
from serverless_hub.testing.requests import Reply
from serverless_hub.testing.transcript import ExpectationError, Transcript

__all__ = [
    "Action",
    "Called",
    "Closed",
    "ConnectError",
    "ExpectationError",
    "HubClient",
    "HubTestClient",
    "Receivers",
    "Reply",
    "SendRecorder",
    "Sent",
    "Transcript",
    "VirtualClock",
    "call",
]
