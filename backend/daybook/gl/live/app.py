"""Daybook as Xero knows it, by the settings."""

from urllib.parse import urlsplit

from daybook.errors import Problem, ProblemCode, Rejected
from daybook.gl.xero.login import XeroApp, XeroLogin
from daybook.outbound.rules import Allowed
from daybook.settings import Settings

CALLBACK = "/general-ledger/xero/callback"
"""Where Xero leads admins back to: its app must have the address."""


def is_set_up(settings: Settings) -> bool:
    """Whether the operator said what Daybook is called at Xero."""
    return bool(settings.xero_client_id)


def check_set_up(settings: Settings) -> None:
    """Raise Rejected unless the operator did."""
    if not is_set_up(settings):
        message = (
            "this server isn't registered at Xero: an operator sets"
            " DAYBOOK_XERO_CLIENT_ID, as docs/operating.md says; files can be imported"
            " without"
        )
        raise Rejected([Problem(ProblemCode.UNSUPPORTED, message)])


def login_of(settings: Settings) -> XeroLogin:
    """Xero's sign-in for this program."""
    app = XeroApp(
        settings.xero_client_id,
        settings.xero_client_secret.get_secret_value(),
        settings.xero_scopes,
        settings.xero_authorize_url,
        settings.xero_token_url,
        settings.xero_connections_url,
        settings.xero_revoke_url,
    )
    return XeroLogin(app, allowed_of(settings))


def allowed_of(settings: Settings) -> Allowed:
    """Whom it may call: the operator chose these hosts, also in their own network."""
    addresses = (
        settings.xero_token_url,
        settings.xero_connections_url,
        settings.xero_revoke_url,
        settings.xero_api_url,
    )
    hosts = [urlsplit(address).hostname or "" for address in addresses]
    return Allowed.of([*settings.webhooks_allow, *hosts])
