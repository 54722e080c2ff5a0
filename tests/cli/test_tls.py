"""A service that speaks TLS."""

from pathlib import Path

import aiohttp
import pytest

from serverless_hub.cli.tls import Tls, choose_tls
from serverless_hub.errors import ConfigurationError
from tests.support.certificates import Certificate, make_certificate
from tests.support.service_process import service_process


@pytest.fixture(name="made")
def made_certificate(tmp_path: Path) -> Certificate:
    return make_certificate(tmp_path)


async def test_it_is_reached_over_https(made: Certificate) -> None:
    options = ("--tls-cert", str(made.certificate), "--tls-key", str(made.key))
    async with service_process(*options) as service, aiohttp.ClientSession() as session:
        assert service.url.startswith("https://127.0.0.1:")
        assert service.connection_string.startswith(f"Endpoint={service.url};")
        async with session.get(f"{service.url}/api/health", ssl=made.context) as answer:
            assert answer.status == 200


def test_certificate_and_key_are_taken_together(made: Certificate) -> None:
    assert choose_tls(None, None) is None
    assert choose_tls(made.certificate, made.key) == Tls(made.certificate, made.key)


def test_files_that_do_not_fit_or_want_a_password_are_refused_at_once(made: Certificate, tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    other = make_certificate(tmp_path / "other")
    for certificate, key in (
        (made.certificate, other.key),
        (made.certificate, made.certificate),
        (made.key, made.key),
        (made.certificate, made.locked_key),
    ):
        with pytest.raises(ConfigurationError, match="--tls-cert and --tls-key cannot be used"):
            choose_tls(certificate, key)


def test_a_file_that_cannot_be_read_is_named_with_its_option(made: Certificate, tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"--tls-cert .*absent\.pem cannot be read: No such file"):
        choose_tls(tmp_path / "absent.pem", made.key)
    with pytest.raises(ConfigurationError, match=r"--tls-key .* cannot be read: Is a directory"):
        choose_tls(made.certificate, tmp_path)
