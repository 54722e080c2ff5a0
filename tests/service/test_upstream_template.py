"""Which URL an event goes to."""

from string import printable
from urllib.parse import unquote, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from serverless_hub.errors import ConfigurationError
from serverless_hub.service.upstream_template import UpstreamTemplate

WEBHOOK = "/runtime/webhooks/signalr"


def url(text: str, hub: str = "chat", category: str = "messages", event: str = "send") -> str:
    return UpstreamTemplate(text).url(hub, category, event)


@pytest.mark.parametrize("text", ["http://localhost:8000", "http://localhost:8000/", "HTTP://LOCALHOST:8000//"])
def test_a_url_without_a_path_is_an_app_with_a_router(text: str) -> None:
    assert url(text) == f"http://localhost:8000{WEBHOOK}"


def test_a_url_without_a_path_keeps_its_query() -> None:
    assert url("https://app.example?code=a/b==") == f"https://app.example{WEBHOOK}?code=a/b=="


@pytest.mark.parametrize(
    "text", ["http://app.example/events", "http://app.example/a/", "http://app.example/%7Ba%7D?code=x"]
)
def test_a_url_with_a_path_is_taken_as_it_stands(text: str) -> None:
    assert url(text) == text


@pytest.mark.requirement("process.upstream")
def test_placeholders_are_replaced_in_path_and_query() -> None:
    template = "http://[::1]:7071/{hub}/api/{category}/{event}?code=k&again={hub}.{event}"
    assert url(template) == "http://[::1]:7071/chat/api/messages/send?code=k&again=chat.send"


@pytest.mark.requirement("process.upstream")
@pytest.mark.parametrize(
    ("event", "escaped"),
    [("a/b", "a%2Fb"), ("a b?c#d&e=f", "a%20b%3Fc%23d%26e%3Df"), ("grüß", "gr%C3%BC%C3%9F"), ("{hub}", "%7Bhub%7D")],
)
def test_what_replaces_a_placeholder_is_escaped_and_not_searched_again(event: str, escaped: str) -> None:
    assert url("http://app.example/{event}", event=event) == f"http://app.example/{escaped}"


@given(st.text(min_size=1, max_size=50))
def test_no_event_gets_out_of_its_segment(event: str) -> None:
    if any("\ud800" <= character <= "\udfff" for character in event):
        return
    parts = urlsplit(url("https://app.example:8443/a/{event}/b?c=d", event=event))
    assert (parts.netloc, parts.query) == ("app.example:8443", "c=d")
    before, segment, after = parts.path.lstrip("/").split("/")
    assert (before, unquote(segment), after) == ("a", event, "b")


@pytest.mark.requirement("process.absolute")
@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "is not an http"),
        ("localhost:8000", "is not an http"),
        ("ftp://app.example", "is not an http"),
        ("http://", "is not an http"),
        ("http://ann:swordfish@app.example/", "is not an http"),
        ("http://app.example:0/", "is not a number from 1"),
        ("http://app.example/#swordfish", "without a fragment"),
        ("http://{hub}.example/", "placeholder in its scheme or host"),
        ("{hub}://app.example/", "placeholder in its scheme or host"),
        ("http://app.example/{Hub}?code=swordfish", "has other braces"),
        ("http://app.example/{user}?code=swordfish", "has other braces"),
        ("http://app.example/{hub?code=swordfish", "has other braces"),
        ("http://app.example/hub}?code=swordfish", "has other braces"),
        ("http://app.example/?code={swordfish}", "has other braces"),
        ("http://app.example/a b?code=swordfish", "no URL has"),
        ("http://app.example/ü?code=swordfish", "no URL has"),
        ("http://app.example/a\\b?code=swordfish", "no URL has"),
        ("http://app.example/a\n?code=swordfish", "no URL has"),
        ("http://169.254.169.254/{event}", "link-local or metadata"),
        ("http://[fe80::1]/", "link-local or metadata"),
        ("http://metadata.google.internal/", "link-local or metadata"),
    ],
)
def test_what_cannot_be_called_is_refused_without_showing_it(text: str, problem: str) -> None:
    with pytest.raises(ConfigurationError, match=problem) as refused:
        UpstreamTemplate(text)
    assert "swordfish" not in str(refused.value)


