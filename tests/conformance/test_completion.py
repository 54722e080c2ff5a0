"""What an event is answered, byte by byte."""

from typing import Annotated, Any

import msgspec
import pytest
from fastapi import FastAPI, HTTPException
from pydantic import BaseModel, Field

from serverless_hub import ConnectionRejected, EmbeddedService, HubException, HubRouter, ServerlessHub
from serverless_hub.protocol.messages import Close
from tests.conformance.upstream import JSON, MESSAGEPACK, call, posting
from tests.support.client import connected
from tests.support.server import serving


class Message(BaseModel):
    sender: Annotated[str, Field(serialization_alias="from")]


class Chat(ServerlessHub):
    async def echo(self, text: str) -> str:
        return text

    async def nothing(self) -> None: ...

    async def null(self) -> str | None:
        return None

    async def undeclared(self):  # type: ignore[no-untyped-def]  # noqa: ANN201 - that is the case
        return None

    async def model(self) -> Message:
        return Message(sender="ann")

    async def wrong(self) -> int:
        return "no number"  # type: ignore[return-value]  # pyright: ignore[reportReturnType] - that is the case


def hub_that_raises(error: Exception) -> type[ServerlessHub]:
    class Failing(ServerlessHub, hub="chat"):
        async def on_connected(self) -> None:
            raise error

        async def on_disconnected(self) -> None:
            raise error

        async def fail(self) -> None:
            raise error

    return Failing


def messagepack_call(target: str, *arguments: Any) -> bytes:
    return msgspec.msgpack.encode([1, {}, "7", target, arguments])


@pytest.mark.requirement("completion.invoke")
async def test_a_completion_in_json_ends_with_its_separator() -> None:
    async with posting(Chat) as upstream:
        answer = await upstream.post("echo", call("echo", "hä"))
    assert (answer.status, answer.body) == (200, '{"type":3,"invocationId":"7","result":"hä"}\x1e'.encode())
    assert answer.headers == {"content-length": str(len(answer.body)), "content-type": JSON}


@pytest.mark.requirement("completion.invoke")
async def test_a_completion_in_messagepack_begins_with_its_length() -> None:
    async with posting(Chat) as upstream:
        answer = await upstream.post("echo", messagepack_call("echo", "x"), content_type=MESSAGEPACK)
    assert (answer.status, answer.body) == (200, b"\x08\x95\x03\x80\xa17\x03\xa1x")
    assert answer.headers == {"content-length": "9", "content-type": MESSAGEPACK}


VOID_AND_NULL: list[tuple[str, dict[str, Any], list[Any]]] = [
    ("nothing", {}, [3, {}, "7", 2]),
    ("null", {"result": None}, [3, {}, "7", 3, None]),
]


@pytest.mark.requirement("completion.void")
@pytest.mark.parametrize(("target", "in_json", "in_messagepack"), VOID_AND_NULL)
async def test_only_what_is_declared_to_return_nothing_completes_without_a_result(
    target: str, in_json: dict[str, Any], in_messagepack: list[Any]
) -> None:
    async with posting(Chat) as upstream:
        assert await upstream.invoke(target) == in_json
        answer = await upstream.post(target, messagepack_call(target), content_type=MESSAGEPACK)
        assert msgspec.msgpack.decode(answer.body[1:]) == in_messagepack


@pytest.mark.requirement("completion.void")
async def test_a_method_that_declares_nothing_sends_null() -> None:
    async with posting(Chat) as upstream:
        assert await upstream.invoke("undeclared") == {"result": None}


@pytest.mark.requirement("completion.result")
async def test_a_result_is_written_as_the_return_annotation_says() -> None:
    async with posting(Chat) as upstream:
        assert await upstream.invoke("model") == {"result": {"from": "ann"}}
        answer = await upstream.post("model", messagepack_call("model"), content_type=MESSAGEPACK)
        assert msgspec.msgpack.decode(answer.body[1:]) == [3, {}, "7", 3, {"from": "ann"}]


@pytest.mark.requirement("completion.result")
async def test_a_result_that_is_not_as_declared_is_an_unexpected_error() -> None:
    async with posting(Chat) as upstream:
        assert (await upstream.invoke("wrong"))["error"].startswith("An unexpected error occurred invoking 'wrong'")


@pytest.mark.requirement("completion.send")
@pytest.mark.parametrize(("target", "arguments"), [("echo", ["x"]), ("nothing", []), ("model", []), ("wrong", [])])
async def test_who_does_not_wait_gets_no_body(target: str, arguments: list[Any]) -> None:
    async with posting(Chat) as upstream:
        answer = await upstream.send(target, *arguments)
    assert (answer.status, answer.body, answer.headers["content-length"]) == (200, b"", "0")
    assert answer.error_code is None


