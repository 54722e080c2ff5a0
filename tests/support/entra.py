"""An identity provider like Microsoft Entra ID, on loopback: real keys, real tokens, and bad manners on request."""

import asyncio
import json
from base64 import urlsafe_b64encode
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from aiohttp import web
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

__all__ = ["CLIENT", "OBJECT", "TENANT", "Issuer", "SigningKey", "assemble", "encode", "issuing"]

TENANT = "cccccccc-2222-4333-8444-555555555555"
OBJECT = "aaaaaaaa-0000-4000-8000-000000000001"
"""The object id of the service's managed identity."""
CLIENT = "bbbbbbbb-0000-4000-8000-000000000002"
"""Its client id."""


def encode(data: bytes) -> str:
    return urlsafe_b64encode(data).decode().rstrip("=")


def assemble(header: dict[str, Any], payload: bytes, sign: Callable[[bytes], bytes]) -> str:
    """Return the JWT of `payload`, whatever that is."""
    signed = f"{encode(json.dumps(header).encode())}.{encode(payload)}"
    return f"{signed}.{encode(sign(signed.encode()))}"


@cache
def _private_key(key_id: str, bits: int) -> rsa.RSAPrivateKey:
    del key_id  # every id has a key of its own
    return rsa.generate_private_key(public_exponent=65537, key_size=bits)


@dataclass(frozen=True)
class SigningKey:
    """One of the provider's keys; keys of one id are the same, in all tests."""

    key_id: str = "first"
    bits: int = 2048

    def jwk(self, **changed: Any) -> dict[str, Any]:
        """Return the public key as Entra publishes it, without its certificate."""
        numbers = _private_key(self.key_id, self.bits).public_key().public_numbers()
        n, e = (encode(number.to_bytes((number.bit_length() + 7) // 8)) for number in (numbers.n, numbers.e))
        return {"kty": "RSA", "use": "sig", "kid": self.key_id, "n": n, "e": e} | changed

    def pem(self) -> bytes:
        """Return the public key as PEM."""
        key = _private_key(self.key_id, self.bits).public_key()
        return key.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)

    def token(self, claims: Any, **header: Any) -> str:
        """Return the JWT of `claims`."""
        whole = {"typ": "JWT", "alg": "RS256", "kid": self.key_id} | header
        return assemble(whole, json.dumps(claims).encode(), self.sign)

    def sign(self, data: bytes) -> bytes:
        return _private_key(self.key_id, self.bits).sign(data, padding.PKCS1v15(), hashes.SHA256())


_Answer = Callable[[], web.Response]


@dataclass
class Issuer:
    """What the provider publishes; tests change it while it runs."""

    url: str
    keys: list[dict[str, Any]] = field(default_factory=lambda: [SigningKey().jwk()])
    metadata: dict[str, Any] = field(default_factory=dict[str, Any])
    """Members of the metadata document that are not as they should be."""
    instead: _Answer | None = None
    """What it answers for keys instead of them."""
    release: asyncio.Event = field(default_factory=asyncio.Event)
    """Answers for keys wait for this; set from the start."""
    requests: list[str] = field(default_factory=list[str])
    """Paths, in order."""
    _asked: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def fetches(self) -> int:
        """How often its keys were fetched."""
        return sum(path == f"/{TENANT}/discovery/v2.0/keys" for path in self.requests)

    async def asked(self) -> None:
        """Wait until somebody has asked for keys."""
        async with asyncio.timeout(10):
            await self._asked.wait()

    async def answer_metadata(self, request: web.Request) -> web.Response:
        self.requests.append(request.path)
        keys_url = f"{self.url}/{TENANT}/discovery/v2.0/keys"
        return web.json_response({"issuer": f"{self.url}/{TENANT}/v2.0", "jwks_uri": keys_url} | self.metadata)

    async def answer_keys(self, request: web.Request) -> web.Response:
        self.requests.append(request.path)
        self._asked.set()
        await self.release.wait()
        return web.json_response({"keys": self.keys}) if self.instead is None else self.instead()


@asynccontextmanager
async def issuing() -> AsyncGenerator[Issuer]:
    """Yield a provider that listens."""
    issuer = Issuer("")
    issuer.release.set()
    app = web.Application()
    app.router.add_get(f"/{TENANT}/v2.0/.well-known/openid-configuration", issuer.answer_metadata)
    app.router.add_get(f"/{TENANT}/discovery/v2.0/keys", issuer.answer_keys)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    issuer.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    try:
        yield issuer
    finally:
        await runner.cleanup()
