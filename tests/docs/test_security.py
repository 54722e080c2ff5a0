"""Claims of `explanation/security.md`."""

from base64 import urlsafe_b64decode
from typing import Any

from fastapi import FastAPI

from examples.snippets import negotiate as snippet
from serverless_hub import EmbeddedService, HubRouter
from tests.docs.upstream import KEY, event_headers, post
from tests.support.client import negotiate
from tests.support.server import serving


def app() -> FastAPI:
    app = FastAPI()
    HubRouter(snippet.Chat, negotiate=snippet.who, default_service=EmbeddedService(access_key=KEY)).install(app)
    return app


def invocation(target: str) -> dict[str, Any]:
    return {"type": 1, "target": target, "arguments": []}


async def test_a_stranger_reads_401_whether_or_not_a_target_exists() -> None:
    async with serving(app()) as url:
        for target in ("whoAmI", "missing"):
            headers = event_headers("chat", "messages", target) | {"X-ASRS-Signature": "sha256=" + "0" * 64}
            assert (await post(url, headers, invocation(target))).status == 401


async def test_a_client_cannot_post_events_that_are_signed_with_its_own_token() -> None:
    async with serving(app()) as url:
        token = (await negotiate(url, Cookie="session=cookie-of-eve"))["accessToken"]
        signed, _, mac = token.rpartition(".")
        headers = event_headers("chat", "messages", "whoAmI", signed)
        # This is what the service would sign: only the dot rule tells the two apart.
        assert headers["X-ASRS-Signature"] == f"sha256={urlsafe_b64decode(mac + '=').hex()}"
        assert (await post(url, headers, invocation("whoAmI"))).status == 401
