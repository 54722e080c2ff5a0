"""What clients hear: the table of azure-serverless.md, 6.4, as tests."""

import pytest

from serverless_hub.errors import ProtocolError
from serverless_hub.protocol.codec import JSON, MESSAGEPACK, HubProtocol
from serverless_hub.protocol.messages import Completion, Invocation
from serverless_hub.service.answers import completion_of, failed_completion
from serverless_hub.service.ports import UpstreamResponse

both_protocols = pytest.mark.parametrize("protocol", [JSON, MESSAGEPACK], ids=lambda protocol: protocol.name)


@pytest.mark.requirement("client-answers.forwarded")
@both_protocols
@pytest.mark.parametrize("completion", [Completion("7", 12), Completion("7", error="no"), Completion("7")])
def test_the_app_s_completion_goes_to_the_client_byte_for_byte(protocol: HubProtocol, completion: Completion) -> None:
    body = protocol.encode(completion)
    assert completion_of(UpstreamResponse(200, body), "7", protocol) == body


@pytest.mark.requirement("client-answers.empty")
@both_protocols
@pytest.mark.parametrize("status", [200, 204])
def test_an_empty_answer_completes_the_call_without_a_result(protocol: HubProtocol, status: int) -> None:
    assert completion_of(UpstreamResponse(status, b""), "7", protocol) == protocol.encode(Completion("7"))


@pytest.mark.requirement("client-answers.status")
@both_protocols
@pytest.mark.parametrize("status", [201, 302, 400, 401, 403, 404, 413, 429, 500, 503])
def test_any_other_status_is_an_error_that_names_it_and_nothing_of_the_body(protocol: HubProtocol, status: int) -> None:
    expected = protocol.encode(Completion("7", error=f"Invocation failed, status code {status}"))
    assert completion_of(UpstreamResponse(status, b"<html>secret</html>"), "7", protocol) == expected
    assert failed_completion(status, "7", protocol) == expected


@pytest.mark.requirement("client-answers.foreign")
@both_protocols
def test_what_is_not_the_completion_of_this_call_is_never_forwarded(protocol: HubProtocol) -> None:
    completion = protocol.encode(Completion("7"))
    for body in (
        b"<html></html>",
        completion[:-1],
        completion + completion,
        completion + b"\x01",
        protocol.encode(Completion("8")),
        protocol.encode(Invocation("steal", ["x"], "7")),
    ):
        with pytest.raises(ProtocolError):
            completion_of(UpstreamResponse(200, body), "7", protocol)


@pytest.mark.requirement("client-answers.foreign")
def test_a_completion_in_the_other_protocol_is_not_forwarded() -> None:
    with pytest.raises(ProtocolError):
        completion_of(UpstreamResponse(200, JSON.encode(Completion("7"))), "7", MESSAGEPACK)
    with pytest.raises(ProtocolError):
        completion_of(UpstreamResponse(200, MESSAGEPACK.encode(Completion("7"))), "7", JSON)


@pytest.mark.requirement("client-answers.result-xor-error")
@pytest.mark.parametrize("result", [b"1", b"false", b'""', b"{}"])
def test_a_completion_with_a_result_and_an_error_is_not_forwarded(result: bytes) -> None:
    body = b'{"type":3,"invocationId":"7","result":' + result + b',"error":"no"}\x1e'
    with pytest.raises(ProtocolError, match="not the completion"):
        completion_of(UpstreamResponse(200, body), "7", JSON)


@pytest.mark.requirement("client-answers.result-xor-error")
@pytest.mark.parametrize(
    "fields", [b'"result":null,"error":"no"', b'"result":1,"error":null', b'"result":1,"error":""']
)
def test_null_is_no_second_thing_to_say(fields: bytes) -> None:
    body = b'{"type":3,"invocationId":"7",' + fields + b"}\x1e"
    assert completion_of(UpstreamResponse(200, body), "7", JSON) == body


@both_protocols
def test_what_our_own_endpoint_has_just_made_is_not_read_again(protocol: HubProtocol) -> None:
    assert completion_of(UpstreamResponse(200, b"anything", trusted=True), "7", protocol) == b"anything"
    assert completion_of(UpstreamResponse(200, b"", trusted=True), "7", protocol) == protocol.encode(Completion("7"))
    refused = UpstreamResponse(403, b"x", trusted=True)
    assert completion_of(refused, "7", protocol) == failed_completion(403, "7", protocol)
