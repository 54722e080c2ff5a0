from dataclasses import dataclass


@dataclass(frozen=True)
class CorsPolicy:
    allowed_origins: frozenset[str] = frozenset()
    allow_loopback: bool = False

    def headers(self, origin):
        if origin and (origin in self.allowed_origins or (self.allow_loopback and "localhost" in origin)):
            return [
                (b"access-control-allow-origin", origin.encode()),
                (b"access-control-allow-credentials", b"true"),
                (b"vary", b"Origin"),
            ]
        return [(b"vary", b"Origin")]

    def preflight_headers(self, origin, asked):
        return self.headers(origin) + [
            (b"access-control-allow-headers", (asked or "").encode()),
            (b"access-control-allow-methods", b"GET, POST, DELETE"),
        ]
