"""One client that never reads while a thousand others are sent broadcasts."""

import logging
from contextlib import AsyncExitStack

import pytest

from tests.faults.bench import fault_bench
from tests.faults.listeners import listeners
from tests.faults.raw import RawClient
from tests.support.event_app import EventApp

_OTHERS = 1000
_BROADCASTS = 40
_TEXT = "x" * 8192


@pytest.mark.timeout(120)
async def test_a_client_that_never_reads_costs_a_thousand_others_no_message_of_a_broadcast(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.WARNING, "serverless_hub")
    app = EventApp()
    async with app.serving() as url, fault_bench(url, max_outbound_bytes=64 * 1024) as bench:
        async with AsyncExitStack() as stack:
            async with bench.crowd.resting():
                others = await stack.enter_async_context(listeners(bench.url, bench.token(), _OTHERS))
                stuck = await stack.enter_async_context(RawClient(bench.url, window=4096))
                await stuck.shake(bench.token("stuck"))
            await bench.connected(_OTHERS + 1)
            async with bench.crowd.resting():
                first = others.first = bench.crowd.sent
                for number in range(_BROADCASTS):
                    await bench.crowd.broadcast(_TEXT)
                    await others.heard(number + 1)
            expected = list(range(first, first + _BROADCASTS))
            assert all(client.numbers[:_BROADCASTS] == expected for client in others.clients)
            assert not bench.service.hub("chat").exists("users", "stuck")
            assert others.lost == 0
        await bench.gone()
    blamed = [record.getMessage() for record in caplog.records if "does not read" in record.getMessage()]
    assert len(blamed) == 1
    assert app.connections("connected") == app.connections("disconnected")
