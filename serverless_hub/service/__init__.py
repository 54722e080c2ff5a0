"""The embedded SignalR service: plain ASGI between clients and the upstream contract; it knows no hub class."""
