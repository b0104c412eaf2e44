"""What was done to an organisation, its users and API keys, in words. Pure."""

from collections.abc import Mapping

from daybook.audit.rules import Action, Record
from daybook.reports.trail.changes import (
    NONE,
    Change,
    Details,
    Tell,
    Told,
    moment,
    spelled,
)
from daybook.reports.trail.names import person_name


def tell_organisation(_record: Record, details: Details) -> Told:
    """A new organisation."""
    return Told(f"Added the organisation {details['name']}")


def tell_renaming(_record: Record, details: Details) -> Told:
    """The organisation's name, from one to another."""
    name = Change("Name", str(details["before"]), str(details["after"]))
    return Told("Renamed the organisation", (name,))


def tell_role(record: Record, details: Details) -> Told:
    """A member's role, from one to another."""
    role = Change("Role", spelled(details["before"]), spelled(details["after"]))
    return Told(f"Changed the role of {person_name(record.subject_id)}", (role,))


def tell_removal(record: Record, details: Details) -> Told:
    """A member or an invited user who has no access any more."""
    role = Change("Role", spelled(details["before"]), NONE)
    return Told(f"Removed {person_name(record.subject_id)}", (role,))


def _with_role(words: str) -> Tell:
    """Tell of a user and the role that they get."""

    def tell(record: Record, details: Details) -> Told:
        role = spelled(details["role"]).lower()
        return Told(words.format(who=person_name(record.subject_id), role=role))

    return tell


def _of_user(words: str) -> Tell:
    """Tell of a user, without details."""

    def tell(record: Record, _details: Details) -> Told:
        return Told(words.format(who=person_name(record.subject_id)))

    return tell


def tell_key(record: Record, details: Details) -> Told:
    """A new API key, what it may do, and how long."""
    permissions = str(details["permissions"]).lower()
    until = moment(details["expiresAt"])
    return Told(
        f"Created API key {record.subject_id}, {details['name']}: it may {permissions}"
        f" until {until}"
    )


def tell_revoked_key(record: Record, details: Details) -> Told:
    """An API key that ended."""
    state = Change("Status", "valid", "revoked")
    return Told(f"Revoked API key {record.subject_id}, {details['name']}", (state,))


TELLING: Mapping[Action, Tell] = {
    Action.ADD_ORGANISATION: tell_organisation,
    Action.RENAME_ORGANISATION: tell_renaming,
    Action.INVITE_USER: _with_role("Invited {who} as {role}"),
    Action.ACCEPT_INVITATION: _with_role("{who} accepted the invitation as {role}"),
    Action.DECLINE_INVITATION: _with_role("{who} declined the invitation as {role}"),
    Action.SET_ROLE: tell_role,
    Action.REMOVE_USER: tell_removal,
    Action.MAKE_SIGN_IN_LINK: _of_user("Made a sign-in link for {who}"),
    Action.VERIFY_ADDRESS: _of_user("An identity provider verified {who}"),
    Action.SET_PASSWORD: _of_user("{who} set a password"),
    Action.FORGET_PASSWORD: _of_user("Removed the password of {who}"),
    Action.ERASE_PERSON: _of_user("Replaced a name everywhere with {who}"),
    Action.CREATE_API_KEY: tell_key,
    Action.REVOKE_API_KEY: tell_revoked_key,
}
