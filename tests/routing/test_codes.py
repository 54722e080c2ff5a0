"""A code in the upstream URL: one more proof besides the signature."""

from collections.abc import AsyncGenerator, Callable

import pytest
import pytest_asyncio

from serverless_hub import ConfigurationError, EmbeddedService, HubRouter
from tests.routing.caller import KEY, WEBHOOK, Caller, calling, headers, message
from tests.routing.conftest import Chat
from tests.support.client import connected

pytestmark = pytest.mark.asyncio(loop_scope="module")

CODE = "a code of 16 + ä"
QUOTED = "a%20code+of%2016%20%2B%20%C3%A4"
each_way = pytest.mark.parametrize("target", ["direct", "injected"])


@pytest_asyncio.fixture(scope="module", loop_scope="module", params=[True, False], ids=["installed", "included"])
async def coded(request: pytest.FixtureRequest) -> AsyncGenerator[Caller]:
    router = HubRouter(Chat, default_service=EmbeddedService(access_key=KEY), upstream_code=CODE)
    async with calling(router, installed=request.param) as caller:
        yield caller


@each_way
@pytest.mark.parametrize("path", [WEBHOOK, "/chat/api/messages/TARGET"])
@pytest.mark.parametrize("query", [f"code={QUOTED}", f"x=1&code={QUOTED}&y", f"Code=x&code={QUOTED}"])
async def test_the_right_code_lets_an_event_in(coded: Caller, target: str, path: str, query: str) -> None:
    answer = await coded.invoke(target, "hi", path=f"{path.replace('TARGET', target)}?{query}")
    assert answer.completion["result"] == "hi"


@each_way
@pytest.mark.parametrize(
    "query",
    [
        "",
        "?",
        "?code",
        "?code=",
        "?code=wrong",
        f"?code={QUOTED}x",
        f"?Code={QUOTED}",
        f"?code={QUOTED}&code={QUOTED}",
        f"?code=wrong&code={QUOTED}",
        "?code=%FF%00",
        "?code=%",
        "?" + "&" * 2000,
    ],
    ids=lambda query: query[:20],
)
async def test_anything_else_is_401_whatever_the_signature(
    coded: Caller, target: str, query: str, problems: Callable[[], list[str]]
) -> None:
    assert (await coded.invoke(target, "hi", path=WEBHOOK + query)).status == 401
    assert problems() == ["refused an upstream call with 401: no valid code in the query"]
    assert (await coded.invoke(target, "on", path=f"{WEBHOOK}?code={QUOTED}")).completion["result"] == "on"


async def test_the_right_code_does_not_replace_the_signature(coded: Caller) -> None:
    answer = await coded.post(headers("direct")[:-1], message("direct"), f"{WEBHOOK}?code={QUOTED}")
    assert (answer.status, answer.body) == (401, b'{"error":"no valid signature of the connection id"}')


async def test_a_code_is_ignored_where_none_is_asked_for(caller: Caller) -> None:
    assert (await caller.invoke("direct", "hi", path=f"{WEBHOOK}?code=any")).completion["result"] == "hi"


@pytest.mark.parametrize("code", ["", "fifteen letters"])
async def test_a_code_that_can_be_guessed_is_a_configuration_error(code: str) -> None:
    with pytest.raises(ConfigurationError, match="upstream_code has fewer than 16 characters: take random ones"):
        HubRouter(Chat, upstream_code=code)


async def test_the_embedded_service_knows_the_code_of_its_app(coded: Caller) -> None:
    async with connected(coded.url) as client:
        assert client.result_of(await client.invoke("direct", "hi")) == "hi"
