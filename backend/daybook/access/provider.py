"""Signing in at an OpenID Connect provider: the code flow with state, nonce and PKCE.

The provider only vouches for an address; Daybook knows which user has it and what they
may do. Nobody becomes a user by signing in at the provider.
"""

import time
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import httpx2
from authlib.integrations.base_client import OAuthError
from authlib.integrations.httpx_client import AsyncOAuth2Client
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet
from sqlalchemy import delete

from daybook.access.attempts import (
    SignInFailed,
    begin_at_provider,
    forget_attempts,
)
from daybook.access.invitations import verify_user
from daybook.access.models import ProviderSignIn
from daybook.access.queries import invitations_of, user_by_email
from daybook.access.rules import Invitee
from daybook.access.secrets import TOKEN_MAX, hash_of_token, new_token
from daybook.access.sessions import SignedIn, start_session
from daybook.db.engine import Database
from daybook.outbound.client import GuardedTransport
from daybook.outbound.rules import Allowed
from daybook.settings import Settings

WAIT = timedelta(minutes=10)
"""How long a user may take at the provider."""
SECONDS_MAX = 10
"""How long the provider may take to answer."""
LEEWAY_SECONDS = 60
"""By how much the provider's clock may differ."""
ALGORITHMS = ("RS256", "PS256", "ES256", "EdDSA")
"""Accepted signature algorithms; none of them uses a shared secret."""
DISCOVERY_SECONDS = 600
ENDPOINTS = {"authorization_endpoint", "token_endpoint", "jwks_uri"}
DISCOVERY = "/.well-known/openid-configuration"


class SentAway(NamedTuple):
    """The provider's address to redirect to, and the state that must come back."""

    address: str
    state: str


class Returned(NamedTuple):
    """A user who came back from the provider, and the page that they wanted.

    They are signed in, unless they belong to no organisation yet: then they are only an
    invitee.
    """

    signed_in: SignedIn | None
    invitee: Invitee
    is_news: bool
    """Whether this is their first sign-in by the provider, and invitations wait."""
    back_to: str


class _Pending(NamedTuple):
    nonce: str
    verifier: str
    back_to: str


