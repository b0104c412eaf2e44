"""`daybook audit verify --deep`: plan every family again and compare."""

from daybook.cli.running import Failed, out, progress_bar, with_database
from daybook.db.engine import Database
from daybook.documents.replaying import Replayed, replay_ledger
from daybook.ledger.queries import find_ledgers
from daybook.settings import Settings

MISMATCH = 1
"""The exit status of a mismatch."""
EARLIER_SHOWN = 10
"""How many documents that earlier rules recorded differently are shown."""


class Mismatched(Failed):
    """What was verified does not match, or there was nothing to verify."""

    def __init__(self, message: str) -> None:
        super().__init__(message, MISMATCH)


def verify_deep(settings: Settings, *, is_told: bool = True) -> str:
    """Plan everything that was recorded again; return how much that was, in words.

    `is_told` is whether that is printed too. Raises Mismatched.
    """
    replayed = with_database(
        settings,
        lambda database: _replay(database, settings),
        needs_organisation=is_told,
    )
    for currency, ledger in replayed.items():
        _show_earlier(currency, ledger)
    for ledger in replayed.values():
        if ledger.mismatch is not None:
            raise Mismatched(ledger.mismatch.reason)
    families = sum(ledger.families for ledger in replayed.values())
    words = _families(families)
    if is_told:
        out.print(f"Planned again, everything follows the rules: {words}.")
    return words


async def _replay(database: Database, settings: Settings) -> dict[str, Replayed]:
    """Replay ledgers up to the first mismatch; the result is by currency."""
    async with database.reads() as session:
        ledgers = await find_ledgers(session, settings.organisation)
    found: dict[str, Replayed] = {}
    with progress_bar() as bar:
        for ledger in ledgers:
            task = bar.add_task(f"Planning {ledger.currency} again")
            found[ledger.currency] = replayed = await replay_ledger(
                database,
                settings.organisation,
                ledger,
                progress=lambda done, total, task=task: bar.update(  # type: ignore[misc]  # a default that is bound now
                    task, completed=done, total=total
                ),
            )
            if replayed.mismatch is not None:
                break
    return found


def _show_earlier(currency: str, replayed: Replayed) -> None:
    count = replayed.earlier
    if not count:
        return
    were = "document was" if count == 1 else "documents were"
    out.print(
        f"{currency} ledger: {count:,} {were} recorded by earlier rules,"
        " differently from today's:"
    )
    for difference in replayed.named[:EARLIER_SHOWN]:
        out.print(f"  {difference.document}: {difference.reason}", markup=False)
    if count > EARLIER_SHOWN:
        out.print(f"  … and {count - EARLIER_SHOWN:,} more")


def _families(count: int) -> str:
    return f"{count:,} {'family' if count == 1 else 'families'}"
