"""Claims of `how-to/negotiate.md`."""

import json
from base64 import urlsafe_b64decode
from dataclasses import fields
from typing import Any

import aiohttp
import pytest

from examples.snippets import negotiate as snippet
from examples.snippets import several
from serverless_hub import Negotiation
from tests.docs.pages import DOCS, cells, page
from tests.support.client import connected, negotiate
from tests.support.server import serving


def payload(token: str) -> dict[str, Any]:
    part = token.split(".")[1]
    claims: dict[str, Any] = json.loads(urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    return claims


async def test_a_stranger_is_turned_away_with_the_text_of_the_page() -> None:
    async with (
        serving(snippet.app) as url,
        aiohttp.ClientSession() as session,
        session.post(f"{url}/chat/negotiate?negotiateVersion=1") as response,
    ):
        assert response.status == 401
        assert f"{await response.text()}: Status code '401'" in page("how-to/negotiate.md")


async def test_a_token_of_the_service_in_the_header_does_not_disturb() -> None:
    async with serving(snippet.app) as url:
        first = await negotiate(url, Cookie="session=cookie-of-ann")
        again = {"Cookie": "session=cookie-of-ann", "Authorization": f"Bearer {first['accessToken']}"}
        assert (await negotiate(url, **again))["url"] == first["url"]


async def test_the_token_lives_as_long_as_the_negotiation_says_and_its_claims_can_be_read() -> None:
    async with serving(snippet.app) as url:
        answer = await negotiate(url, Cookie="session=cookie-of-ann")
    claims = payload(answer["accessToken"])
    assert claims["exp"] - claims["iat"] == 300
    assert claims["roles"] == ["admin", "author"]


async def test_an_identity_is_what_was_said_and_hearsay_is_not() -> None:
    text = (DOCS / "how-to/negotiate.md").read_text("utf-8")
    async with serving(snippet.app) as url, connected(url, Cookie="session=cookie-of-eve") as client:
        for target in ("whoAmI", "hearsay"):
            answer = client.result_of(await client.invoke(target))
            shown = next(line for line in text.splitlines() if line.startswith(f"{target} "))
            assert json.loads(shown.removeprefix(target)) == answer


async def test_without_a_dependency_clients_are_anonymous() -> None:
    async with serving(several.app) as url:
        assert "asrs.s.uid" not in payload((await negotiate(url, "live/chat"))["accessToken"])


def test_the_table_of_options_is_complete() -> None:
    shown = [row[0].strip("`") for row in cells("how-to/negotiate.md", "Lifetime")][1:]
    assert shown == [field.name for field in fields(Negotiation)]


@pytest.mark.parametrize("name", ["asrs.s.uid", "asrs.x"])
def test_claims_of_the_service_are_refused(name: str) -> None:
    with pytest.raises(ValueError, match="belong to the service"):
        Negotiation(claims={name: "x"})
