"""What may be configured, and whose claims pass."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from serverless_hub.errors import ConfigurationError, TokenError
from serverless_hub.protocol.entra import EntraAuthentication
from tests.support.entra import CLIENT, OBJECT, TENANT

OTHER = "99999999-2222-4333-8444-555555555555"
AUTHORITY = "https://login.microsoftonline.com"
V1: dict[str, Any] = {
    "iss": f"https://sts.windows.net/{TENANT}/",
    "tid": TENANT,
    "aud": "api://chat",
    "oid": OBJECT,
    "appid": CLIENT,
    "ver": "1.0",
}
V2: dict[str, Any] = {
    "iss": f"{AUTHORITY}/{TENANT}/v2.0",
    "tid": TENANT,
    "aud": "api://chat",
    "oid": OBJECT,
    "azp": CLIENT,
    "ver": "2.0",
}


def settings(**changed: Any) -> EntraAuthentication:
    good: dict[str, Any] = {"tenant_id": TENANT, "audience": "api://chat", "callers": [OBJECT]}
    return EntraAuthentication(**good | changed)


@pytest.mark.requirement("upstream-security.entra.token")
@pytest.mark.parametrize("claims", [V1, V2, V1 | {"idtyp": "app"}, {**V1, "ver": "1.0", "roles": ["x"]}])
def test_a_token_of_the_managed_identity_passes(claims: dict[str, Any]) -> None:
    settings().check_claims(claims)


@pytest.mark.parametrize("claims", [V1, V2])
def test_the_version_need_not_be_said(claims: dict[str, Any]) -> None:
    settings().check_claims({name: value for name, value in claims.items() if name != "ver"})


@pytest.mark.parametrize("claims", [V1, V2])
def test_a_caller_may_be_given_by_its_client_id(claims: dict[str, Any]) -> None:
    settings(callers=CLIENT).check_claims(claims)


def test_one_of_several_audiences_and_callers_is_enough() -> None:
    several = settings(audience={"api://other", "api://chat"}, callers=(OTHER, OBJECT))
    several.check_claims(V1)


def test_guids_may_be_written_in_capitals_and_the_authority_with_a_slash() -> None:
    written = settings(tenant_id=TENANT.upper(), callers=[OBJECT.upper()], authority=f"{AUTHORITY}/")
    assert written == settings()
    written.check_claims(V2)


@pytest.mark.parametrize(
    ("authority", "issuer"),
    [
        ("https://login.microsoftonline.us", "https://sts.windows.net"),
        ("https://login.partner.microsoftonline.cn", "https://sts.chinacloudapi.cn"),
    ],
)
def test_other_clouds_have_issuers_of_their_own(authority: str, issuer: str) -> None:
    cloud = settings(authority=authority)
    cloud.check_claims(V1 | {"iss": f"{issuer}/{TENANT}/"})
    cloud.check_claims(V2 | {"iss": f"{authority}/{TENANT}/v2.0"})
    with pytest.raises(TokenError):
        cloud.check_claims(V2)


@pytest.mark.requirement("upstream-security.entra.token")
@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"iss": f"https://sts.windows.net/{OTHER}/", "tid": OTHER}, "another issuer"),
        ({"iss": f"https://sts.windows.net/{OTHER}/"}, "another issuer"),
        ({"iss": f"https://sts.windows.net/{TENANT}"}, "another issuer"),
        ({"iss": f"https://sts.windows.net.evil.example/{TENANT}/"}, "another issuer"),
        ({"iss": f"https://sts.chinacloudapi.cn/{TENANT}/"}, "another issuer"),
        ({"iss": f"{AUTHORITY}/common/v2.0"}, "another issuer"),
        ({"iss": [V1["iss"]]}, "another issuer"),
        ({"iss": None}, "another issuer"),
        ({"tid": OTHER}, "another tenant"),
        ({"tid": TENANT.upper()}, "another tenant"),
        ({"tid": [TENANT]}, "another tenant"),
        ({"tid": None}, "another tenant"),
        ({"ver": "2.0"}, "version"),
        ({"ver": 1.0}, "version"),
        ({"aud": "api://chat/"}, "none of the configured audiences"),
        ({"aud": "api://CHAT"}, "none of the configured audiences"),
        ({"aud": ["api://chat"]}, "none of the configured audiences"),
        ({"aud": ""}, "none of the configured audiences"),
        ({"aud": None}, "none of the configured audiences"),
        ({"oid": OTHER}, "none of the configured callers"),
        ({"oid": OTHER, "azp": OBJECT}, "none of the configured callers"),
        ({"oid": OTHER, "sub": OBJECT}, "none of the configured callers"),
        ({"oid": OTHER, "azpacr": OBJECT, "client_id": OBJECT}, "none of the configured callers"),
        ({"oid": OBJECT.upper()}, "none of the configured callers"),
        ({"oid": [OBJECT]}, "none of the configured callers"),
        ({"oid": {"a": OBJECT}}, "none of the configured callers"),
        ({"oid": None}, "none of the configured callers"),
        ({"scp": "user_impersonation"}, "speaks for a user"),
        ({"scp": ""}, "speaks for a user"),
        ({"idtyp": "user"}, "speaks for a user"),
        ({"idtyp": None}, "speaks for a user"),
    ],
)
def test_other_claims_are_refused_without_being_quoted(changed: dict[str, Any], reason: str) -> None:
    with pytest.raises(TokenError, match=reason) as refusal:
        settings().check_claims(V1 | changed)
    assert not any(str(value) in str(refusal.value) for value in (V1 | changed).values() if len(str(value)) > 5)


def test_the_client_id_counts_only_where_the_version_has_it() -> None:
    for claims, wrong in [(V1, "azp"), (V2, "appid")]:
        stripped = {name: value for name, value in claims.items() if name not in {"oid", "appid", "azp"}}
        with pytest.raises(TokenError, match="callers"):
            settings(callers=CLIENT).check_claims(stripped | {wrong: CLIENT})


names = st.sampled_from(["iss", "tid", "aud", "oid", "appid", "azp", "ver", "scp", "idtyp"])
values = st.recursive(
    st.none() | st.booleans() | st.floats() | st.sampled_from(["", "x", *V1.values(), *V2.values()]),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(names, inner, max_size=2),
    max_leaves=4,
)


@given(claims=st.dictionaries(names, values))
def test_arbitrary_claims_never_raise_anything_else(claims: dict[str, Any]) -> None:
    try:
        settings().check_claims(claims)
    except TokenError:
        return
    assert (claims["tid"], claims["aud"], claims["oid"]) == (TENANT, "api://chat", OBJECT)


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"tenant_id": "contoso.onmicrosoft.com"}, "tenant_id .* no GUID: take the tenant's id"),
        ({"tenant_id": "common"}, "tenant_id .* not a domain, 'common' or 'organizations'"),
        ({"tenant_id": "organizations"}, "tenant_id"),
        ({"tenant_id": f"{{{TENANT}}}"}, "tenant_id"),
        ({"tenant_id": f"{TENANT}\n"}, "tenant_id"),
        ({"tenant_id": None}, "tenant_id"),
        ({"audience": ""}, "audience .* at least one text"),
        ({"audience": []}, "audience .* at least one text"),
        ({"audience": None}, "audience .* at least one text"),
        ({"audience": ["api://chat", " api://b"]}, "audience .* blanks around"),
        ({"audience": ["api://chat", None]}, "audience"),
        ({"callers": []}, "callers .* at least one text"),
        ({"callers": ""}, "callers .* at least one text"),
        ({"callers": ["chat-service"]}, "callers .* object ids or client ids"),
        ({"callers": [None]}, "callers"),
        ({"authority": "http://login.microsoftonline.com"}, "authority .* not https"),
        ({"authority": "login.microsoftonline.com"}, "authority .* no plain http"),
        ({"authority": f"{AUTHORITY}/{TENANT}"}, "authority .* path .* without the tenant"),
        ({"authority": f"{AUTHORITY}?a=b"}, "authority .* query"),
        ({"authority": None}, "authority"),
        ({"key_origins": ["https://keys.example/path"]}, "key_origins"),
        ({"key_origins": "http://keys.example"}, "key_origins"),
    ],
)
def test_a_setting_that_cannot_work_says_what_it_takes(changed: dict[str, Any], reason: str) -> None:
    with pytest.raises(ConfigurationError, match=reason):
        settings(**changed)


def test_keys_may_come_from_the_authority_and_from_listed_origins() -> None:
    assert settings().key_sources == {AUTHORITY}
    assert settings(key_origins="https://Keys.example:443").key_sources == {AUTHORITY, "https://keys.example"}


def test_the_metadata_is_where_authority_and_tenant_say() -> None:
    assert settings().metadata_url == f"{AUTHORITY}/{TENANT}/v2.0/.well-known/openid-configuration"
