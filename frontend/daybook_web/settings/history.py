"""What was changed lately on a page of settings, for people, and news of that."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlencode

from starlette.requests import Request

from daybook_web.kit.guard import caller_of
from daybook_web.kit.results import Result

LINES = 10
"""How many changes a page shows."""
SHOWN = "shown"
"""The parameter with the last change that a page was shown with."""


@dataclass(frozen=True, slots=True)
class RecordSubject(Result):
    """What an audit record is about, for people."""

    name: str


@dataclass(frozen=True, slots=True)
class ChangedValue(Result):
    """A value that was changed."""

    name: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class SettingRecord(Result):
    """An audit record of a change of settings, in words."""

    number: str
    recorded_at: datetime
    made_by: str | None
    who: str
    action_name: str
    subject: RecordSubject
    sentence: str
    changes: tuple[ChangedValue, ...]
    reason: str | None

    @property
    def details(self) -> str:
        """What was done, what differs, and why."""
        changes = [f"{its.name}: {its.before} → {its.after}" for its in self.changes]
        reason = [] if self.reason is None else [f"reason: {self.reason}"]
        return "; ".join([self.sentence, *changes, *reason])


@dataclass(frozen=True, slots=True)
class SettingRecords(Result):
    """The latest of such records."""

    nodes: tuple[SettingRecord, ...]


@dataclass(frozen=True, slots=True)
class History:
    """The latest changes, and how an open page asks for later ones.

    `again` is where it asks, `news` what somebody else changed since it was shown, and
    `page_url` the page with that.
    """

    records: Sequence[SettingRecord]
    trail_url: str
    again: str
    news: str
    page_url: str

    @classmethod
    def of(
        cls,
        request: Request,
        records: Iterable[SettingRecord],
        *,
        page_url: str,
        trail_url: str,
    ) -> "History":
        """The changes of a page, in any order."""
        newest = sorted(records, key=lambda its: int(its.number), reverse=True)[:LINES]
        last = newest[0].number if newest else "0"
        shown = request.query_params.get(SHOWN, "")
        if not (shown.isascii() and shown.isdecimal() and len(shown) < 19):
            shown = last
        mark = "&" if "?" in page_url else "?"
        others = [
            record
            for record in newest
            if int(record.number) > int(shown)
            and record.made_by != caller_of(request).name
        ]
        return cls(
            records=newest,
            trail_url=trail_url,
            again=f"{page_url}{mark}{urlencode({SHOWN: shown})}",
            news=f"{others[0].who} changed this while the page was open: "
            f"{others[0].details}."
            if others
            else "",
            page_url=page_url,
        )
