"""Claims of `reference/settings.md`: every setting of its examples and tables is read as it says."""

import re
import shlex

import pytest

from serverless_hub.errors import ConfigurationError
from serverless_hub.management.settings import read_endpoints, resolve_setting
from serverless_hub.protocol.endpoint import parse_connection_string
from tests.docs.pages import DOCS, blocks, cells

PAGE = (DOCS / "reference/settings.md").read_text("utf-8")
REAL = "Endpoint=https://name.service.signalr.net;AccessKey=abc;Version=1.0;"


def example() -> dict[str, str]:
    """Return the settings of the page's example, with a connection string in place of its dots."""
    (block,) = (block.text for block in blocks(PAGE) if block.language == "sh")
    words = [shlex.split(line, comments=True)[0] for line in block.splitlines()]
    settings = dict(word.split("=", 1) for word in words)
    return {name: REAL if value.startswith("Endpoint=") else value for name, value in settings.items()}


def test_several_endpoints_are_read_as_the_example_has_them() -> None:
    found = [
        (each.name, each.primary, each.weight, each.credential is None) for each in read_endpoints(environ=example())
    ]
    assert found == [("east", True, 3, True), ("north", True, 1, False), ("west", False, 1, True)]


@pytest.mark.parametrize("row", list(cells("reference/settings.md", "Connection strings"))[1:8], ids=lambda row: row[0])
def test_every_part_of_a_connection_string_has_an_effect_or_is_refused_when_blank(row: list[str]) -> None:
    name = row[0].strip("`")
    rest = ";".join(part for part in REAL.split(";") if not part.startswith(f"{name}="))
    with pytest.raises(ConfigurationError, match=name):
        parse_connection_string(f"{rest};{name}=;")


@pytest.mark.parametrize("kind", re.findall(r"^\| `(a\w+(?:\.\w+)?)` \|", PAGE, re.MULTILINE))
def test_every_way_to_get_a_token_is_one(kind: str) -> None:
    text = f"Endpoint=https://name.service.signalr.net;AuthType={kind};ClientId=1;TenantId=2;ClientSecret=3;"
    assert parse_connection_string(text).credential is not None


@pytest.mark.parametrize("name", ["ConnectionStrings__K", "CONNECTIONSTRINGS:k", "K"])
def test_names_ignore_case_and_have_either_separator(name: str) -> None:
    (endpoint,) = read_endpoints("K", {name: REAL})
    assert endpoint.url == "https://name.service.signalr.net"


def test_the_first_in_the_table_goes_before_the_others() -> None:
    other = REAL.replace("name.", "other.")
    (endpoint,) = read_endpoints("K", {"ConnectionStrings__K": REAL, "K": other, "K__serviceUri": other})
    assert endpoint.url == "https://name.service.signalr.net"


def test_a_blank_setting_is_an_error_that_names_it() -> None:
    with pytest.raises(ConfigurationError, match="AzureSignalRConnectionString"):
        read_endpoints(environ={"AzureSignalRConnectionString": " "})


def test_the_persistent_transport_is_refused() -> None:
    settings = {"AzureSignalRConnectionString": REAL, "AzureSignalRServiceTransportType": "Persistent"}
    with pytest.raises(ConfigurationError, match="Transient"):
        read_endpoints(environ=settings)


def test_a_name_in_percent_signs_is_a_setting() -> None:
    assert resolve_setting("%HubName%", {"HUBNAME": "chat"}) == "chat"
    with pytest.raises(ConfigurationError):
        resolve_setting("%%", {})
