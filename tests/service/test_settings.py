from dataclasses import fields
from typing import Any

import pytest

from serverless_hub.errors import ConfigurationError
from serverless_hub.service.settings import ServiceSettings


@pytest.mark.parametrize("name", [setting.name for setting in fields(ServiceSettings) if setting.type is not bool])
@pytest.mark.parametrize("value", [0, -1, float("nan")])
def test_a_setting_that_could_not_work_is_named(name: str, value: float) -> None:
    settings: dict[str, Any] = {name: value}
    with pytest.raises(ConfigurationError, match=rf"ServiceSettings\({name}={value}\) must be above zero"):
        ServiceSettings(**settings)


def test_the_defaults_work() -> None:
    assert ServiceSettings().ping_interval < ServiceSettings().client_timeout
