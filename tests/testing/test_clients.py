"""Clients of `HubTestClient`, over every transport and protocol."""

import pytest

from serverless_hub import HubException
from serverless_hub.testing import ConnectError, ExpectationError, HubTestClient
from tests.testing.apps import Chat, Message, chat_app

WAYS = [
    ("websockets", "json"),
    ("websockets", "messagepack"),
    ("sse", "json"),
    ("long-polling", "json"),
    ("long-polling", "messagepack"),
]
each_way = pytest.mark.parametrize(("transport", "protocol"), WAYS)


@each_way
async def test_two_clients_talk_over_every_transport(transport, protocol) -> None:
    async with HubTestClient(chat_app(), Chat) as hub:
        ann = await hub.connect(user_id="ann", transport=transport, protocol=protocol)
        ben = await hub.connect(user_id="ben", transport=transport, protocol=protocol)
        assert await ann.invoke("say", Message(text="hi"), returns=int) == 2
        assert await ben.receive("said") == ["ann", {"text": "hi"}]
        assert await ann.receive("said", returns=tuple[str, Message]) == ("ann", Message(text="hi"))
        await ann.expect_nothing()
        ann.on("question", lambda text: text.upper())
        assert await ann.invoke("ask", "why") == "WHY"
        with pytest.raises(HubException, match="^this is a pity$"):
            await ann.invoke("fail", False)
        await ann.close()
        assert await ben.receive("left") == ["ann", None]
        await ben.invoke("closeMe")
        closed = await ben.until_closed()
        assert (closed.by, closed.error, closed.allow_reconnect) == ("service", "enough", True)
        print(hub.transcript)
