"""Claims of `explanation/life-of-an-event.md`: what goes over the wire is what the page shows."""

import json
import re
from dataclasses import dataclass, field
from typing import Any

import pytest
from websockets.asyncio.client import connect

from examples.quickstart import chat
from examples.snippets.post_event import signature
from tests.docs.pages import DOCS
from tests.support.client import negotiate, websocket_url
from tests.support.server import listen, serving_at, url_of
from tests.support.standalone import KEY, standalone

PAGE = (DOCS / "explanation/life-of-an-event.md").read_text("utf-8")


def shown(title: str) -> list[str]:
    """Return the blocks with this title."""
    return re.findall(rf'^```\w+ title="{title}"\n(.*?)\n```$', PAGE, re.MULTILINE | re.DOTALL)


@dataclass
class Recorder:
    """Writes down the events that an app gets."""

    app: Any
    events: list[tuple[dict[str, str], bytes]] = field(default_factory=list[tuple[dict[str, str], bytes]])

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        async def listening() -> Any:
            message = await receive()
            if scope["path"] == "/runtime/webhooks/signalr" and message["type"] == "http.request":
                headers = {name.decode().title(): value.decode() for name, value in scope["headers"]}
                self.events.append((headers, message["body"]))
            return message

        await self.app(scope, listening if scope["type"] == "http" else receive, send)


async def test_every_message_is_the_one_that_is_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    recorder = Recorder(chat.app)
    with listen() as listener:
        async with standalone(f"{url_of(listener)}/runtime/webhooks/signalr") as service:
            monkeypatch.setenv("AzureSignalRConnectionString", f"Endpoint={service};AccessKey={KEY};")
            async with serving_at(listener, recorder):
                answer = await negotiate(url_of(listener))
                bearer = {"Authorization": f"Bearer {answer['accessToken']}"}
                async with connect(websocket_url(answer), additional_headers=bearer) as socket:
                    said: list[str] = []
                    for message in shown("client → service"):
                        await socket.send(f"{message}\x1e")
                        said.append(str(await socket.recv()))
                    said.append(str(await socket.recv()))
    (negotiated,) = (json.loads(text) for text in shown("app → client"))
    assert negotiated.keys() == answer.keys()
    assert answer["accessToken"].startswith(negotiated["accessToken"].rstrip("."))
    expected = [*shown("service → client"), *shown("service → every member of lobby"), *shown("app → service → client")]
    assert said == [f"{message}\x1e" for message in expected]
    assert_events(recorder.events)


def assert_events(events: list[tuple[dict[str, str], bytes]]) -> None:
    """Compare what the app got with what is shown, but for what is another one each time."""
    for block, (headers, body) in zip(shown("service → app"), events, strict=False):
        head, _, text = block.partition("\n\n")
        lines = dict(line.split(": ", 1) for line in head.splitlines()[1:] if ": " in line)
        fixed = ("Content-Type", "X-Asrs-Hub", "X-Asrs-Category", "X-Asrs-Event")
        named = {name.title(): value for name, value in lines.items()}
        assert named.keys() <= headers.keys()
        assert {name: named[name] for name in fixed if name in named} == {
            name: headers[name] for name in fixed if name in named
        }
        assert body.decode() == text
        assert headers["X-Asrs-Signature"] == signature(headers["X-Asrs-Connection-Id"], KEY)
        assert headers["X-Asrs-User-Claims"].startswith("serverless_hub: eyJodWIiOiJjaGF0")
    assert [headers["X-Asrs-Event"] for headers, _ in events] == ["connected", "sendMessage", "disconnected"]
