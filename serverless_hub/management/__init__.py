"""The way to a SignalR service: its REST API as a client calls it."""
