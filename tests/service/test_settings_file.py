"""`settings.json`, as people and Microsoft's emulator write it."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from serverless_hub.errors import ConfigurationError
from serverless_hub.service.settings_file import EXAMPLE, read_settings
from serverless_hub.service.settings_json import read_json
from serverless_hub.service.upstream_rules import UpstreamRule, UpstreamRules

URL = "http://localhost:7071/runtime/webhooks/signalr?code=swordfish"


def read(text: str, variable: Callable[[str], str | None] = lambda _: None) -> UpstreamRules:
    rules = read_settings(text.encode(), variable)
    assert rules is not None
    return rules


def templates(*items: Any) -> str:
    return json.dumps({"UpstreamSettings": {"Templates": items}})


def row(rule: UpstreamRule) -> tuple[str, str, str, str, str | None]:
    return rule.template.shown, rule.hubs.text, rule.categories.text, rule.events.text, rule.resource


def test_the_example_takes_all_events_to_an_app_on_this_machine() -> None:
    rules = read(EXAMPLE).rules
    assert [row(rule) for rule in rules] == [("http://localhost:8000/runtime/webhooks/signalr", "*", "*", "*", None)]


@pytest.mark.requirement("process.settings-file")
def test_every_setting_is_read_in_order() -> None:
    everything = {
        "UrlTemplate": URL,
        "HubPattern": "Chat, game",
        "EventPattern": "connected,send",
        "CategoryPattern": "messages",
        "Auth": {"Type": "ManagedIdentity", "ManagedIdentity": {"Resource": "api://app"}},
    }
    first, second = read(templates(everything, {"UrlTemplate": "http://other.example/"})).rules
    shown = "http://localhost:7071/runtime/webhooks/signalr?…"
    assert row(first) == (shown, "chat, game", "messages", "connected, send", "api://app")
    assert row(second) == ("http://other.example/", "*", "*", "*", None)


def test_a_url_without_a_path_is_called_as_it_stands_as_azure_does() -> None:
    (rule,) = read(templates({"UrlTemplate": "http://app.example"})).rules
    assert rule.template.url("chat", "messages", "send") == "http://app.example/"


def test_case_of_names_does_not_count_and_null_is_nothing() -> None:
    item = {
        "URLTEMPLATE": URL,
        "hubPattern": None,
        "auth": {"type": "managedidentity", "MANAGEDIDENTITY": {"resource": " a "}},
    }
    text = json.dumps({"upstreamSETTINGS": {"templates": [item]}, "Logging": {"LogLevel": 1}})
    assert row(read(text).rules[0])[1:] == ("*", "*", "*", "a")


def test_comments_last_commas_and_a_byte_order_mark_are_as_in_dotnet() -> None:
    text = f"""\ufeff// settings
    {{ /* for
    the emulator */ "UpstreamSettings": {{ "Templates": [
        {{ "UrlTemplate": "{URL}", "EventPattern": "a//b, d",
            "Auth": {{ "Type": "ManagedIdentity", "ManagedIdentity": {{ "Resource": "a/*c*/\\"//," }},}} }}, // last
        /**/
    ], }}, }}"""
    assert row(read(text).rules[0])[3:] == ("a//b, d", 'a/*c*/"//,')


@pytest.mark.parametrize("auth", [None, {}, {"Type": "None"}, {"Type": "none", "ManagedIdentity": {"Resource": "x"}}])
def test_without_managed_identity_no_token_goes_with_events(auth: Any) -> None:
    assert row(read(templates({"UrlTemplate": URL, "Auth": auth})).rules[0])[4] is None


@pytest.mark.parametrize("text", ["{}", '{"Logging": {}}', '{"UpstreamSettings": null}'])
def test_a_file_may_say_nothing_about_upstreams(text: str) -> None:
    assert read_settings(text.encode(), lambda _: None) is None


@pytest.mark.parametrize("text", ['{"UpstreamSettings": {}}', '{"UpstreamSettings": {"Templates": []}}'])
def test_or_that_there_are_none(text: str) -> None:
    assert read(text).rules == ()


@pytest.mark.requirement("process.key-vault")
def test_secrets_of_a_key_vault_are_taken_from_the_environment() -> None:
    url = "http://app.example/?code={@Microsoft.KeyVault(SecretUri=https://v.vault.azure.net/secrets/key)}"
    (rule,) = read(templates({"UrlTemplate": url}), {"SERVERLESS_HUB_SECRET_KEY": "k y"}.get).rules
    assert rule.template.url("chat", "messages", "send") == "http://app.example/?code=k%20y"


T = "UpstreamSettings:Templates"


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "it is not JSON: Expecting value, line 1, column 1"),
        ('{\n  "a": swordfish }', "it is not JSON: Expecting value, line 2, column 8"),
        ("{ /* swordfish", "it is not JSON: Expecting property name enclosed in double quotes, line 1, column 3"),
        ('{"a": NaN}', "has a number that is none"),
        ("[" * 100_000, "is too deep"),
        ('{"a": 1, "A": 2}', "'A' stands twice in one object; case does not count"),
        ("[]", "it has to be an object in braces"),
        ('{"UpstreamSettings": []}', "UpstreamSettings has to be an object in braces"),
        ('{"UpstreamSettings": {"Template": []}}', "UpstreamSettings has 'Template', which means nothing there"),
        ('{"UpstreamSettings": {"Templates": {}}}', f"{T} has to be a list in brackets"),
        (templates("swordfish"), f"{T}:0 has to be an object in braces"),
        (templates({}), f"{T}:0 has no UrlTemplate"),
        (templates({"UrlTemplate": URL}, {"UrlTemplate": 7}), f"{T}:1:UrlTemplate has to be a text in quotes"),
        (templates({"UrlTemplate": "swordfish"}), f"{T}:0:UrlTemplate: the upstream URL is not an http"),
        (templates({"UrlTemplate": URL, "HubPatern": "a"}), f"{T}:0 has 'HubPatern', which means nothing there"),
        (templates({"UrlTemplate": URL, "HubPattern": ["a"]}), f"{T}:0:HubPattern has to be a text"),
        (templates({"UrlTemplate": URL, "HubPattern": "swordfish*"}), rf"{T}:0:HubPattern: it has \* beside"),
        (templates({"UrlTemplate": URL, "CategoryPattern": "x"}), f"{T}:0:CategoryPattern: it has a category"),
        (templates({"UrlTemplate": URL, "Auth": {"Type": "swordfish"}}), f"{T}:0:Auth:Type has to be None or Managed"),
        (templates({"UrlTemplate": URL, "Auth": "None"}), f"{T}:0:Auth has to be an object"),
        (
            templates({"UrlTemplate": URL, "Auth": {"Type": "ManagedIdentity"}}),
            f"{T}:0:Auth:ManagedIdentity:Resource is missing: write the audience",
        ),
    ],
)
def test_what_cannot_be_used_is_named_with_its_place_and_without_values(text: str, problem: str) -> None:
    with pytest.raises(ConfigurationError, match=problem) as refused:
        read_settings(text.encode(), lambda _: None)
    assert "swordfish" not in str(refused.value)


def test_bytes_that_are_no_text_are_refused_with_their_place() -> None:
    with pytest.raises(ConfigurationError, match="it is not UTF-8, from byte 2 on"):
        read_json(b'{"\xff": 1}')


def test_comments_that_never_end_do_not_take_long() -> None:
    with pytest.raises(ConfigurationError):
        read_json(b"/*" * 200_000)


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(), lambda e: st.lists(e) | st.dictionaries(st.text(), e)
    )
)
def test_any_json_is_read_as_python_reads_it(value: Any) -> None:
    text = json.dumps(value)
    try:
        found = read_json(text.encode())
    except ConfigurationError as error:
        reason = str(error)
        assert "stands twice" in reason
    else:
        assert found == value


@given(
    st.binary()
    | st.text(alphabet='{}[]",:/*\\ \nau1').map(str.encode)
    | st.text(alphabet='{}[]",:/* ').map(lambda text: templates({"UrlTemplate": text, "EventPattern": text}).encode())
)
def test_any_bytes_are_settings_or_a_configuration_error(data: bytes) -> None:
    try:
        read_settings(data, lambda _: None)
    except ConfigurationError:
        return
