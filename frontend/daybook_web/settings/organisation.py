"""`/settings/organisation`: its name, and the time zone in which its days end."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Any, ClassVar
from zoneinfo import available_timezones

from daybook.access.rules import Permission
from daybook_web.kit.forms import Problem
from daybook_web.kit.guard import caller_of
from daybook_web.kit.rendering import View
from daybook_web.kit.results import Result
from daybook_web.settings.history import LINES, History, SettingRecords
from daybook_web.settings.page import Sent, SettingsForm, SettingsPage, Typed


@dataclass(frozen=True, slots=True)
class OwnOrganisation(Result):
    """The reader's organisation; `today` is the day in its time zone."""

    name: str
    time_zone: str
    today: date


@dataclass(frozen=True, slots=True)
class Reader(Result):
    """Who reads the page."""

    organisation: OwnOrganisation


@dataclass(frozen=True, slots=True)
class OrganisationPage(Result):
    """All that the page shows."""

    viewer: Reader
    renamings: SettingRecords
    zone_changes: SettingRecords


@dataclass(frozen=True, slots=True)
class OrganisationView(View):
    """The organisation's name and time zone, and the forms that change them."""

    page: ClassVar[str] = "settings/organisation.html"
    fragment: ClassVar[str] = "settings/_organisation_news.html"

    title: str
    organisation: OwnOrganisation
    name: str
    time_zone: str
    zones: Sequence[str]
    history: History
    record: str
    saved: str
    problems: Sequence[Problem]


def _rename(_currency: str, typed: Typed) -> dict[str, Any]:
    return {"name": typed.get("organisation_name", "")}


def _time_zone(_currency: str, typed: Typed) -> dict[str, Any]:
    return {"timeZone": typed.get("time_zone", "").strip()}


class Organisation(SettingsPage):
    """One request for the page."""

    path = "/settings/organisation"
    forms: ClassVar[Mapping[str, SettingsForm]] = {
        "rename": SettingsForm(
            "RenameOrganisation",
            _rename,
            "The organisation is renamed.",
            "organisation_name",
            {"name": "organisation_name"},
        ),
        "time-zone": SettingsForm(
            "SetTimeZone",
            _time_zone,
            "The time zone is saved.",
            "time_zone",
            {"timeZone": "time_zone"},
        ),
    }

    async def view(self, sent: Sent) -> View:
        """The page."""
        found = await self.running.run(OrganisationPage, {"lines": LINES})
        its = found.viewer.organisation
        may_administer = caller_of(self.request).may(Permission.ADMINISTER)
        typed = sent.typed if may_administer else {}
        return OrganisationView(
            title="Organisation",
            organisation=its,
            name=typed.get("organisation_name", its.name),
            time_zone=typed.get("time_zone", its.time_zone),
            zones=zones(),
            history=History.of(
                self.request,
                (*found.renamings.nodes, *found.zone_changes.nodes),
                page_url=self.path,
                trail_url="/audit?kind=ORGANISATION",
            ),
            record=sent.record,
            saved=self.saved(sent),
            problems=sent.problems,
        )


@cache
def zones() -> tuple[str, ...]:
    """The time zones of places, by name, and UTC."""
    names = (name for name in available_timezones() if "/" in name)
    return (
        "UTC",
        *sorted(name for name in names if not name.startswith(("Etc/", "posix"))),
    )
