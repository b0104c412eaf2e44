"""Connecting to Xero: OAuth 2's code flow with PKCE, and tokens that rotate.

A refresh token works once: its answer has the next one. Xero lets the one before work
for half an hour more, in case the answer is lost.
"""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

import httpx2
from authlib.integrations.base_client import OAuthError
from authlib.integrations.httpx_client import AsyncOAuth2Client

from daybook.outbound.client import GuardedTransport
from daybook.outbound.rules import Allowed

SECONDS_MAX = 20
EARLY = timedelta(minutes=2)
"""How long before its end an access token is renewed."""
INVALID_GRANT = "invalid_grant"
"""What a refresh token is that was used before, or not for 60 days, or was revoked."""


class LoginFailed(Exception):
    """Xero gave no token; the message says why."""


class Disconnected(LoginFailed):
    """The connection ended: an admin connects it again."""


class XeroApp(NamedTuple):
    """The program as Xero knows it, and where Xero is; scopes are divided by spaces."""

    client_id: str
    client_secret: str
    scopes: str
    authorize_address: str
    token_address: str
    connections_address: str
    revoke_address: str


class Tokens(NamedTuple):
    """An access token until `expires_at`, and what the next one is taken with."""

    access: str
    refresh: str
    expires_at: datetime
    scopes: str

    def is_due(self, now: datetime) -> bool:
        """Whether the access token ends soon."""
        return now >= self.expires_at - EARLY


class Tenant(NamedTuple):
    """An organisation in Xero that the user connected."""

    id: str
    name: str


class XeroLogin:
    """Xero's sign-in for one program. Methods that ask Xero raise LoginFailed."""

    def __init__(self, app: XeroApp, allowed: Allowed) -> None:
        self._app = app
        self._allowed = allowed

    def address(self, redirect_uri: str, state: str, verifier: str) -> str:
        """Where an admin is sent to connect."""
        client = self._client(redirect_uri)
        address, _ = client.create_authorization_url(
            self._app.authorize_address, state=state, code_verifier=verifier
        )
        return str(address)

    async def tokens_of(
        self, redirect_uri: str, code: str, verifier: str, now: datetime
    ) -> Tokens:
        """The tokens for the code that an admin came back with."""
        async with self._client(redirect_uri) as client:
            try:
                token = await client.fetch_token(
                    self._app.token_address, code=code, code_verifier=verifier
                )
            except (OAuthError, httpx2.HTTPError, ValueError) as error:
                raise LoginFailed(_words(error)) from None
        return _tokens(token, now, former="")

    async def renewed(self, tokens: Tokens, now: datetime) -> Tokens:
        """The next tokens: store them before they are used. Raises Disconnected."""
        async with self._client("") as client:
            try:
                token = await client.refresh_token(
                    self._app.token_address, refresh_token=tokens.refresh
                )
            except OAuthError as error:
                kind = Disconnected if error.error == INVALID_GRANT else LoginFailed
                raise kind(_words(error)) from None
            except (httpx2.HTTPError, ValueError) as error:
                raise LoginFailed(_words(error)) from None
        return _tokens(token, now, former=tokens.refresh)

    async def tenants(self, access: str) -> Sequence[Tenant]:
        """The organisations that an access token may read."""
        async with self._bearer(access) as client:
            return [tenant for tenant, _ in await self._connected(client)]

    async def revoke(self, tokens: Tokens) -> None:
        """End tokens at Xero, and there all that its user connected to this program."""
        async with self._client("") as client:
            try:
                answer = await client.revoke_token(
                    self._app.revoke_address, token=tokens.refresh
                )
                answer.raise_for_status()
            except (OAuthError, httpx2.HTTPError, ValueError) as error:
                raise LoginFailed(_words(error)) from None

    async def leave(self, access: str, tenant_id: str) -> None:
        """Disconnect an organisation at Xero, and no other of the same user."""
        async with self._bearer(access) as client:
            for tenant, its_id in await self._connected(client):
                if tenant.id == tenant_id:
                    address = f"{self._app.connections_address.rstrip('/')}/{its_id}"
                    try:
                        answer = await client.delete(address)
                        answer.raise_for_status()
                    except httpx2.HTTPError as error:
                        raise LoginFailed(_words(error)) from None

    async def _connected(
        self, client: httpx2.AsyncClient
    ) -> Sequence[tuple[Tenant, str]]:
        """The organisations that a user connected, and the IDs of these connections."""
        try:
            answer = await client.get(self._app.connections_address)
            answer.raise_for_status()
            return [
                (
                    Tenant(str(found["tenantId"]), str(found["tenantName"])),
                    str(found.get("id", "")),
                )
                for found in answer.json()
            ]
        except (httpx2.HTTPError, ValueError, KeyError, TypeError) as error:
            raise LoginFailed(_words(error)) from None

    def _bearer(self, access: str) -> httpx2.AsyncClient:
        return httpx2.AsyncClient(
            headers={"Authorization": f"Bearer {access}"},
            transport=GuardedTransport(self._allowed),
            timeout=SECONDS_MAX,
            trust_env=False,
        )

    def _client(self, redirect_uri: str) -> Any:
        return AsyncOAuth2Client(
            self._app.client_id,
            self._app.client_secret,
            scope=self._app.scopes,
            redirect_uri=redirect_uri,
            code_challenge_method="S256",
            timeout=SECONDS_MAX,
            transport=GuardedTransport(self._allowed),
            trust_env=False,
        )


def _tokens(token: Any, now: datetime, *, former: str) -> Tokens:
    """The tokens of an answer; raises LoginFailed for one without them."""
    try:
        return Tokens(
            str(token["access_token"]),
            str(token.get("refresh_token") or former),
            now.astimezone(UTC) + timedelta(seconds=int(token["expires_in"])),
            str(token.get("scope", "")),
        )
    except (KeyError, TypeError, ValueError):
        raise LoginFailed("Xero's answer has no token") from None


def _words(error: Exception) -> str:
    """What went wrong, without anything that was sent."""
    if isinstance(error, OAuthError):
        reason = error.description or error.error
        return f"Xero refused: {reason}"
    if isinstance(error, httpx2.HTTPStatusError):
        return f"Xero answered {error.response.status_code}"
    if isinstance(error, httpx2.HTTPError):
        return f"Xero can't be reached: {error or type(error).__name__}"
    return "Xero's answer can't be read"
