"""Syncs: their states, how far one is, and whose books it reads. Pure."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, time, timedelta
from enum import IntEnum
from typing import NamedTuple
from zoneinfo import ZoneInfo

from daybook.errors import Problem, ProblemCode, Rejected
from daybook.gl.kinds import Kind
from daybook.gl.xero.login import Tenant

PAGES_PER_IMPORT = 50
"""How many pages become one import: what is fetched anew after a kill."""
AGAIN_AFTER_MAX = timedelta(hours=1)
"""The longest that a sync waits after Xero couldn't be reached."""
FAILURES_MAX = 12
"""After how many failures in a row it is given up: after six hours."""
WHOLE_EVERY = timedelta(days=7)
"""How often all documents are fetched, and not only those that were modified: what is
modified while pages are fetched can move out of all of them."""
CLOCKS = timedelta(minutes=5)
"""How far Xero's clock may be behind ours without hiding what was modified."""
NIGHTLY = "nightly sync"
"""Who asks for a sync that nobody asked for."""
LEASE = timedelta(seconds=60)
"""How long a sync's program may be silent before another takes it over."""
BEAT_SECONDS = 10.0
"""How often it says that it goes on."""
SIGN_IN_LIFE = timedelta(minutes=10)
"""How long an admin may take at Xero."""


class SyncStatus(IntEnum):
    """The state of a sync; the number is stored."""

    WAITING = 1
    """Until a server takes it, or until Xero may be asked again."""
    RUNNING = 2
    DONE = 3
    FAILED = 4


UNFINISHED = (SyncStatus.WAITING, SyncStatus.RUNNING)


class Amount(NamedTuple):
    """How many pages, and how many documents they have, new or known."""

    pages: int = 0
    documents: int = 0

    def plus(self, pages: int, documents: int) -> "Amount":
        """The amount with more pages."""
        return Amount(self.pages + pages, self.documents + documents)


@dataclass(frozen=True, slots=True)
class Course:
    """How far a sync is.

    `cursors` lead on from the last page that was imported; that of journals also leads
    on from one sync to the next. `problems` are why a kind couldn't be read: those of
    `refused` ones are wrong in themselves, others Xero doesn't allow.

    `fetched` is what was fetched and imported of each kind. `begun` is when the pages
    of a kind were first asked for, and `since` when those of
    the last sync were that fetched all of them; `whole` is the start of the last sync
    for which nothing was left out.
    """

    cursors: Mapping[Kind, str] = field(default_factory=dict)
    done: frozenset[Kind] = frozenset()
    problems: Mapping[Kind, str] = field(default_factory=dict)
    refused: frozenset[Kind] = frozenset()
    begun: Mapping[Kind, datetime] = field(default_factory=dict)
    since: Mapping[Kind, datetime] = field(default_factory=dict)
    fetched: Mapping[Kind, Amount] = field(default_factory=dict)
    whole: datetime | None = None

    @classmethod
    def read(cls, text: str) -> "Course":
        """The course that `text` gave."""
        stored = json.loads(text)
        return cls(
            {Kind[name]: cursor for name, cursor in stored["cursors"].items()},
            frozenset(Kind[name] for name in stored["done"]),
            {Kind[name]: words for name, words in stored["problems"].items()},
            frozenset(Kind[name] for name in stored["refused"]),
            _moments(stored.get("begun", {})),
            _moments(stored.get("since", {})),
            {
                Kind[name]: Amount(*amount)
                for name, amount in stored.get("fetched", {}).items()
            },
            _moment(stored.get("whole")),
        )

    @property
    def text(self) -> str:
        """The course as it is stored."""
        stored = {
            "cursors": {kind.name: cursor for kind, cursor in self.cursors.items()},
            "done": _names(self.done),
            "problems": {kind.name: words for kind, words in self.problems.items()},
            "refused": _names(self.refused),
            "begun": _texts(self.begun),
            "since": _texts(self.since),
            "fetched": {kind.name: [*its] for kind, its in self.fetched.items()},
            "whole": None if self.whole is None else self.whole.isoformat(),
        }
        return json.dumps(stored, sort_keys=True)

    def at_start_of(self, kind: Kind, now: datetime) -> "Course":
        """The course before pages of a kind are asked for, at first or again."""
        if kind in self.begun:
            return self
        return replace(self, begun={**self.begun, kind: now})

    def at(self, kind: Kind, cursor: str | None, more: Amount) -> "Course":
        """The course after more of a kind; without a cursor its pages were the last."""
        fetched = self.amount_of(kind).plus(*more)
        course = replace(self, fetched={**self.fetched, kind: fetched})
        if cursor is None:
            return course.finished(kind)
        return replace(course, cursors={**self.cursors, kind: cursor})

    def finished(self, kind: Kind) -> "Course":
        """The course after all pages of a kind."""
        kept = {
            its: cursor
            for its, cursor in self.cursors.items()
            if its is not kind or kind is Kind.JOURNALS
        }
        return replace(self, cursors=kept, done=self.done | {kind})

    @property
    def under_way(self) -> Kind | None:
        """The kind whose pages are being fetched."""
        return next((kind for kind in self.begun if kind not in self.done), None)

    def amount_of(self, kind: Kind) -> Amount:
        """What was fetched and imported of a kind."""
        return self.fetched.get(kind, Amount())

    def modified_since(self, kind: Kind) -> datetime | None:
        """From when on documents of a kind may be new; None for all of them."""
        since = self.since.get(kind)
        return None if since is None else since - CLOCKS

    def failed(self, kind: Kind, problem: str, *, is_refused: bool) -> "Course":
        """The course after a kind that couldn't be read; its cursor stays."""
        return replace(
            self,
            done=self.done | {kind},
            problems={**self.problems, kind: problem},
            refused=self.refused | ({kind} if is_refused else frozenset()),
        )

    def next(self, now: datetime, connected_at: datetime) -> "Course":
        """The course at the start of the next sync, which begins now.

        Journals go on where they were, and what wasn't modified is left out, but for
        kinds that weren't fetched to their end. Now and then, and once it was connected
        again, all documents are fetched.
        """
        journals = self.cursors.get(Kind.JOURNALS)
        cursors = {} if journals is None else {Kind.JOURNALS: journals}
        last = self.whole
        if last is None or last < connected_at or now - last >= WHOLE_EVERY:
            return Course(cursors, whole=now)
        fetched = {
            kind: moment
            for kind, moment in self.begun.items()
            if kind in self.done and kind not in self.problems
        }
        return Course(cursors, since={**self.since, **fetched}, whole=last)

    @property
    def message(self) -> str | None:
        """What couldn't be read, in words; None if everything was."""
        words = [f"{kind.words}: {text}" for kind, text in self.problems.items()]
        return "; ".join(words) or None


