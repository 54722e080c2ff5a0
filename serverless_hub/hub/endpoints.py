"""Azure's SignalRNegotiation and SignalREndpoints bindings, as values: which endpoints there are, and how they are.

Source: Functions extension, docs/sharding.md and Bindings/ServiceEndpointJsonConverter.cs.
"""

from typing import ClassVar, Literal

from pydantic import BaseModel, ConfigDict
from pydantic.alias_generators import to_camel

from serverless_hub.hub.negotiation import SignalRConnectionInfo

__all__ = ["SignalREndpoint", "SignalREndpointConnectionInfo", "SignalRNegotiation"]


class SignalREndpoint(BaseModel):
    """One of several endpoints of a service; in an output binding it says where an item goes."""

    model_config: ClassVar[ConfigDict] = ConfigDict(
        frozen=True, alias_generator=to_camel, validate_by_name=True, validate_by_alias=True
    )

    endpoint_type: Literal["Primary", "Secondary"] = "Primary"
    name: str = ""
    endpoint: str
    """Its URL."""
    online: bool = True

    def is_same(self, other: "SignalREndpoint") -> bool:
        """Tell whether both mean one endpoint: by name, URL and type; whether it is online does not count."""
        mine = (self.name, self.endpoint, self.endpoint_type)
        return mine == (other.name, other.endpoint, other.endpoint_type)


class SignalREndpointConnectionInfo(SignalREndpoint):
    """An endpoint, and how a client connects to it."""

    connection_info: SignalRConnectionInfo


class SignalRNegotiation(BaseModel):
    """What a client may choose from."""

    model_config: ClassVar[ConfigDict] = ConfigDict(frozen=True)

    endpoints: list[SignalREndpointConnectionInfo]
