from typing import Any

import pytest

from examples.snippets.members import app
from serverless_hub.testing import HubTestClient


@pytest.fixture
def hub_app() -> Any:
    return app


async def test_who_is_invited_is_a_member_for_a_while(hub_client: HubTestClient) -> None:
    ann = await hub_client.connect(user_id="ann")
    await ann.invoke("invite", "ann", 60)
    assert await ann.invoke("isMember", "ann", returns=bool)
    await hub_client.clock.advance(61)
    assert not await ann.invoke("isMember", "ann", returns=bool)
