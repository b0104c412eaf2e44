"""What the account page reads."""

from dataclasses import dataclass

from daybook.access.queries import ListedOrganisation
from daybook.access.rules import MemberRole
from daybook_web.kit.results import Result


@dataclass(frozen=True, slots=True)
class AccountOrganisation(Result):
    """An organisation of the user."""

    number: int
    name: str
    role: str

    @property
    def listed(self) -> ListedOrganisation:
        """The organisation as invitations are listed before anybody is signed in."""
        return ListedOrganisation(self.number, self.name, MemberRole[self.role])


@dataclass(frozen=True, slots=True)
class Account(Result):
    """The user, the organisations that they belong to, and those that invite them."""

    name: str
    email: str
    has_password: bool
    is_verified: bool
    organisations: tuple[AccountOrganisation, ...]
    invitations: tuple[AccountOrganisation, ...]


@dataclass(frozen=True, slots=True)
class AccountViewer(Result):
    """Who reads the page: a user, so that there is an account."""

    role: str
    account: Account


@dataclass(frozen=True, slots=True)
class AccountMail(Result):
    """The names of a format, and of the events that the user gets mail about."""

    format: str
    events: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class AccountPage(Result):
    """The operation's result."""

    viewer: AccountViewer
    mail_preferences: AccountMail
