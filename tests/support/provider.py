"""A small OpenID Connect provider on 127.0.0.1: discovery, authorization code with PKCE, signed ID tokens, keys.

It is strict about what a client must send, and can be told to lie in one way at a time.
"""

import base64
import hashlib
import hmac
import json
import secrets
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from joserfc import jwt
from joserfc.jwk import RSAKey

CLIENT, SECRET = "wuxi", "client-secret"


class Provider:
    """What the provider knows, and how it lies."""

    def __init__(self, address: str) -> None:
        self.issuer = address
        self.subject = "subject-1"
        """Who is signed in at the provider."""
        self.key, self.other_key = (RSAKey.generate_key(2048, {"kid": "k1", "use": "sig"}) for _ in range(2))
        self.codes: dict[str, dict[str, str]] = {}
        self.lie: dict[str, Any] = {}
        """Claims put in the place of the true ones; `sign`: with another key; `none`, `hs256`: the algorithm."""

    def metadata(self) -> dict[str, Any]:
        return {
            "issuer": self.lie.get("issuer", self.issuer),
            "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token",
            "jwks_uri": f"{self.issuer}/jwks",
        }

    def authorize(self, asked: dict[str, str]) -> str:
        """Return where the browser goes back to, with a code."""
        assert asked["response_type"] == "code"
        assert asked["client_id"] == CLIENT
        assert asked["code_challenge_method"] == "S256"
        assert "openid" in asked["scope"].split()
        code = secrets.token_urlsafe(16)
        self.codes[code] = asked | {"subject": self.subject}
        return f"{asked['redirect_uri']}?{urlencode({'code': code, 'state': asked['state']})}"

    def token(self, sent: dict[str, str], authorization: str) -> dict[str, Any] | None:
        """Return tokens for a code, once, to who began; None: refused."""
        asked = self.codes.pop(sent.get("code", ""), None)
        known = "Basic " + base64.b64encode(f"{CLIENT}:{SECRET}".encode()).decode()
        if asked is None or authorization != known or sent.get("redirect_uri") != asked["redirect_uri"]:
            return None
        challenge = base64.urlsafe_b64encode(hashlib.sha256(sent.get("code_verifier", "").encode()).digest()).decode()
        if challenge.rstrip("=") != asked["code_challenge"]:
            return None
        now = int(time.time())
        claims = {
            "iss": self.issuer,
            "sub": asked["subject"],
            "aud": CLIENT,
            "nonce": asked["nonce"],
            "iat": now,
            "exp": now + 60,
        }
        claims |= {name: value for name, value in self.lie.items() if name in claims}
        return {"access_token": "at", "token_type": "Bearer", "id_token": self._signed(claims)}

    def _signed(self, claims: dict[str, Any]) -> str:
        if "none" in self.lie:
            return ".".join(_encoded(json.dumps(one).encode()) for one in ({"alg": "none"}, claims)) + "."
        if "hs256" in self.lie:  # the public key taken for a shared secret
            parts = [_encoded(json.dumps(one).encode()) for one in ({"alg": "HS256"}, claims)]
            mac = hmac.digest(self.key.as_pem(private=False), ".".join(parts).encode(), "sha256")
            return ".".join([*parts, _encoded(mac)])
        return jwt.encode({"alg": "RS256", "kid": "k1"}, claims, self.other_key if "sign" in self.lie else self.key)


def _encoded(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).decode().rstrip("=")


@contextmanager
def running() -> Iterator[Provider]:
    """Yield a provider that answers at a real socket."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            if parts.path == "/authorize":
                self.send_response(302)
                self.send_header("Location", provider.authorize({k: v[0] for k, v in parse_qs(parts.query).items()}))
                self.end_headers()
            elif parts.path == "/jwks":
                self._json({"keys": [provider.key.as_dict(private=False)]})
            else:
                self._json(provider.metadata())

        def do_POST(self) -> None:
            text = self.rfile.read(int(self.headers["Content-Length"])).decode()
            found = provider.token({k: v[0] for k, v in parse_qs(text).items()}, self.headers.get("Authorization", ""))
            self._json(found or {"error": "invalid_grant"}, 200 if found else 400)

        def _json(self, value: object, status: int = 200) -> None:
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.end_headers()
            self.wfile.write(json.dumps(value).encode())

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    provider = Provider(f"http://127.0.0.1:{server.server_port}")
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield provider
    finally:
        server.shutdown()
        server.server_close()
