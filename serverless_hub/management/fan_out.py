"""Sending to several endpoints as if they were one service.

Source: azure-signalr DefaultMessageRouter.cs: whatever is sent goes to every endpoint that is online.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from serverless_hub.errors import (
    ClientResultError,
    ConnectionGoneError,
    InvalidArgumentError,
    PartialFailureError,
    ServiceError,
)
from serverless_hub.hub.ports import GroupPage, HubSender, Receivers
from serverless_hub.management.page_mark import PageMark
from serverless_hub.protocol.commands import Command
from serverless_hub.protocol.rest import MemberKind

__all__ = ["FanOutSender", "Target"]

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Target:
    """One endpoint to send to."""

    url: str
    label: str
    """What errors call it."""
    sender: HubSender


class FanOutSender:
    """A `HubSender` that does everything at each of some endpoints, at once.

    With several, what fails at some raises `PartialFailureError`; the others have done it. With one, it is as if that
    was used alone.

    Args:
        targets: tells which endpoints there are now: at least one, in an order that lasts.
    """

    __slots__ = ("_targets",)

    def __init__(self, targets: Callable[[], Sequence[Target]]) -> None:
        self._targets = targets

    async def send(self, receivers: Receivers, target: str, arguments: Sequence[Any]) -> None:
        """Call `target` on the receivers, wherever they are connected."""
        await self._everywhere(lambda sender: sender.send(receivers, target, arguments))

    async def invoke(self, connection_id: str, target: str, arguments: Sequence[Any], timeout: float) -> Any:  # noqa: ASYNC109 - as the port has it
        """Call `target` on one connection and return its client's answer.

        Every endpoint is asked, since nobody knows where the connection is; the first answer counts.

        Raises:
            ConnectionGoneError: it is nowhere.
            ServiceError: as at one endpoint, where only one knows more than that; else `PartialFailureError`.
        """
        outcomes = await _outcomes(
            self._targets(),
            lambda sender: sender.invoke(connection_id, target, arguments, timeout),
            is_final=_is_answer,
        )
        for outcome in outcomes.values():
            if isinstance(outcome, ClientResultError):
                raise outcome
            if not isinstance(outcome, ServiceError):
                return outcome
        failures = _failures(outcomes)
        # Where it is not, is known for sure; the others know more.
        others = {label: error for label, error in failures.items() if not isinstance(error, ConnectionGoneError)}
        raise _partial(others, len(outcomes)) if len(others) > 1 else next(iter((others or failures).values()))

    async def send_stream_item(self, connection_id: str, stream_id: str, item: Any, *, completed: bool) -> None:
        """Send one item of a stream; it is at one endpoint only that its connection is."""
        outcomes = await _outcomes(
            self._targets(), lambda sender: sender.send_stream_item(connection_id, stream_id, item, completed=completed)
        )
        gone = {label for label, outcome in outcomes.items() if isinstance(outcome, ConnectionGoneError)}
        if len(gone) == len(outcomes):
            raise next(iter(_failures(outcomes).values()))
        _check({label: outcome for label, outcome in outcomes.items() if label not in gone})

    async def complete_stream(self, connection_id: str, stream_id: str, error: str | None) -> None:
        """End a stream."""
        await self._everywhere(lambda sender: sender.complete_stream(connection_id, stream_id, error))

    async def add_to_group(self, connection_id: str, group: str) -> None:
        """Make a connection a member of `group`."""
        await self._everywhere(lambda sender: sender.add_to_group(connection_id, group))

    async def remove_from_group(self, connection_id: str, group: str) -> None:
        """End a connection's membership in `group`."""
        await self._everywhere(lambda sender: sender.remove_from_group(connection_id, group))

    async def remove_from_all_groups(self, connection_id: str) -> None:
        """End all memberships of a connection."""
        await self._everywhere(lambda sender: sender.remove_from_all_groups(connection_id))

    async def group_members(self, group: str, *, page_size: int, continuation: str | None) -> GroupPage:
        """Return a page of the members of `group`: those of the first endpoint first; it may have none.

        Raises:
            InvalidArgumentError: the continuation is none, or its endpoint is not sent to any more.
        """
        targets = self._targets()
        mark = PageMark(targets[0].url, None) if continuation is None else PageMark.decode(continuation)
        at = next((place for place, target in enumerate(targets) if target.url == mark.url), None)
        if at is None:
            raise InvalidArgumentError("the continuation is of an endpoint that is not sent to now: begin anew")
        page = await targets[at].sender.group_members(group, page_size=page_size, continuation=mark.continuation)
        following = None
        if page.continuation is not None:
            following = PageMark(mark.url, page.continuation)
        elif at + 1 < len(targets):
            following = PageMark(targets[at + 1].url, None)
        return GroupPage(page.members, None if following is None else following.encode())

    async def add_user_to_group(self, user_id: str, group: str, ttl: float | None) -> None:
        """Make a user a member of `group`."""
        await self._everywhere(lambda sender: sender.add_user_to_group(user_id, group, ttl))

    async def remove_user_from_group(self, user_id: str, group: str) -> None:
        """End a user's membership in `group`."""
        await self._everywhere(lambda sender: sender.remove_user_from_group(user_id, group))

    async def remove_user_from_all_groups(self, user_id: str) -> None:
        """End all memberships of a user."""
        await self._everywhere(lambda sender: sender.remove_user_from_all_groups(user_id))

    async def user_in_group(self, user_id: str, group: str) -> bool:
        """Tell whether a user is a member of `group` anywhere."""
        return await self._anywhere(lambda sender: sender.user_in_group(user_id, group))

    async def exists(self, kind: MemberKind, name: str) -> bool:
        """Tell whether a connection is open anywhere, or a user or a group has one."""
        return await self._anywhere(lambda sender: sender.exists(kind, name))

    async def close(self, receivers: Receivers, reason: str | None) -> None:
        """Close connections."""
        await self._everywhere(lambda sender: sender.close(receivers, reason))

    async def execute(self, commands: Sequence[Command], only: str | None) -> None:
        """Do all `commands` for each connection that the filter `only` takes."""
        await self._everywhere(lambda sender: sender.execute(commands, only))

    async def generate_token(self, user_id: str | None, lifetime: float) -> str:
        """Return an access token for a client.

        Raises:
            InvalidArgumentError: there are several endpoints, and a token is for one.
        """
        targets = self._targets()
        if len(targets) > 1:
            raise InvalidArgumentError(
                f"a client's token is for one endpoint: choose one of {', '.join(target.label for target in targets)}"
            )
        return await targets[0].sender.generate_token(user_id, lifetime)

    async def _everywhere(self, call: Callable[[HubSender], Awaitable[None]]) -> None:
        _check(await _outcomes(self._targets(), call))

    async def _anywhere(self, call: Callable[[HubSender], Awaitable[bool]]) -> bool:
        outcomes = await _outcomes(self._targets(), call, is_final=lambda outcome: outcome is True)
        if True in outcomes.values():
            return True
        _check(outcomes)
        return False


