"""Syncs: their states, how far one is, and whose books it reads. Pure."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from enum import IntEnum

from daybook.errors import Problem, ProblemCode, Rejected
from daybook.gl.kinds import Kind
from daybook.gl.xero.login import Tenant

PAGES_PER_IMPORT = 50
"""How many pages become one import: what is fetched anew after a kill."""
AGAIN_AFTER = timedelta(minutes=15)
"""How long a sync waits after Xero couldn't be reached, several times in a row."""
FAILURES_MAX = 16
"""After how many such waits it is given up: four hours."""
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


@dataclass(frozen=True, slots=True)
class Course:
    """How far a sync is.

    `cursors` lead on from the last page that was imported; that of journals also leads
    on from one sync to the next. `problems` are why a kind couldn't be read: those of
    `refused` ones are wrong in themselves, others Xero doesn't allow.
    """

    cursors: Mapping[Kind, str] = field(default_factory=dict)
    done: frozenset[Kind] = frozenset()
    problems: Mapping[Kind, str] = field(default_factory=dict)
    refused: frozenset[Kind] = frozenset()

    @classmethod
    def read(cls, text: str) -> "Course":
        """The course that `text` gave."""
        stored = json.loads(text)
        return cls(
            {Kind[name]: cursor for name, cursor in stored["cursors"].items()},
            frozenset(Kind[name] for name in stored["done"]),
            {Kind[name]: words for name, words in stored["problems"].items()},
            frozenset(Kind[name] for name in stored["refused"]),
        )

    @property
    def text(self) -> str:
        """The course as it is stored."""
        stored = {
            "cursors": {kind.name: cursor for kind, cursor in self.cursors.items()},
            "done": _names(self.done),
            "problems": {kind.name: words for kind, words in self.problems.items()},
            "refused": _names(self.refused),
        }
        return json.dumps(stored, sort_keys=True)

    def at(self, kind: Kind, cursor: str | None) -> "Course":
        """The course after pages of a kind; without a cursor these were the last."""
        if cursor is None:
            return self.finished(kind)
        return replace(self, cursors={**self.cursors, kind: cursor})

    def finished(self, kind: Kind) -> "Course":
        """The course after all pages of a kind."""
        kept = {
            its: cursor
            for its, cursor in self.cursors.items()
            if its is not kind or kind is Kind.JOURNALS
        }
        return replace(self, cursors=kept, done=self.done | {kind})

    def failed(self, kind: Kind, problem: str, *, is_refused: bool) -> "Course":
        """The course after a kind that couldn't be read; its cursor stays."""
        return replace(
            self,
            done=self.done | {kind},
            problems={**self.problems, kind: problem},
            refused=self.refused | ({kind} if is_refused else frozenset()),
        )

    def next(self) -> "Course":
        """The course at the start of the next sync: journals go on where they were."""
        journals = self.cursors.get(Kind.JOURNALS)
        return Course({} if journals is None else {Kind.JOURNALS: journals})

    @property
    def message(self) -> str | None:
        """What couldn't be read, in words; None if everything was."""
        words = [f"{kind.words}: {text}" for kind, text in self.problems.items()]
        return "; ".join(words) or None


def _names(kinds: Iterable[Kind]) -> list[str]:
    return sorted(kind.name for kind in kinds)


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
