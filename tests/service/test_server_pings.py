"""What is known of the pings of the server."""

import pytest

from serverless_hub.service.server_pings import pings_of_server


@pytest.mark.parametrize("program", ["/usr/bin/uvicorn", "uvicorn.exe", "/lib/uvicorn/__main__.py"])
def test_uvicorn_s_command_is_known_to_ping_unless_it_is_told_how_often(program: str) -> None:
    assert "--ws-ping-interval 86400" in str(pings_of_server([program, "app:app"], {}))
    assert pings_of_server([program, "app:app", "--ws-ping-interval", "20"], {}) is None
    assert pings_of_server([program, "--ws-ping-interval=20"], {}) is None
    assert pings_of_server([program, "app:app"], {"UVICORN_WS_PING_INTERVAL": "20"}) is None


@pytest.mark.parametrize("argv", [[], [""], ["/usr/bin/gunicorn"], ["main.py"], ["-c"], ["/lib/other/__main__.py"]])
def test_nothing_is_said_of_other_programs(argv: list[str]) -> None:
    assert pings_of_server(argv, {}) is None