async def _outcomes(
    targets: Sequence[Target],
    call: Callable[[HubSender], Awaitable[_T]],
    *,
    is_final: Callable[[_T | Exception], bool] = lambda _: False,
) -> Mapping[str, _T | ServiceError]:
    """Return what came out at each target, by label; once something final has, the others are cancelled.

    Raises what is no `ServiceError`: it would be the same everywhere.
    """
    if len(targets) == 1:
        return {targets[0].label: _known(await _outcome(call, targets[0].sender))}
    tasks = {asyncio.create_task(_outcome(call, target.sender)): target.label for target in targets}
    waiting = set(tasks)
    found: dict[str, _T | Exception] = {}
    try:
        while waiting and not any(map(is_final, found.values())):
            done, waiting = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
            found |= {tasks[task]: task.result() for task in done}
    finally:
        for task in waiting:
            task.cancel()
        if waiting:
            await asyncio.wait(waiting)
    return {label: _known(found[label]) for label in tasks.values() if label in found}


async def _outcome(call: Callable[[HubSender], Awaitable[_T]], sender: HubSender) -> _T | Exception:
    try:
        return await call(sender)
    except Exception as error:  # noqa: BLE001 - it is raised where all outcomes are known
        return error


def _known(outcome: _T | Exception) -> _T | ServiceError:
    if isinstance(outcome, Exception) and not isinstance(outcome, ServiceError):
        raise outcome
    return outcome


def _is_answer(outcome: Any) -> bool:
    return isinstance(outcome, ClientResultError) or not isinstance(outcome, Exception)


def _failures(outcomes: Mapping[str, Any]) -> dict[str, ServiceError]:
    return {label: outcome for label, outcome in outcomes.items() if isinstance(outcome, ServiceError)}


def _check(outcomes: Mapping[str, Any]) -> None:
    failures = _failures(outcomes)
    if failures and len(outcomes) == 1:
        raise next(iter(failures.values()))
    if failures:
        raise _partial(failures, len(outcomes))


def _partial(failures: Mapping[str, ServiceError], count: int) -> PartialFailureError:
    details = "; ".join(f"{label}: {error}" for label, error in failures.items())
    return PartialFailureError(f"{len(failures)} of {count} SignalR endpoints failed: {details}", failures)
