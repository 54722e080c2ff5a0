from http import HTTPStatus

import pytest

from serverless_hub.protocol.codec import MESSAGEPACK
from serverless_hub.protocol.messages import Completion
from serverless_hub.protocol.upstream_answer import UpstreamAnswer, completion_answer, read_refusal, refusal_answer


@pytest.mark.requirement("completion.invoke")
def test_an_answer_always_has_a_length_and_a_type() -> None:
    assert UpstreamAnswer(HTTPStatus.OK).to_headers() == [
        (b"content-length", b"0"),
        (b"content-type", b"application/json"),
    ]


@pytest.mark.requirement("completion.invoke")
def test_a_completion_goes_out_framed_in_its_own_protocol() -> None:
    answer = completion_answer(Completion("1"), MESSAGEPACK, "binding")
    assert answer.body == bytes.fromhex("06 94 03 80 a131 02")
    assert (b"content-type", b"application/x-msgpack") in answer.to_headers()
    assert (b"x-serverless-hub-error", b"binding") in answer.to_headers()


def test_the_reason_of_a_refusal_is_read_back() -> None:
    assert read_refusal(refusal_answer("not you", "rejected").body) == "not you"


@pytest.mark.parametrize("body", [b"", b"{}", b'{"error":5}', b'{"error":""}', b'{"error":"' + b"x" * 1100 + b'"}'])
def test_another_body_of_a_refusal_is_no_reason(body: bytes) -> None:
    assert read_refusal(body) is None
