"""The cookies that pages set: for sessions, known devices and invitees."""

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
from daybook_graphql.transport.callers import cookie_name

DEVICE_COOKIE = "daybook_device"
INVITEE_COOKIE = "daybook_invitee"
INVITATIONS = "/sign-in/invitations"
"""The page where an invitee answers, and the only one that their cookie is sent to."""


@dataclass(frozen=True, slots=True)
class Cookies:
    """Sets and reads cookies, with a server's settings and its secrets."""

    settings: Settings
    secrets: Secrets

    def enter(self, request: Request, answer: Response, signed_in: SignedIn) -> None:
        """Sign a user's browser in, and mark it as a known device."""
        set_session(answer, signed_in, self.settings)
        known = self.device(request)
        value = device_cookie(
            self.secrets, signed_in.user_id, signed_in.sign_ins_from, real_now(), known
        )
        set_cookie(
            answer,
            self._device_name,
            value,
            life=DEVICE_LIFE,
            settings=self.settings,
        )
        answer.delete_cookie(INVITEE_COOKIE, path=INVITATIONS)

    def device(self, request: Request) -> Device | None:
        """The known device; None for one that nobody signed in with."""
        value = request.cookies.get(self._device_name, "")
        return known_device(self.secrets, value, real_now())

    def invite(self, answer: Response, invitee: Invitee) -> None:
        """Let a browser answer an invitee's invitations."""
        value = invitee_cookie(self.secrets, invitee, real_now())
        set_cookie(
            answer,
            INVITEE_COOKIE,
            value,
            life=INVITEE_LIFE,
            settings=self.settings,
            path=INVITATIONS,
        )

    def invitee(self, request: Request) -> Invitee | None:
        """The invitee whose browser it is; None for everybody else."""
        value = request.cookies.get(INVITEE_COOKIE, "")
        return invitee_of(self.secrets, value, real_now())

    @property
    def _device_name(self) -> str:
        # No other host of the domain can set a cookie of that name.
        return f"__Host-{DEVICE_COOKIE}" if self.settings.is_secure else DEVICE_COOKIE


def set_session(answer: Response, signed_in: SignedIn, settings: Settings) -> None:
    """Set the cookie of a session."""
    life = max(signed_in.until - real_now(), timedelta(0))
    name = cookie_name(settings)
    set_cookie(answer, name, signed_in.token, life=life, settings=settings)


def set_cookie(  # noqa: PLR0913  (keyword-only, each an attribute of the cookie)
    answer: Response,
    name: str,
    value: str,
    *,
    life: timedelta,
    settings: Settings,
    path: str = "/",
) -> None:
    """Set a cookie that is hidden from scripts and from other sites."""
    answer.set_cookie(
        name,
        value,
        max_age=int(life.total_seconds()),
        path=path,
        secure=settings.is_secure,
        httponly=True,
        samesite="lax",
    )
