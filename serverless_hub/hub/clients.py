"""Choosing who gets a message: `self.clients.group("lobby").send("receive", text)`."""

from collections.abc import Iterable
from typing import Any

from serverless_hub.hub.ports import HubSender, Receivers

__all__ = ["CallerClients", "ClientProxy", "Clients"]


class ClientProxy:
    """Stands for some clients of a hub."""

    __slots__ = ("_receivers", "_sender")

    def __init__(self, sender: HubSender, receivers: Receivers) -> None:
        self._sender = sender
        self._receivers = receivers

    async def send(self, target: str, *arguments: Any) -> None:
        """Call `target` on these clients, with whatever pydantic can serialise as arguments.

        Raises:
            TypeError: an argument cannot be serialised.
        """
        if not target:
            raise ValueError("the target of a message must not be empty")
        await self._sender.send(self._receivers, target, arguments)


class Clients:
    """The clients of a hub, from wherever one sends."""

    __slots__ = ("_sender",)

    def __init__(self, sender: HubSender) -> None:
        self._sender = sender

    @property
    def all(self) -> ClientProxy:
        """Everyone connected to the hub."""
        return self._proxy(Receivers("all"))

    def all_except(self, connection_ids: Iterable[str]) -> ClientProxy:
        """Everyone but these connections."""
        return self._proxy(Receivers("all", excluded=_several(connection_ids)))

    def client(self, connection_id: str) -> ClientProxy:
        """One connection."""
        return self.clients([connection_id])

    def clients(self, connection_ids: Iterable[str]) -> ClientProxy:
        """Several connections."""
        return self._proxy(Receivers("connections", _several(connection_ids)))

    def group(self, name: str) -> ClientProxy:
        """The members of a group."""
        return self.groups([name])

    def group_except(self, name: str, connection_ids: Iterable[str]) -> ClientProxy:
        """The members of a group but these connections."""
        return self._proxy(Receivers("groups", (name,), _several(connection_ids)))

    def groups(self, names: Iterable[str]) -> ClientProxy:
        """The members of several groups."""
        return self._proxy(Receivers("groups", _several(names)))

    def user(self, user_id: str) -> ClientProxy:
        """Every connection of one user."""
        return self.users([user_id])

    def users(self, user_ids: Iterable[str]) -> ClientProxy:
        """Every connection of several users."""
        return self._proxy(Receivers("users", _several(user_ids)))

    def _proxy(self, receivers: Receivers) -> ClientProxy:
        return ClientProxy(self._sender, receivers)


class CallerClients(Clients):
    """The clients of a hub, as seen from the event of one of them."""

    __slots__ = ("_connection_id",)

    def __init__(self, sender: HubSender, connection_id: str) -> None:
        super().__init__(sender)
        self._connection_id = connection_id

    @property
    def caller(self) -> ClientProxy:
        """The connection whose event this is."""
        return self.client(self._connection_id)

    @property
    def others(self) -> ClientProxy:
        """Everyone but the caller."""
        return self.all_except([self._connection_id])

    def others_in_group(self, name: str) -> ClientProxy:
        """The members of a group but the caller."""
        return self.group_except(name, [self._connection_id])


def _several(names: Iterable[str]) -> tuple[str, ...]:
    """Refuse a single name: its letters would be names."""
    if isinstance(names, str):
        raise TypeError(f"several names are a list: write [{names!r}]")
    return tuple(names)
