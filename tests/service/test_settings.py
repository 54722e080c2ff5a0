from dataclasses import fields
from typing import Any

import pytest

from serverless_hub.errors import ConfigurationError
from serverless_hub.service.settings import ServiceSettings


@pytest.mark.parametrize("name", [setting.name for setting in fields(ServiceSettings) if setting.type in {int, float}])
@pytest.mark.parametrize("value", [0, -1, float("nan")])
def test_a_setting_that_could_not_work_is_named(name: str, value: float) -> None:
    settings: dict[str, Any] = {name: value}
    with pytest.raises(ConfigurationError, match=rf"ServiceSettings\({name}={value}\) must be above zero"):
        ServiceSettings(**settings)


def test_the_defaults_work() -> None:
    assert ServiceSettings().ping_interval < ServiceSettings().client_timeout


@pytest.mark.parametrize("transports", [[], ["Pigeons"], "WebSockets", ["WebSockets", "websockets"]])
def test_transports_that_there_are_not_are_refused(transports: Any) -> None:
    with pytest.raises(ConfigurationError, match="takes one or more of WebSockets, ServerSentEvents, LongPolling"):
        ServiceSettings(transports=transports)


def test_what_is_no_number_may_be_false() -> None:
    assert not ServiceSettings(close_reasons=False, transports=["LongPolling"]).close_reasons
