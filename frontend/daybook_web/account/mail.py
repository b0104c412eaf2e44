"""The form of the account page that says what mail a user wants."""

from collections.abc import Sequence
from dataclasses import dataclass

from daybook.access.mail_rules import MailEvents, MailFormat, MailPreferences
from daybook_web.account.results import AccountMail
from daybook_web.kit.forms import Choice

EVENTS = {
    MailEvents.EXPORT_READY: "The file of an export is ready",
    MailEvents.EXPORT_FAILED: "An export failed",
    MailEvents.EXPORT_EXPIRING: "A file expires within a day",
}
FORMATS = {
    MailFormat.BOTH: "Plain text and HTML",
    MailFormat.TEXT: "Plain text alone",
}


@dataclass(frozen=True, slots=True)
class MailForm:
    """What the form offers, and what is chosen."""

    events: Sequence[Choice]
    wanted: Sequence[str]
    formats: Sequence[Choice]
    format: str


def mail_form(preferences: AccountMail) -> MailForm:
    """The form with a user's wishes."""
    return MailForm(
        events=[Choice(str(event.name), text) for event, text in EVENTS.items()],
        wanted=preferences.events,
        formats=[Choice(form.name, text) for form, text in FORMATS.items()],
        format=preferences.format,
    )


def wanted_mail(format_name: str, events: Sequence[str]) -> MailPreferences | None:
    """The wishes of a form as it was sent; None for one that isn't ours."""
    known = MailEvents.__members__
    if format_name not in MailFormat.__members__ or not known.keys() >= set(events):
        return None
    wanted = MailEvents(0)
    for name in events:
        wanted |= known[name]
    return MailPreferences(MailFormat[format_name], wanted)
