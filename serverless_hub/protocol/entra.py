"""Which tokens of Microsoft Entra ID (Azure AD) prove that the SignalR service calls.

Where upstream authentication is `ManagedIdentity`, the service sends one with every event. Today these are version 1.0
tokens (Azure docs `howto-use-managed-identity.md`); version 2.0 is accepted too, so that nothing breaks when that
changes. Sources for both: Microsoft identity platform, `access-token-claims-reference.md`, `claims-validation.md`.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from serverless_hub.errors import ConfigurationError, TokenError
from serverless_hub.protocol.entra_urls import split_url

__all__ = ["EntraAuthentication"]

_GUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_V1_ISSUER = "https://sts.windows.net"
_OTHER_V1_ISSUERS = {"https://login.partner.microsoftonline.cn": "https://sts.chinacloudapi.cn"}
"""By authority; every other cloud has the common one."""
_CLIENT_CLAIMS = {"1.0": "appid", "2.0": "azp"}
"""Where a token has the client id of its holder, by its version."""


@dataclass(frozen=True, slots=True)
class EntraAuthentication:
    """Accept upstream calls that carry an Entra token of the SignalR service's managed identity.

    Args:
        tenant_id: GUID of the tenant that the managed identity belongs to.
        audience: what the tokens are issued for, exactly as in their `aud`: the Resource of the service's upstream
            settings, for example `api://<client id>` of an app registration of yours. Take one that stands for this
            app only: whoever else gets tokens for the same audience could use them here.
        callers: object ids or client ids (GUIDs) of the managed identities that may call.
        authority: where the tenant's cloud signs in, such as `https://login.microsoftonline.us`.
        key_origins: where else its signing keys may be fetched from; needed only where the authority's metadata names
            another host.

    Raises:
        ConfigurationError: a value cannot work; the text says what it takes.
    """

    tenant_id: str
    audience: str | Iterable[str]
    callers: str | Iterable[str]
    authority: str = "https://login.microsoftonline.com"
    key_origins: str | Iterable[str] = ()

    def __post_init__(self) -> None:
        """Check the values, and bring them into the form that tokens have them in."""
        values = {
            "tenant_id": _guid("tenant_id", self.tenant_id),
            "audience": frozenset(_texts("audience", self.audience)),
            "callers": frozenset(_guid("callers", caller) for caller in _texts("callers", self.callers)),
            "authority": _origin("authority", self.authority),
            "key_origins": frozenset(_origin("key_origins", origin) for origin in _listed(self.key_origins)),
        }
        for name, value in values.items():
            object.__setattr__(self, name, value)

    @property
    def key_sources(self) -> frozenset[str]:
        """Scheme, host and port of all that may give us keys."""
        return frozenset([self.authority, *self.key_origins])

    @property
    def issuer(self) -> str:
        """The tenant's issuer of version 2.0 tokens, which its metadata names."""
        return f"{self.authority}/{self.tenant_id}/v2.0"

    @property
    def metadata_url(self) -> str:
        """Where the tenant says where its keys are; nothing in a token has any influence on it.

        Tokens of version 1.0 are signed with the same keys, and only version 2.0 says whose each is; Microsoft's own
        library verifies both with these (IdentityModel, AadTokenValidationParametersExtension.cs).
        """
        return f"{self.issuer}/.well-known/openid-configuration"

    def check_claims(self, claims: Mapping[str, Any]) -> None:
        """Let the claims of a token pass whose signature and lifetime hold already.

        Raises:
            TokenError: they are not of an allowed caller, for this audience, from this tenant.
        """
        version = self._version(_text(claims, "iss"))
        if claims.get("tid") != self.tenant_id:
            raise TokenError("the token is of another tenant")
        if claims.get("ver", version) != version:
            raise TokenError("the version of the token is not that of its issuer")
        if _text(claims, "aud") not in frozenset(self.audience):
            raise TokenError("the token is for none of the configured audiences")
        # Others can get a user's token through an app (`claims-validation.md`, note at the end).
        if "scp" in claims or claims.get("idtyp", "app") != "app":
            raise TokenError("the token speaks for a user, not for the SignalR service itself")
        holder = {_text(claims, "oid"), _text(claims, _CLIENT_CLAIMS[version])}
        if holder.isdisjoint(self.callers):
            raise TokenError("the token is of none of the configured callers")

    def _version(self, issuer: str) -> str:
        if issuer == self.issuer:
            return "2.0"
        if issuer == f"{_OTHER_V1_ISSUERS.get(self.authority, _V1_ISSUER)}/{self.tenant_id}/":
            return "1.0"
        raise TokenError("the token is of another issuer")


def _origin(name: str, value: Any) -> str:
    try:
        origin, path = split_url(str(value))
    except ValueError as error:
        raise ConfigurationError(f"{name} of EntraAuthentication cannot be used, {error}: {_ORIGIN_FORM}") from error
    if path not in {"", "/"}:
        raise ConfigurationError(f"{name} of EntraAuthentication has a path or a query: {_ORIGIN_FORM}")
    return origin


_ORIGIN_FORM = "write scheme and host, such as https://login.microsoftonline.com, without the tenant"


def _guid(name: str, value: Any) -> str:
    guid = str(value).lower()
    if not _GUID.fullmatch(guid):
        raise ConfigurationError(f"{name} of EntraAuthentication has a value that is no GUID: {_GUIDS[name]}")
    return guid


_GUIDS = {
    "tenant_id": "take the tenant's id, not a domain, 'common' or 'organizations'",
    "callers": "take object ids or client ids of managed identities",
}


def _texts(name: str, values: Any) -> list[Any]:
    texts = _listed(values)
    if not texts or not all(isinstance(text, str) and text and text == text.strip() for text in texts):
        raise ConfigurationError(
            f"{name} of EntraAuthentication takes at least one text, and none with blanks around it"
        )
    return texts


def _listed(values: Any) -> list[Any]:
    return [values] if isinstance(values, str) else list(values or ())


def _text(claims: Mapping[str, Any], name: str) -> str:
    value = claims.get(name)
    return value if isinstance(value, str) else ""