@given(st.text(alphabet=printable + "{}äß\u2028"))
def test_any_text_is_a_template_or_a_configuration_error(text: str) -> None:
    for candidate in (text, f"http://app.example/{text}", f"http://{text}"):
        try:
            template = UpstreamTemplate(candidate)
        except ConfigurationError:
            continue
        made = template.url("chat", "messages", "send")
        assert made.isascii()
        assert " " not in made
        assert urlsplit(made).scheme in {"http", "https"}


def test_a_key_in_the_query_is_not_shown() -> None:
    template = UpstreamTemplate("http://app.example/{event}?code=swordfish")
    assert template.shown == "http://app.example/{event}?…"
    assert repr(template) == "UpstreamTemplate('http://app.example/{event}?…')"
    assert UpstreamTemplate("http://app.example").shown == f"http://app.example{WEBHOOK}"
    assert template.shown_url("chat", "messages", "a b") == "http://app.example/a%20b?…"


VAULT = "{@Microsoft.KeyVault(SecretUri=https://ours.vault.azure.net/secrets/Upstream-Key/0123abcd)}"


@pytest.mark.parametrize(
    "reference",
    [
        VAULT,
        VAULT.replace("/0123abcd", ""),
        VAULT.replace("/0123abcd", "/"),
        VAULT.replace("SecretUri=", " secreturi=").replace(")}", " )}"),
    ],
)
def test_a_secret_of_a_key_vault_is_taken_from_the_environment_escaped_and_never_shown(reference: str) -> None:
    secrets = {"SERVERLESS_HUB_SECRET_UPSTREAM_KEY": "sword/fish?{hub}&#="}
    for text in (f"http://app.example/{{hub}}/{reference}/{{event}}", f"http://app.example/{{hub}}?code={reference}"):
        template = UpstreamTemplate(text, secrets.get)
        parts = urlsplit(template.url("chat", "messages", "send"))
        assert "sword%2Ffish%3F%7Bhub%7D%26%23%3D" in parts.path + parts.query
        assert parts.path.count("/") == text.partition("?")[0].count("/") - 2 - reference.count("/") * ("?" not in text)
        assert "fish" not in template.shown + repr(template) + template.shown_url("chat", "messages", "send")


@pytest.mark.parametrize("secrets", [{}, {"SERVERLESS_HUB_SECRET_UPSTREAM_KEY": ""}])
def test_a_secret_that_nobody_has_set_is_asked_for_by_its_variable(secrets: dict[str, str]) -> None:
    with pytest.raises(ConfigurationError, match=r"environment variable SERVERLESS_HUB_SECRET_UPSTREAM_KEY$"):
        UpstreamTemplate(f"http://app.example/?code={VAULT}", secrets.get)


@pytest.mark.requirement("process.absolute")
@pytest.mark.parametrize("text", [f"http://{VAULT}/", f"http://app{VAULT}.example/{{hub}}", f"{VAULT}://app.example/"])
def test_no_secret_chooses_scheme_or_host(text: str) -> None:
    with pytest.raises(ConfigurationError, match="placeholder in its scheme or host"):
        UpstreamTemplate(text, {"SERVERLESS_HUB_SECRET_UPSTREAM_KEY": "x"}.get)


@pytest.mark.parametrize(
    "reference", ["{@Microsoft.KeyVault(VaultName=ours;SecretName=a)}", VAULT.replace("https", "http"), "{@x}"]
)
def test_another_form_of_reference_is_refused_with_the_form_that_is_taken(reference: str) -> None:
    with pytest.raises(ConfigurationError, match=r"form \{@Microsoft\.KeyVault"):
        UpstreamTemplate(f"http://app.example/?code={reference}", lambda _: "x")


@pytest.mark.parametrize("text", ["http://app.example", "http://app.example/"])
def test_what_stands_for_no_path_can_be_said(text: str) -> None:
    assert UpstreamTemplate(text, default_path="/").url("chat", "messages", "send") == "http://app.example/"