class Provider:
    """The provider that the settings name."""

    def __init__(self, database: Database, settings: Settings) -> None:
        self._database = database
        self._settings = settings
        self._found: dict[str, Any] | None = None
        self._found_until = 0.0
        # The operator chose the provider; it may be in their own network.
        host = urlsplit(settings.oidc_issuer).hostname or ""
        self._allowed = Allowed.of([*settings.webhooks_allow, host])

    async def send(
        self, *, redirect_uri: str, back_to: str, address: str, now: datetime
    ) -> SentAway:
        """Begin a sign-in by sending the user to the provider.

        Raises SignInFailed if the provider can't be reached, and TooManyAttempts for
        the network address that they call from.
        """
        await begin_at_provider(self._database, address, now)
        state, nonce, verifier = new_token(), new_token(), new_token()
        async with self._client(redirect_uri) as client:
            found = await self._discover(client)
            there, _ = client.create_authorization_url(
                found["authorization_endpoint"],
                state=state,
                nonce=nonce,
                code_verifier=verifier,
            )
        async with self._database.runtime.writes() as runtime:
            await runtime.execute(
                delete(ProviderSignIn).where(ProviderSignIn.expires_at <= now)
            )
            runtime.add(
                ProviderSignIn(
                    state_hash=hash_of_token(state),
                    nonce=nonce,
                    verifier=verifier,
                    back_to=back_to,
                    expires_at=now + WAIT,
                )
            )
        return SentAway(there, state)

    async def take_back(
        self, *, state: str, code: str, redirect_uri: str, address: str, now: datetime
    ) -> Returned:
        """Sign in a user who comes back with a code, and use up the state.

        Invitations are left for them to answer. Raises SignInFailed if the provider
        doesn't vouch for them or no user has the address; TooManyAttempts as `send`.
        """
        attempt = await begin_at_provider(self._database, address, now)
        pending = await self._use(state, now)
        async with self._client(redirect_uri) as client:
            found = await self._discover(client)
            claims = await self._claims(client, found, code, pending, now)
        returned = None
        email = str(claims.get("email", "")).strip()
        # Lower case turns some other letters into ASCII: KELVIN SIGN becomes k.
        if claims.get("email_verified") is True and email.isascii():
            email = email.lower()
            returned = await self._sign_in(email, now, pending.back_to)
        if returned is None:
            raise SignInFailed(
                "The provider knows you, and nobody here has that address. Ask an admin"
                " to invite you."
            )
        await forget_attempts(self._database, attempt, now)
        return returned

    def _client(self, redirect_uri: str) -> Any:
        return AsyncOAuth2Client(
            self._settings.oidc_client_id,
            self._settings.oidc_client_secret.get_secret_value(),
            scope="openid email",
            redirect_uri=redirect_uri,
            code_challenge_method="S256",
            timeout=SECONDS_MAX,
            transport=GuardedTransport(self._allowed),
            trust_env=False,
        )

    async def _discover(self, client: Any) -> dict[str, Any]:
        """The provider's metadata, fetched again once in a while."""
        if self._found is not None and self._found_until > time.monotonic():
            return self._found
        issuer = self._settings.oidc_issuer.rstrip("/")
        found = await self._json(client, issuer + DISCOVERY)
        is_its_own = str(found.get("issuer", "")).rstrip("/") == issuer
        if not is_its_own or not set(found) >= ENDPOINTS:
            raise _unreachable()
        self._found, self._found_until = found, time.monotonic() + DISCOVERY_SECONDS
        return found

    async def _claims(
        self,
        client: Any,
        found: dict[str, Any],
        code: str,
        pending: _Pending,
        now: datetime,
    ) -> dict[str, Any]:
        """The claims of the provider's token: signed by it, for us, current, unused."""
        try:
            token = await client.fetch_token(
                found["token_endpoint"], code=code, code_verifier=pending.verifier
            )
            published: Any = await self._json(client, found["jwks_uri"])
            keys = KeySet.import_key_set(published)
            claims = jwt.decode(token["id_token"], keys, ALGORITHMS).claims
            registry = jwt.JWTClaimsRegistry(
                now=int(now.timestamp()),
                leeway=LEEWAY_SECONDS,
                iss={"essential": True, "value": found["issuer"]},
                aud={"essential": True, "value": self._settings.oidc_client_id},
                nonce={"essential": True, "value": pending.nonce},
                exp={"essential": True},
            )
            registry.validate(claims)
        except (OAuthError, JoseError, KeyError, ValueError, httpx2.HTTPError):
            raise _not_vouched_for() from None
        return dict(claims)

    async def _json(self, client: Any, address: str) -> dict[str, Any]:
        try:
            answer = await client.request("GET", address, withhold_token=True)
            answer.raise_for_status()
            value = answer.json()
        except (httpx2.HTTPError, ValueError):
            raise _unreachable() from None
        if not isinstance(value, dict):
            raise _unreachable()
        return value

    async def _use(self, state: str, now: datetime) -> _Pending:
        """Use up the state of a sign-in, which works only once."""
        found = None
        if len(state) <= TOKEN_MAX:
            async with self._database.runtime.writes() as runtime:
                found = (
                    await runtime.execute(
                        delete(ProviderSignIn)
                        .where(ProviderSignIn.state_hash == hash_of_token(state))
                        .returning(
                            ProviderSignIn.nonce,
                            ProviderSignIn.verifier,
                            ProviderSignIn.back_to,
                            ProviderSignIn.expires_at,
                        )
                    )
                ).one_or_none()
        if found is None or found.expires_at <= now:
            raise SignInFailed("That took too long, or was done before: try again.")
        return _Pending(found.nonce, found.verifier, found.back_to)

    async def _sign_in(
        self, email: str, now: datetime, back_to: str
    ) -> Returned | None:
        """Sign in the user with a vouched-for address; None if there is none."""
        database = self._database
        async with database.reads() as session:
            user = await user_by_email(session, email)
            if user is None:
                return None
            invitations = await invitations_of(session, user.id)
        number = await verify_user(database, user.id, now)
        assert number is not None, "users stay"
        signed_in = await start_session(database, user.id, number, now=now)
        if signed_in is None and not invitations:
            return None
        invitee = Invitee(user.id, number)
        is_news = user.verified_at is None and bool(invitations)
        return Returned(signed_in, invitee, is_news, back_to)


def _unreachable() -> SignInFailed:
    return SignInFailed("The provider can't be reached: try again in a while.")


def _not_vouched_for() -> SignInFailed:
    return SignInFailed("The provider did not say who you are: try again.")
