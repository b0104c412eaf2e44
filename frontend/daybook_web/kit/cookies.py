"""The cookies that pages set: of sessions, known devices and invitees."""

from dataclasses import dataclass
from datetime import timedelta

from starlette.requests import Request
from starlette.responses import Response

from daybook.access.cookies import (
    Device,
    device_cookie,
    invitee_cookie,
    invitee_of,
    known_device,
)
from daybook.access.rules import DEVICE_LIFE, INVITEE_LIFE, Invitee
from daybook.access.sessions import SignedIn
from daybook.clock import real_now
from daybook.secrets import Secrets
from daybook.settings import Settings
from daybook_graphql.callers import cookie_name

DEVICE_COOKIE = "daybook_device"
INVITEE_COOKIE = "daybook_invitee"
INVITATIONS = "/sign-in/invitations"
"""Where an invitee says yes or no, and the only place that is told who they are."""


@dataclass(frozen=True, slots=True)
class Cookies:
    """Sets and reads them, with a server's settings and its secrets."""

    settings: Settings
    secrets: Secrets

    def enter(self, request: Request, answer: Response, signed_in: SignedIn) -> None:
        """Let somebody's browser in, and know it from now on."""
        set_session(answer, signed_in, self.settings)
        known = self.device(request)
        whose = signed_in.user_id, signed_in.sign_ins_from
        value = device_cookie(self.secrets, *whose, real_now(), known)
        set_cookie(answer, self._device_name, value, DEVICE_LIFE, self.settings)
        answer.delete_cookie(INVITEE_COOKIE, path=INVITATIONS)

    def device(self, request: Request) -> Device | None:
        """Whose device it is; None for one that nobody signed in with."""
        value = request.cookies.get(self._device_name, "")
        return known_device(self.secrets, value, real_now())

    def invite(self, answer: Response, invitee: Invitee) -> None:
        """Let somebody's browser say yes to an invitation, or no."""
        value = invitee_cookie(self.secrets, invitee, real_now())
        name, life = INVITEE_COOKIE, INVITEE_LIFE
        set_cookie(answer, name, value, life, self.settings, path=INVITATIONS)

    def invitee(self, request: Request) -> Invitee | None:
        """Who may say yes or no; None for everybody else."""
        value = request.cookies.get(INVITEE_COOKIE, "")
        return invitee_of(self.secrets, value, real_now())

    @property
    def _device_name(self) -> str:
        # No other host of the domain can set a cookie of that name.
        return f"__Host-{DEVICE_COOKIE}" if self.settings.is_secure else DEVICE_COOKIE


def set_session(answer: Response, signed_in: SignedIn, settings: Settings) -> None:
    """Give an answer the cookie of a session."""
    life = max(signed_in.until - real_now(), timedelta(0))
    set_cookie(answer, cookie_name(settings), signed_in.token, life, settings)


def set_cookie(  # noqa: PLR0913, PLR0917  (a cookie is as many things)
    answer: Response,
    name: str,
    value: str,
    life: timedelta,
    settings: Settings,
    path: str = "/",
) -> None:
    """Give an answer a cookie that is closed to scripts and to other sites."""
    answer.set_cookie(
        name,
        value,
        max_age=int(life.total_seconds()),
        path=path,
        secure=settings.is_secure,
        httponly=True,
        samesite="lax",
    )
