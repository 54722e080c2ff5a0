"""Claims of `reference/limits.md`: every number is the one in the code."""

import inspect
import re
from collections.abc import Iterator
from dataclasses import fields
from typing import Any

from serverless_hub import HubRouter, Negotiation, SendOptions, ServiceSettings
from serverless_hub.hub import destination, runner
from serverless_hub.protocol import handshake, nesting, rest, secret, signature, tokens, upstream
from serverless_hub.protocol.endpoint import HUB_NAME
from serverless_hub.service import client_calls, events, ports, user_groups
from tests.docs.pages import cells

PAGE = "reference/limits.md"
_UNITS = {"KiB": 1024, "MiB": 1024 * 1024}
_FIXED: dict[str, float] = {
    "the body of an answer of the app": ports.MAX_ANSWER_BYTES,
    "a request to the REST API": rest.MAX_BODY_BYTES,
    "a client's token": tokens.MAX_TOKEN_LENGTH,
    "a handshake request": handshake.MAX_HANDSHAKE_BYTES,
    "a target": vars(events)["_MAX_TARGET"],
    "an invocation id": vars(upstream)["_MAX_INVOCATION_ID_BYTES"],
    "the name of a group": rest.MAX_GROUP_NAME,
    "an access key, an upstream code, an identity key": vars(secret)["_MIN_LENGTH"],
    "how deep JSON and MessagePack may be nested": nesting.MAX_DEPTH,
    "groups of a user without a `ttl`": user_groups.MAX_ENDLESS_GROUPS,
    "questions that wait for one client": client_calls.MAX_WAITING,
    "signatures of an event that are looked at": vars(signature)["_MAX_SIGNATURES"],
    "methods without `async` that run at once": vars(runner)["_workers"].total_tokens,
    "an answer of a client that was asked": destination.DEFAULT_TIMEOUT,
    "a token of negotiate": Negotiation().lifetime.total_seconds(),
}


def rows() -> Iterator[tuple[str, float, str]]:
    """Yield what it is, how much, and where to change it."""
    for heading in ("Sizes", "Numbers", "Times"):
        for what, limit, where in list(cells(PAGE, heading))[1:]:
            found = re.search(r"(\d+) ?(\w*)", limit)
            assert found is not None
            yield what, int(found[1]) * _UNITS.get(found[2], 1), where


def default_of(where: str) -> Any:
    found = re.fullmatch(r"`(\w+)\((\w+)=\)`", where)
    assert found is not None, where
    if found[1] == "HubRouter":
        return inspect.signature(HubRouter).parameters[found[2]].default
    owners = {"ServiceSettings": ServiceSettings(), "SendOptions": SendOptions()}
    return getattr(owners[found[1]], found[2])


def test_every_limit_is_that_of_the_code() -> None:
    wrong = {
        what: (shown, real)
        for what, shown, where in rows()
        if what != "the name of a hub" and (real := _FIXED[what] if what in _FIXED else default_of(where)) != shown
    }
    assert wrong == {}


def test_a_name_of_a_hub_may_have_128_characters_and_no_more() -> None:
    assert HUB_NAME.fullmatch("h" * 128)
    assert not HUB_NAME.fullmatch("h" * 129)
    assert ["the name of a hub", "128 characters", ""] in list(cells(PAGE, "Sizes"))


def test_what_can_be_changed_is_called_as_the_page_says() -> None:
    names = {found for _, _, where in rows() for found in re.findall(r"ServiceSettings\((\w+)=", where)}
    assert names <= {field.name for field in fields(ServiceSettings)}
