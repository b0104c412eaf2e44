"""The organisations of a page's reader, among which its header lets them switch."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from starlette.requests import Request

from daybook.access.queries import places_of_user
from daybook.db.engine import Database
from daybook_web.kit.guard import HOME, caller_of

SECTIONS = (
    "/access",
    "/account",
    "/activity",
    "/audit",
    "/close/balances",
    "/close/lock",
    "/close",
    "/documents/import",
    "/documents",
    "/exports/new",
    "/exports",
    "/general-ledger/connections",
    "/general-ledger/import",
    "/general-ledger/reconciliation",
    "/general-ledger/address",
    "/general-ledger/exposure",
    "/general-ledger/lines",
    "/general-ledger/rates",
    "/general-ledger",
    "/manual-journals/recurring",
    "/manual-journals",
    "/reports/cohorts",
    "/reports/deferred-revenue",
    "/reports/population",
    "/reports/roll-forward",
    "/reports/tie-out",
    "/reports/waterfall",
    "/reports",
    "/saved-filters",
    "/settings/accounts",
    "/settings/approval",
    "/settings/integrations",
    "/settings/locks",
    "/settings/organisation",
    "/settings/storage",
    "/settings",
    "/journals",
)
"""Pages that each organisation has, without numbers or filters of one of them."""


@dataclass(frozen=True, slots=True)
class Place:
    """An organisation of the reader's, and what they are there."""

    number: int
    name: str
    """With its number where they have several of the same name."""
    role: str
    is_here: bool


@dataclass(frozen=True, slots=True)
class Places:
    """All organisations of the reader: the present one, then the others by name.

    `path` is the page to go on with.
    """

    all: Sequence[Place] = ()
    invitations: int = 0
    """How many invitations wait for their answer."""
    path: str = ""


NOWHERE = Places()


async def places_of(database: Database, request: Request) -> Places:
    """The places of the person who asks for a page; none for a key."""
    caller = caller_of(request)
    if caller.user_id is None:
        return NOWHERE
    found, invitations = await places_of_user(database, caller.user_id)
    named = Counter(place.name for place in found)
    places = [
        Place(
            number=place.id,
            name=place.name if named[place.name] == 1 else f"{place.name} ({place.id})",
            role=place.role.name.capitalize(),
            is_here=place.id == caller.organisation_id,
        )
        for place in found
    ]
    places.sort(key=lambda place: (not place.is_here, place.name.casefold()))
    return Places(places, len(invitations), section_of(request.url.path))


def section_of(path: str) -> str:
    """The page that a path belongs to and that other organisations have too."""
    for section in SECTIONS:
        if path == section or path.startswith(f"{section}/"):
            return section
    return HOME


def note_places(request: Request, places: Places) -> None:
    """Note the reader's places, for the header."""
    request.state.places = places


def noted_places(request: Request) -> Places:
    """The places that were noted; none where a page has no header to show them."""
    found = getattr(request.state, "places", NOWHERE)
    assert isinstance(found, Places), "only places are put there"
    return found
