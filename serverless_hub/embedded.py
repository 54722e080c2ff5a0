"""The embedded SignalR service in the process of the app: no cloud, no network between hub and service."""

import asyncio
import logging
import os
import secrets
import sys
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from http import HTTPStatus
from typing import Any, TypeVar
from urllib.parse import urlsplit

from serverless_hub.clock import Clock, SystemClock
from serverless_hub.errors import ConfigurationError, ConnectionGoneError
from serverless_hub.hub.ports import GroupMember, GroupPage, HubSender, Receivers
from serverless_hub.protocol.commands import Command
from serverless_hub.protocol.cors import CorsPolicy
from serverless_hub.protocol.rest import MemberKind
from serverless_hub.protocol.secret import check_secret
from serverless_hub.service.asgi import App, Receive, Scope, Send, deny_websocket, respond
from serverless_hub.service.hub import ServiceHub
from serverless_hub.service.in_process import InProcessUpstream
from serverless_hub.service.only_process import OnlyProcess, parent_of_siblings
from serverless_hub.service.rest_path import below
from serverless_hub.service.server_pings import pings_of_server
from serverless_hub.service.service import SignalRService
from serverless_hub.service.settings import ServiceSettings
from serverless_hub.service.stop_signals import StopSignals

__all__ = ["EmbeddedService"]

_logger = logging.getLogger("serverless_hub.service")

_LOCAL_HOSTS = ("localhost", "127.0.0.1", "::1", "testserver")
_KEY_BYTES = 32


_S = TypeVar("_S", bound="EmbeddedService")


