"""An OpenID Connect provider on this machine, which tests may make misbehave."""

import hashlib
import socket
import threading
import time
from base64 import urlsafe_b64encode
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any
from urllib.parse import urlencode, urlsplit

import httpx2
import uvicorn
from joserfc import jwt
from joserfc.jwk import KeySet, RSAKey
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route
from starlette.testclient import TestClient

from daybook_people import EMAIL

CLIENT_ID = "daybook"
CLIENT_SECRET = "the client's secret"
START_SECONDS = 60


class FakeProvider:
    """A provider at which one person is signed in; the tests change what it says."""

    def __init__(self) -> None:
        self.address = ""
        self.key = _its_key()
        self.signs_with = self.key
        self.algorithm = "RS256"
        self.claims: dict[str, Any] = {"email": EMAIL, "email_verified": True}
        self.change: Callable[[dict[str, Any]], None] = lambda _claims: None
        self.issuer: str | None = None
        self.codes: dict[str, dict[str, str]] = {}
        self.app = Starlette(
            routes=[
                Route("/.well-known/openid-configuration", self._discovery),
                Route("/authorize", self._authorize),
                Route("/token", self._token, methods=["POST"]),
                Route("/keys", self._keys),
            ]
        )

    async def _discovery(self, _request: Request) -> Response:
        return JSONResponse(
            {
                "issuer": self.issuer or self.address,
                "authorization_endpoint": f"{self.address}/authorize",
                "token_endpoint": f"{self.address}/token",
                "jwks_uri": f"{self.address}/keys",
            }
        )

    async def _authorize(self, request: Request) -> Response:
        asked = dict(request.query_params)
        assert asked["response_type"] == "code"
        assert asked["code_challenge_method"] == "S256"
        code = f"code-{len(self.codes)}"
        self.codes[code] = asked
        back = urlencode({"code": code, "state": asked["state"]})
        return RedirectResponse(f"{asked['redirect_uri']}?{back}", 302)

    async def _token(self, request: Request) -> Response:
        form = await request.form()
        asked = self.codes.pop(str(form.get("code")), None)
        digest = hashlib.sha256(str(form.get("code_verifier")).encode()).digest()
        challenge = urlsafe_b64encode(digest).decode().rstrip("=")
        if (
            asked is None
            or asked["code_challenge"] != challenge
            or asked["redirect_uri"] != form.get("redirect_uri")
            or not request.headers["authorization"].startswith("Basic ")
        ):
            return JSONResponse({"error": "invalid_grant"}, 400)
        claims = {
            "iss": self.address,
            "aud": CLIENT_ID,
            "sub": "1",
            "nonce": asked["nonce"],
            "exp": int(time.time()) + 300,
            **self.claims,
        }
        self.change(claims)
        header = {"alg": self.algorithm, "kid": "1"}
        token = jwt.encode(header, claims, self.signs_with, [self.algorithm])
        answer = {"access_token": "a", "token_type": "Bearer", "id_token": token}
        return JSONResponse(answer)

    async def _keys(self, _request: Request) -> Response:
        return JSONResponse(KeySet([self.key]).as_dict(private=False))


@cache
def _its_key() -> RSAKey:
    """The key of all providers of a test process: making one takes long."""
    return RSAKey.generate_key(2048, {"kid": "1"})


@contextmanager
def providing() -> Iterator[FakeProvider]:
    """A provider on a free port of this machine."""
    made = FakeProvider()
    server = uvicorn.Server(uvicorn.Config(made.app, log_level="warning"))
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        made.address = f"http://127.0.0.1:{listening.getsockname()[1]}"
        thread = threading.Thread(target=server.run, args=([listening],))
        thread.start()
        try:
            deadline = time.monotonic() + START_SECONDS
            while not server.started:
                assert time.monotonic() < deadline, "the provider did not start in time"
                time.sleep(0.02)
            yield made
        finally:
            server.should_exit = True
            thread.join(START_SECONDS)


def sent_away(browser: TestClient, next_: str = "/settings") -> str:
    """Where the provider leads somebody back to who was sent there."""
    away = browser.get("/sign-in/provider", params={"next": next_})
    assert away.status_code == 303
    back = urlsplit(
        httpx2.get(away.headers["location"], timeout=60).headers["location"]
    )
    return f"{back.path}?{back.query}"