@pytest.mark.requirement("completion.send.failed")
@pytest.mark.parametrize(
    ("error", "code"),
    [
        (HubException("no"), "hub_exception"),
        (RuntimeError("secret"), "unexpected"),
        (HTTPException(403), "http_exception"),
    ],
    ids=repr,
)
async def test_a_call_that_nobody_waits_for_fails_with_a_code_and_a_line_in_the_log(
    error: Exception, code: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    async with posting(hub_that_raises(error)) as upstream:
        answer = await upstream.send("fail")
    assert (answer.status, answer.body, answer.error_code) == (200, b"", code)
    assert "chat.fail of connection c1 failed" in caplog.text


@pytest.mark.requirement("completion.error.text")
async def test_the_client_reads_the_text_of_a_hub_exception_and_of_nothing_else(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async with posting(hub_that_raises(HubException("Not today."))) as upstream:
        assert await upstream.invoke("fail") == {"error": "Not today."}
    async with posting(hub_that_raises(RuntimeError("the password"))) as upstream:
        error = (await upstream.invoke("fail"))["error"]
    text, _, error_id = error.rpartition(" ")
    assert text == "An unexpected error occurred invoking 'fail' on the server. Error id:"
    (record,) = (record for record in caplog.records if record.levelname == "ERROR")
    assert error_id in record.getMessage()
    assert record.exc_info is not None
    assert str(record.exc_info[1]) == "the password"


@pytest.mark.requirement("completion.error.http")
async def test_the_client_reads_the_detail_of_a_4xx_and_of_no_5xx() -> None:
    async with posting(hub_that_raises(HTTPException(404, "no such room"))) as upstream:
        assert await upstream.invoke("fail") == {"error": "no such room"}
    async with posting(hub_that_raises(HTTPException(503, "db-7 is down"))) as upstream:
        assert "db-7" not in (await upstream.invoke("fail"))["error"]


@pytest.mark.requirement("completion.error.binding")
async def test_arguments_that_do_not_fit_name_the_parameter_and_not_the_value() -> None:
    async with posting(Chat) as upstream:
        error = "'echo' cannot be called like that: text: Input should be a valid string"
        assert await upstream.invoke("echo", 4711) == {"error": error}
        assert await upstream.invoke("echo") == {"error": "'echo' takes 1 argument: another number came"}
        assert (await upstream.send("echo", 4711)).error_code == "binding"


@pytest.mark.requirement("completion.connected.rejected")
@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (ConnectionRejected("Members only."), b'{"error":"Members only."}'),
        (HTTPException(401, "Who?"), b'{"error":"Who?"}'),
        (HTTPException(403, "No."), b'{"error":"No."}'),
    ],
    ids=repr,
)
async def test_a_client_that_is_refused_is_403_with_the_reason(error: Exception, reason: bytes) -> None:
    async with posting(hub_that_raises(error)) as upstream:
        answer = await upstream.connect()
    assert (answer.status, answer.body) == (403, reason)


OTHER_ERRORS = [RuntimeError("the password"), HubException("no"), HTTPException(404, "no"), HTTPException(500, "no")]


@pytest.mark.requirement("completion.connected.failed")
@pytest.mark.parametrize("error", OTHER_ERRORS, ids=repr)
async def test_any_other_error_in_connected_is_500_without_text(error: Exception) -> None:
    async with posting(hub_that_raises(error)) as upstream:
        answer = await upstream.connect()
    assert (answer.status, answer.body) == (500, b"")


@pytest.mark.requirement("completion.connected.failed")
async def test_a_connection_whose_connected_failed_stays() -> None:
    app = FastAPI()
    HubRouter(hub_that_raises(RuntimeError("x")), default_service=EmbeddedService()).install(app)
    async with serving(app) as url, connected(url) as client:
        assert "An unexpected error" in str((await client.invoke("fail")).error)


@pytest.mark.requirement("completion.connected.closes")
async def test_the_embedded_service_closes_what_was_refused_for_good() -> None:
    app = FastAPI()
    HubRouter(hub_that_raises(ConnectionRejected("Members only.")), default_service=EmbeddedService()).install(app)
    async with serving(app) as url, connected(url) as client:
        assert await client.receive() == Close("Members only.", allow_reconnect=False)


@pytest.mark.requirement("completion.disconnected.failed")
@pytest.mark.parametrize("error", OTHER_ERRORS, ids=repr)
async def test_an_error_in_disconnected_is_200_with_a_code_and_a_line_in_the_log(
    error: Exception, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    async with posting(hub_that_raises(error)) as upstream:
        answer = await upstream.disconnect()
    assert (answer.status, answer.body) == (200, b"")
    assert answer.error_code in {"hub_exception", "http_exception", "unexpected"}
    assert "chat.disconnected of connection c1 failed" in caplog.text