class EmbeddedService:
    """A SignalR service below `path` of the app, for one process.

    Args:
        access_key: signs client tokens and upstream events; random when left out, so that clients have to negotiate
            again after a restart, which they do by themselves.
        public_url: where browsers reach the app, such as `https://chat.example.com`; without it, what the request for
            negotiate says, if its host is among `allowed_hosts`.
        allowed_hosts: names without ports that a request may give as its host; `"*"` allows any.
        allowed_origins: other origins whose pages may connect, such as `https://chat.example.com`.
        allow_loopback: whether pages of the same machine may, on whatever port they are served.
        path: where the service's endpoints are, below the prefix of the router.
        settings: times and limits.
        clock: what all timers ask.

    Raises:
        ConfigurationError: a setting that cannot work; the text says why.
    """

    def __init__(
        self,
        *,
        access_key: str | None = None,
        public_url: str | None = None,
        allowed_hosts: Iterable[str] = _LOCAL_HOSTS,
        allowed_origins: Iterable[str] = (),
        allow_loopback: bool = True,
        path: str = "/_signalr",
        settings: ServiceSettings | None = None,
        clock: Clock | None = None,
    ) -> None:
        check_secret("access_key", access_key)
        if public_url is not None and not _is_http(public_url):
            raise ConfigurationError("public_url must be an http(s) URL, such as https://chat.example.com")
        if not path.startswith("/") or path.endswith("/"):
            raise ConfigurationError(f"path={path!r} must begin with a slash and not end with one")
        self.path = path
        self.keys: Sequence[str] = (access_key or secrets.token_urlsafe(_KEY_BYTES),)
        """The access keys."""
        self._has_own_key = access_key is not None
        self.signs = True
        """Every event is signed."""
        self.cors: CorsPolicy = CorsPolicy(allowed_origins, allow_loopback=allow_loopback)
        """Which web pages from elsewhere may connect."""
        self._public_url = public_url.rstrip("/") if public_url is not None else None
        if isinstance(allowed_hosts, str):
            raise ConfigurationError(f"allowed_hosts takes several: allowed_hosts=[{allowed_hosts!r}]")
        self._allowed_hosts = frozenset(host.lower() for host in allowed_hosts)
        self._settings = settings or ServiceSettings()
        self._clock = clock or SystemClock()
        self._upstreams: list[InProcessUpstream] = []
        self._locks: list[OnlyProcess] = []
        self._service = self._make_service()
        self._signals = StopSignals(self._say_goodbye, self._hurry)

    def keep_key(self, kept: Callable[[], str]) -> None:
        """Sign with the key that `kept` returns, where the app has said none; only before the app starts.

        A random key ends with its process: who restarts an app again and again keeps one for it.
        """
        if not self._has_own_key:
            self.keys = (kept(),)
            self._service = self._make_service()

    def remade(self, kind: "type[_S]", clock: Clock) -> "_S":
        """Return another service with the settings and the key of this one, without its connections and groups.

        Args:
            kind: its class.
            clock: what all timers of the new one ask.
        """
        service = kind(
            access_key=self.keys[0],
            public_url=self._public_url,
            allowed_hosts=self._allowed_hosts,
            path=self.path,
            settings=self._settings,
            clock=clock,
        )
        service.cors = self.cors
        return service

    def client_endpoint(self, app_url: str | None, path: str) -> str | None:
        """Return the URL of the service as browsers see it.

        Args:
            app_url: where the app is, as the client sees it: scheme, host, port and root path; None where no client
                asks.
            path: where the router is in the app.

        Returns:
            None when the host is not allowed; the log says what to set.

        Raises:
            ConfigurationError: no client asks, and there is no `public_url`.
        """
        if self._public_url is not None:
            return f"{self._public_url}{path}{self.path}"
        if app_url is None:
            raise ConfigurationError(
                "where clients reach this app is known only from their requests: to negotiate in a hub, say "
                "EmbeddedService(public_url=...)"
            )
        host = _host(app_url)
        if host in self._allowed_hosts or "*" in self._allowed_hosts:
            return f"{app_url.rstrip('/')}{path}{self.path}"
        _logger.error(
            "refused to negotiate for the host %r: if it is yours, say EmbeddedService(public_url='https://...') or "
            "EmbeddedService(allowed_hosts=[%r])",
            host,
            host,
        )
        return None

    def sender(self, hub: str) -> HubSender:
        """Return what sends to the clients of `hub`."""
        # Whoever checks a client's token looks at path and hub only: any host will do.
        endpoint = f"{self._public_url or 'http://localhost'}{self.path}"
        return _Sender(self._service.hub(hub), partial(self._service.generate_token, hub, endpoint=endpoint))

    async def start(self, app: App, path: str, hubs: Iterable[str]) -> None:
        """Post the events of `hubs` to `path` of `app` from now on.

        Raises:
            ConfigurationError: another worker of the same server has this service already.
        """
        hubs = list(hubs)
        await self._lock(hubs)
        self._warn_of_pings()
        upstream = InProcessUpstream(app, path, self._clock, self._settings.upstream_timeout)
        self._upstreams.append(upstream)
        self._signals.listen()
        self._service.upstreams.update((hub.lower(), upstream) for hub in hubs)

    def close_all(self) -> None:
        """Begin to stop: close all connections, and let nobody in until `stop` has ended.

        It happens by itself when the process is told to stop by a signal, before the server hears of that: servers
        close WebSockets then, and wait for event streams and polls before they end the app.
        """
        self._service.close_all()

    async def stop(self) -> None:
        """Close all connections, and wait until the app has taken their last events and ended what it does for any."""
        latest = self._clock.monotonic() + self._settings.stop_timeout
        await self._service.stop()
        for upstream in self._upstreams:
            await upstream.finish(max(0.0, latest - self._clock.monotonic()))
        self._upstreams = []
        self._signals.forget()
        for lock in self._locks:
            lock.give_back()
        self._locks = []

    def _make_service(self) -> SignalRService:
        return SignalRService(self.keys, self._settings, self._clock, self.cors)

    async def _say_goodbye(self) -> None:
        await self._service.say_goodbye()

    def _hurry(self) -> None:
        """Wait no longer: whoever stops the process has said so twice."""
        self._service.hurry()
        for upstream in self._upstreams:
            upstream.hurry()

    async def negotiate(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer the second negotiate of a client (ASGI)."""
        await self._if_used(self._service.negotiate, scope, receive, send)

    async def connect(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a client's WebSocket (ASGI)."""
        await self._if_used(self._service.connect, scope, receive, send)

    async def client(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a client without a WebSocket (ASGI)."""
        await self._if_used(self._service.client, scope, receive, send)

    async def rest(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request of the REST API (ASGI); it is below `path`, wherever that is."""
        await self._if_used(self._service.rest, below(scope, self.path), receive, send)

    async def _lock(self, hubs: Sequence[str]) -> None:
        parent = parent_of_siblings(os.environ)
        if parent is not None:
            lock = OnlyProcess(parent, hubs, self._clock)
            await lock.take()
            self._locks.append(lock)

    def _warn_of_pings(self) -> None:
        if not self._upstreams and (advice := pings_of_server(sys.argv, os.environ)) is not None:
            _logger.warning(advice)

    async def _if_used(self, serve: App, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a request where an app works with this service; where settings name another, nothing is here."""
        if self._upstreams:
            for upstream in self._upstreams:
                upstream.state = scope.get("state", {})
            await serve(scope, receive, send)
        elif scope["type"] == "websocket":
            await deny_websocket(scope, receive, send, HTTPStatus.NOT_FOUND)
        else:
            await respond(send, HTTPStatus.NOT_FOUND)


def _is_http(url: str) -> bool:
    return url.lower().startswith(("http://", "https://")) and _host(url) != ""


def _host(url: str) -> str:
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""


class _Sender:
    """Sends without leaving the process."""

    def __init__(self, hub: ServiceHub, generate_token: Callable[[str | None, float], str]) -> None:
        self._hub = hub
        self._generate_token = generate_token

    async def send(self, receivers: Receivers, target: str, arguments: Sequence[Any]) -> None:
        """Queue the message for each receiver, and let what is queued go out: a burst of sends must not pile up."""
        self._hub.send(receivers.kind, receivers.names, target, arguments, receivers.excluded)
        await asyncio.sleep(0)

    async def add_to_group(self, connection_id: str, group: str) -> None:
        """Make a connection a member of `group`."""
        self._hub.registry.join(connection_id, group)

    async def remove_from_group(self, connection_id: str, group: str) -> None:
        """End a connection's membership in `group`."""
        self._hub.registry.leave(connection_id, group)

    async def remove_from_all_groups(self, connection_id: str) -> None:
        """End all memberships of a connection."""
        self._hub.registry.leave_all(connection_id)

    async def add_user_to_group(self, user_id: str, group: str, ttl: float | None) -> None:
        """Make a user a member of `group`, with the connections that are open and those that come.

        Args:
            user_id: the user, connected or not.
            group: the group.
            ttl: seconds until it ends; 0 for the connections that are open now only; None for a year, though a user
                keeps only the latest 100 of these.

        Raises:
            ValueError: `ttl` is negative or no number.
        """
        self._hub.users.add(user_id, group, ttl)

    async def remove_user_from_group(self, user_id: str, group: str) -> None:
        """End a user's membership in `group`; connections that were added by themselves stay."""
        self._hub.users.remove(user_id, group)

    async def remove_user_from_all_groups(self, user_id: str) -> None:
        """End all memberships of a user."""
        self._hub.users.remove_all(user_id)

    async def user_in_group(self, user_id: str, group: str) -> bool:
        """Tell whether a user is a member of `group`."""
        return self._hub.users.contains(user_id, group)

    async def invoke(self, connection_id: str, target: str, arguments: Sequence[Any], timeout: float) -> Any:  # noqa: ASYNC109 - as the port has it
        """Call `target` on one connection and return its client's answer."""
        return await self._hub.invoke(connection_id, target, arguments, timeout)

    async def send_stream_item(self, connection_id: str, stream_id: str, item: Any, *, completed: bool) -> None:
        """Send one item of a stream."""
        if not self._hub.send_stream_item(connection_id, stream_id, item, completed=completed):
            raise ConnectionGoneError("the connection of the stream is not open")
        await asyncio.sleep(0)  # Let what is queued go out, as `send` does.

    async def complete_stream(self, connection_id: str, stream_id: str, error: str | None) -> None:
        """End a stream."""
        self._hub.complete_stream(connection_id, stream_id, error)

    async def group_members(self, group: str, *, page_size: int, continuation: str | None) -> GroupPage:
        """Return a page of the connections of `group`."""
        members, following = self._hub.members(group, page_size, continuation)
        return GroupPage([GroupMember(member.id, member.user_id) for member in members], following)

    async def exists(self, kind: MemberKind, name: str) -> bool:
        """Tell whether a connection is open, or a user or a group has one."""
        return self._hub.exists(kind, name)

    async def close(self, receivers: Receivers, reason: str | None) -> None:
        """Close connections."""
        self._hub.close(receivers.kind, receivers.names, reason, receivers.excluded)

    async def execute(self, commands: Sequence[Command], only: str | None) -> None:
        """Do all `commands` for each connection that the filter `only` takes."""
        self._hub.execute(commands, only)

    async def generate_token(self, user_id: str | None, lifetime: float) -> str:
        """Return an access token for a client."""
        return self._generate_token(user_id, lifetime)
