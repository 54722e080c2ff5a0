"""The signature of events, with the vectors of the Functions extension (SignalRTriggerResolverTests.cs)."""

from typing import ClassVar

import pytest

from serverless_hub import ServerlessHub
from tests.conformance.upstream import call, posting, sign

CONNECTION = "0f9c97a2f0bf4706afe87a14e0797b11"
KEY = "7aab239577fd4f24bc919802fb629f5f"
SIGNATURE = "sha256=7767effcb3946f3e1de039df4b986ef02c110b1469d02c0a06f41b3b727ab561"
OTHER = "sha256=d4aefb65547a00a9881fa8ac8bd03d0faf77af9da5205d45c6e57cbda4377760"
"""By a second key, which the app does not have."""


class Chat(ServerlessHub):
    calls: ClassVar[list[str]] = []

    async def echo(self, text: str) -> str:
        self.calls.append(text)
        return text


@pytest.mark.parametrize(
    "signature",
    [
        pytest.param(SIGNATURE, marks=pytest.mark.requirement("signature.algorithm")),
        pytest.param(
            SIGNATURE.upper().replace("SHA256", "sha256"), marks=pytest.mark.requirement("signature.algorithm")
        ),
        pytest.param(f"{OTHER},{SIGNATURE}", marks=pytest.mark.requirement("signature.any-key", "signature.list")),
        pytest.param(f"{SIGNATURE}, {OTHER}", marks=pytest.mark.requirement("signature.any-key", "signature.list")),
    ],
)
async def test_what_azure_signs_is_let_in(signature: str) -> None:
    async with posting(Chat, key=KEY) as upstream:
        changed = {"x_asrs_connection_id": CONNECTION, "x_asrs_signature": signature}
        assert await upstream.invoke("echo", "x", **changed) == {"result": "x"}


@pytest.mark.requirement("signature.list")
async def test_signatures_may_stand_in_several_headers_and_eight_count() -> None:
    wrong = ("X-ASRS-Signature", OTHER)
    async with posting(Chat) as upstream:
        for before, status in ((7, 200), (8, 401)):
            more = [*[wrong] * before, ("X-ASRS-Signature", sign("c1"))]
            answer = await upstream.post("echo", call("echo", "x"), more=more, x_asrs_signature=None)
            assert answer.status == status


@pytest.mark.requirement("signature.missing")
@pytest.mark.parametrize("signature", [None, "", OTHER, SIGNATURE, "sha256=", sign("c2"), sign("c1", "another key")])
async def test_anything_else_is_401_and_runs_nothing(signature: str | None) -> None:
    Chat.calls.clear()
    async with posting(Chat) as upstream:
        assert (await upstream.post("echo", call("echo", "x"), x_asrs_signature=signature)).status == 401
        assert (await upstream.connect(x_asrs_signature=signature)).status == 401
    assert Chat.calls == []


@pytest.mark.requirement("signature.dot")
async def test_a_connection_id_with_a_dot_is_401_even_with_the_right_signature() -> None:
    async with posting(Chat) as upstream:
        for connection_id, status in (("h.p", 401), ("h-p", 200)):
            answer = await upstream.post("echo", call("echo", "x"), x_asrs_connection_id=connection_id)
            assert answer.status == status
