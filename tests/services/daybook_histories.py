"""Long random histories, recorded by Daybook and by the rules alone, and compared.

`python -m daybook_histories --histories 200 --families 60 --seed 1` plays them, each
in a SQLite file of its own, and stops at the first difference: it names the history,
makes what was recorded as short as it can, and prints it. `--first 17 --histories 1`
plays the seventeenth alone, `--without MIXED` leaves out a case.
"""

import argparse
import asyncio
import sqlite3
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from datetime import date
from itertools import count
from pathlib import Path

from daybook.calendar import Day, day_of, last_day_of, month_of
from daybook.db.engine import RUNTIME_SUFFIX, Database
from daybook.db.migrate import upgrade
from daybook.documents.rules import DocumentStatus
from daybook.ledger.rules import SourceKind
from daybook_beside import Beside, Difference
from daybook_choosing import Chooser, Seeded
from daybook_drawing import Drawing
from daybook_drawing_lines import Case, Scope
from daybook_services.database import copy_sqlite, sqlite_url
from daybook_steps import File, Lock, Step, told

CURRENCIES = ("JPY", "USD")
SCOPE = Scope(
    first=day_of(date(2025, 1, 1)),
    last=day_of(date(2026, 6, 30)),
    service_max=200,
    file_max=8,
    enough=10,
)
FILES_MIN = 40
"""The least files of a history: 18 months of them."""
SHORTENING_SECONDS = 120


@dataclass(slots=True)
class Played:
    """What a history came to; `difference` is where it stopped."""

    steps: list[Step] = field(default_factory=list)
    families: int = 0
    documents: int = 0
    movements: int = 0
    difference: Difference | None = None


class Databases:
    """Makes SQLite databases in a folder."""

    def __init__(self, folder: Path) -> None:
        self._template = folder / "template.db"
        self._numbers = count(1)

    async def prepare(self) -> None:
        """Migrate the database that all others are copies of."""
        database = Database(sqlite_url(self._template))
        await upgrade(database)
        await database.close()
        for path in (self._template, self._template.with_suffix(RUNTIME_SUFFIX)):
            with closing(sqlite3.connect(path)) as connection:
                connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def new(self) -> Database:
        """A new one; there is one at a time."""
        for old in self._template.parent.glob("history-*"):
            old.unlink()
        path = self._template.with_name(f"history-{next(self._numbers)}.db")
        return Database(copy_sqlite(self._template, path))


async def play(
    databases: Databases, seed: str, families: int, scope: Scope = SCOPE
) -> Played:
    """Draw a history until it has so many families, and compare it on the way."""
    played, choose = Played(), Seeded(seed)
    database = databases.new()
    beside = Beside(database, CURRENCIES)
    try:
        for step in _drawn(beside, choose, families, scope):
            played.steps.append(step)
            await take(beside, step)
        await beside.check()
        await beside.plan_again()
    except Difference as difference:
        played.difference = difference
    finally:
        await database.close()
    played.families = families_of(beside)
    played.movements = len(beside.stored)
    for books in beside.books.values():
        played.documents += len(books.model.documents)
    return played


def _drawn(
    beside: Beside, choose: Chooser, families: int, scope: Scope
) -> Iterator[Step]:
    """Files, and locks between them, until there are so many families."""
    on = scope.first
    for number in count(1):
        if families_of(beside) >= families and number > FILES_MIN:
            return
        on += choose.one_of([0, 1, 5, 20, 40])
        currency = choose.one_of(CURRENCIES)
        model = beside.books[currency].model.copy()
        drawing = Drawing(choose, model, currency, scope)
        yield File(on, tuple(drawing.file(f"{currency}_{number}")))
        for its in CURRENCIES:
            if its in beside.ledgers and choose.integer(1, 3) == 1:
                yield _lock(beside, its, on, choose, scope)


def _lock(
    beside: Beside, currency: str, on: Day, choose: Chooser, scope: Scope
) -> Lock:
    """How a ledger is locked next: forward mostly, back now and then."""
    before = beside.books[currency].model.lock or 0
    month = last_day_of(month_of(on) - choose.integer(0, 2))
    through = choose.one_of([month, month, on - choose.integer(0, 90)])
    if Case.BACK not in scope.cases:
        return Lock(on, currency, max(before, through))
    ahead = choose.integer(scope.first, scope.last)
    some = choose.one_of([through, through, ahead, ahead, None])
    return Lock(on, currency, some)


async def take(beside: Beside, step: Step) -> None:
    """Take a step in both, and compare the days."""
    if isinstance(step, Lock):
        await beside.lock(step.currency, step.through, step.on)
        return
    if await beside.record(step.documents, step.on) is not None:
        await beside.check_days()


