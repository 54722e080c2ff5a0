"""Claims of `index.md`."""

from examples.quickstart import chat
from serverless_hub.protocol.messages import Completion, Invocation
from tests.docs.pages import page
from tests.support.client import connected
from tests.support.server import serving


async def test_the_caller_receives_its_message_and_then_its_result() -> None:
    async with serving(chat.app) as url, connected(url) as client:
        await client.send(Invocation("sendMessage", ("lobby", "Hello"), "7"))
        assert await client.call_of("receiveMessage") == ["Hello"]
        completion = await client.receive()
        assert isinstance(completion, Completion)
        assert client.result_of(completion) == 5
    assert "received: Hello result: 5" in page("index.md")


async def test_who_connects_is_in_the_lobby() -> None:
    async with serving(chat.app) as url, connected(url) as client, connected(url) as other:
        await other.invoke("sendMessage", "elsewhere", "this comes after on_connected")
        await client.invoke("sendMessage", "lobby", "Hello")
        assert await other.call_of("receiveMessage") == ["Hello"]
