"""Sending and managing from anywhere: the client side of the REST API of a SignalR service."""
