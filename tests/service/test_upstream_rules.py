"""Which rule takes an event."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from serverless_hub.errors import ConfigurationError
from serverless_hub.service.upstream_rules import (
    UpstreamPattern,
    UpstreamRule,
    UpstreamRules,
    category_pattern,
    hub_pattern,
)
from serverless_hub.service.upstream_template import UpstreamTemplate


def rule(host: str, hubs: str = "*", categories: str = "*", events: str = "*") -> UpstreamRule:
    template = UpstreamTemplate(f"http://{host}/")
    return UpstreamRule(template, hub_pattern(hubs), category_pattern(categories), UpstreamPattern(events))


@pytest.mark.requirement("process.patterns")
@pytest.mark.parametrize(
    ("text", "taken", "left"),
    [
        ("*", ["a", "b c", ""], []),
        (" * ", ["a"], []),
        ("a", ["a"], ["A", "b", "aa", "*", ""]),
        ("a,b", ["a", "b"], ["a,b", "c"]),
        (" a ,  b c ,", ["a", "b c"], [" a ", "b", ""]),
    ],
)
def test_a_pattern_takes_all_a_name_or_several(text: str, taken: list[str], left: list[str]) -> None:
    pattern = UpstreamPattern(text)
    assert [name for name in taken if not pattern.takes(name)] == []
    assert [name for name in left if pattern.takes(name)] == []


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "takes nothing"),
        (" , ", "takes nothing"),
        ("chat*", "has \\* beside other characters"),
        ("*, chat", "has \\* beside other characters"),
        ("a\x00b", "characters that no name has"),
        ("\ud800", "characters that no name has"),
    ],
)
def test_a_pattern_that_nothing_can_be_meant_by_is_refused(text: str, problem: str) -> None:
    with pytest.raises(ConfigurationError, match=problem):
        UpstreamPattern(text)


@given(st.text())
def test_any_text_is_a_pattern_or_a_configuration_error(text: str) -> None:
    try:
        pattern = UpstreamPattern(text)
    except ConfigurationError:
        return
    assert UpstreamPattern(pattern.text).names == pattern.names
    assert pattern.text == "*" or all(pattern.takes(name) for name in pattern.names)


@pytest.mark.requirement("process.patterns")
def test_case_counts_in_events_but_not_in_hubs() -> None:
    rules = UpstreamRules([rule("app.example", hubs="Chat", events="Send")])
    assert rules.find("chat", "messages", "Send") is not None
    assert rules.find("CHAT", "messages", "Send") is not None
    assert rules.find("chat", "messages", "send") is None


def test_a_category_that_does_not_exist_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="there are connections and messages"):
        category_pattern("connections, Messages")


@pytest.mark.requirement("process.first-match")
def test_the_first_rule_that_takes_an_event_wins() -> None:
    rules = UpstreamRules(
        [
            rule("first", hubs="chat, game", categories="messages", events="send"),
            rule("second", hubs="chat"),
            rule("third", categories="connections"),
            rule("fourth", hubs="chat"),
        ]
    )

    def host(hub: str, category: str, event: str) -> str | None:
        found = rules.find(hub, category, event)
        return None if found is None else found.template.shown

    assert (
        host("game", "messages", "send") == host("chat", "messages", "send") == "http://first/runtime/webhooks/signalr"
    )
    assert host("chat", "connections", "send") == "http://second/runtime/webhooks/signalr"
    assert host("game", "connections", "connected") == "http://third/runtime/webhooks/signalr"
    assert host("game", "messages", "other") is None
    assert UpstreamRules().find("chat", "messages", "send") is None


def test_a_pattern_says_what_it_is() -> None:
    assert repr(UpstreamPattern("a,b")) == "UpstreamPattern('a, b')"
