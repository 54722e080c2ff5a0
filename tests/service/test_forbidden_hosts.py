"""Where no event may go."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from serverless_hub.service.forbidden_hosts import is_forbidden_address, is_forbidden_host


@pytest.mark.requirement("process.forbidden-hosts")
@pytest.mark.parametrize(
    "address",
    [
        "169.254.0.1",
        "169.254.169.254",
        "::ffff:169.254.169.254",
        "64:ff9b::a9fe:a9fe",
        "fe80::1",
        "fe80::1%eth0",
        "febf::1",
        "168.63.129.16",
        "100.100.100.200",
        "192.0.0.192",
        "fd00:ec2::254",
    ],
)
def test_addresses_of_the_link_and_of_metadata_services_are_forbidden(address: str) -> None:
    assert is_forbidden_address(address)
    assert is_forbidden_host(address)


@pytest.mark.parametrize("host", ["metadata.google.internal", "Metadata.Google.Internal.", "metadata.azure.internal"])
def test_names_of_metadata_services_are_forbidden(host: str) -> None:
    assert is_forbidden_host(host)


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "::1", "10.0.0.1", "192.168.1.1", "fd00::1", "64:ff9b::a00:1", "localhost", "app", "metadata"]
)
def test_apps_may_be_anywhere_else(host: str) -> None:
    assert not is_forbidden_host(host)


@given(st.text())
def test_any_text_is_forbidden_or_not(host: str) -> None:
    assert is_forbidden_host(host) in {True, False}