def families_of(beside: Beside) -> int:
    """How many families the books have."""
    return len(
        {
            (currency, item.root.number)
            for currency, books in beside.books.items()
            for item in books.model.items
        }
    )


async def replay(databases: Databases, steps: Sequence[Step]) -> Difference | None:
    """Take the same steps again; the first difference, if there is one."""
    database = databases.new()
    beside = Beside(database, CURRENCIES)
    try:
        for step in steps:
            if isinstance(step, File):
                await take(beside, _standing(beside, step))
            elif step.currency in beside.ledgers:
                await take(beside, step)
        await beside.check()
        await beside.plan_again()
    except Difference as difference:
        return difference
    finally:
        await database.close()
    return None


def _standing(beside: Beside, file: File) -> File:
    """A file without documents that stand on some that were left out."""
    is_void = DocumentStatus.VOIDED
    known = {
        document.key for document in file.documents if document.status is not is_void
    }
    for books in beside.books.values():
        known |= books.model.documents.keys()
    kept = [
        document
        for document in file.documents
        if document.invoice_id is None
        or (SourceKind.INVOICE, document.invoice_id) in known
    ]
    schedules = {id_ for kind, id_ in known if kind is SourceKind.BILLING_SCHEDULE}
    return replace(
        file,
        documents=tuple(
            one for one in kept if {one.billing_schedule_id} <= {None, *schedules}
        ),
    )


async def shortened(
    databases: Databases, steps: Sequence[Step], difference: Difference
) -> tuple[list[Step], Difference]:
    """Leave out whatever the same kind of difference doesn't need."""
    until = time.monotonic() + SHORTENING_SECONDS
    kept = list(steps)
    is_shorter = True
    while is_shorter and time.monotonic() < until:
        is_shorter = False
        for shorter in _shorter(kept):
            if time.monotonic() > until:
                break
            found = await replay(databases, shorter)
            if found is not None and found.args[0] == difference.args[0]:
                kept, difference, is_shorter = shorter, found, True
                break
    return kept, difference


def _shorter(steps: list[Step]) -> Iterator[list[Step]]:
    """The same without some steps, one of them, or one of a file's documents."""
    size = len(steps) // 2
    while size:
        for at in range(0, len(steps), size):
            yield steps[:at] + steps[at + size :]
        size //= 2
    for at, step in enumerate(steps):
        if isinstance(step, File) and len(step.documents) > 1:
            for gone in step.documents:
                fewer = tuple(
                    document for document in step.documents if document is not gone
                )
                yield [*steps[:at], replace(step, documents=fewer), *steps[at + 1 :]]


async def compare_histories(arguments: argparse.Namespace, folder: Path) -> bool:
    """Play histories and print a line of each; whether there is no difference."""
    databases = Databases(folder)
    await databases.prepare()
    cases = SCOPE.cases
    for name in arguments.without:
        cases &= ~Case[name]
    scope = replace(SCOPE, cases=cases)
    say(f"{'history':>8}{'families':>10}{'documents':>11}{'movements':>11}{'s':>8}")
    whole, began = Played(), time.monotonic()
    for number in range(arguments.first, arguments.first + arguments.histories):
        start = time.monotonic()
        seed = f"{arguments.seed}/{number}"
        played = await play(databases, seed, arguments.families, scope)
        _say_played(str(number), played, start)
        if played.difference is not None:
            say(f"difference in history {number} of seed {arguments.seed}:")
            say(str(played.difference.args))
            found = await shortened(databases, played.steps, played.difference)
            say(told(*found))
            return False
        whole.families += played.families
        whole.documents += played.documents
        whole.movements += played.movements
    _say_played("all", whole, began)
    say(f"{arguments.histories} histories, no difference")
    return True


def _say_played(name: str, played: Played, start: float) -> None:
    seconds = time.monotonic() - start
    counts = f"{played.families:>10}{played.documents:>11}{played.movements:>11}"
    say(f"{name:>8}{counts}{seconds:>8.1f}")


def say(text: str) -> None:
    """Print a line at once."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def main() -> int:
    """Play what the arguments say."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--histories", type=int, default=200)
    parser.add_argument("--families", type=int, default=60)
    parser.add_argument("--seed", default="1")
    parser.add_argument("--first", type=int, default=1, help="number of the first")
    names = [one.name for one in Case]
    parser.add_argument("--without", nargs="*", choices=names, default=[])
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        return not asyncio.run(compare_histories(arguments, Path(folder)))


if __name__ == "__main__":
    sys.exit(main())