def _names(kinds: Iterable[Kind]) -> list[str]:
    return sorted(kind.name for kind in kinds)


def _texts(moments: Mapping[Kind, datetime]) -> dict[str, str]:
    return {kind.name: moment.isoformat() for kind, moment in moments.items()}


def _moments(stored: Mapping[str, str]) -> dict[Kind, datetime]:
    return {Kind[name]: datetime.fromisoformat(text) for name, text in stored.items()}


def _moment(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)


def again_after(failures: int) -> timedelta:
    """How long a sync waits after so many failures in a row: longer and longer."""
    return min(timedelta(minutes=2 ** (failures - 1)), AGAIN_AFTER_MAX)


def last_night(now: datetime, hour: int, time_zone: str) -> datetime:
    """The last moment, in UTC, at which it was that hour in a time zone."""
    return max(at for at in _nights(now, hour, time_zone) if at <= now)


def next_night(now: datetime, hour: int, time_zone: str) -> datetime:
    """The next moment, in UTC, at which it will be that hour in a time zone."""
    return min(at for at in _nights(now, hour, time_zone) if at > now)


def _nights(now: datetime, hour: int, time_zone: str) -> Sequence[datetime]:
    """When it is that hour yesterday, today and tomorrow."""
    zone = ZoneInfo(time_zone)
    today = now.astimezone(zone).date()
    days = [today + timedelta(days=days) for days in (-1, 0, 1)]
    return [datetime.combine(day, time(hour), zone).astimezone(UTC) for day in days]


def choose_tenant(
    name: str, tenants: Sequence[Tenant], former: str | None, taken: Iterable[str]
) -> Tenant:
    """Which of the organisations that an admin connected a connection is.

    A connection that was connected before stays with its `former` one. Otherwise it is
    the only one that no other connection has `taken`, or the one of its name. Raises
    Rejected.
    """
    if former is not None:
        for tenant in tenants:
            if tenant.id == former:
                return tenant
        raise _unfit(
            f"{name} is another organisation of Xero than those that were connected"
            f" ({_listed(tenants)}): choose its own, or disconnect it first"
        )
    others = set(taken)
    left = [tenant for tenant in tenants if tenant.id not in others]
    named = [tenant for tenant in left if tenant.name.casefold() == name.casefold()]
    if len(named) == 1:
        return named[0]
    if len(left) == 1:
        return left[0]
    if not left:
        words = _listed(tenants)
        raise _unfit(
            f"other connections have what was connected ({words}) already"
            if tenants
            else "no organisation was connected: choose one in Xero"
        )
    raise _unfit(
        f"Xero knows several organisations of yours ({_listed(left)}): give {name} the"
        " name of its own as it is in Xero, and connect it again"
    )


def _listed(tenants: Sequence[Tenant]) -> str:
    return ", ".join(tenant.name for tenant in tenants)


def _unfit(message: str) -> Rejected:
    return Rejected([Problem(ProblemCode.MISMATCH, message, ("connectionId",))])
