"""`daybook audit verify --deep`: every family is planned again, and compared."""

from daybook.cli.running import Failed, out, progress_bar, with_database
from daybook.db.engine import Database
from daybook.documents.replaying import Replayed, replay_ledger
from daybook.ledger.queries import find_ledgers
from daybook.settings import Settings

EARLIER_SHOWN = 10
"""So many of the documents that earlier rules recorded otherwise are shown."""


def verify_deep(settings: Settings) -> None:
    """Plan all that an organisation recorded again; raises Failed for a misfit."""
    found = with_database(settings, lambda database: _replay(database, settings))
    for currency, one in found.items():
        _show_earlier(currency, one)
    for one in found.values():
        if one.misfit is not None:
            raise Failed(one.misfit.reason, status=1)
    families = sum(one.families for one in found.values())
    out.print(f"Planned again, all is as the rules have it: {_families(families)}.")


async def _replay(database: Database, settings: Settings) -> dict[str, Replayed]:
    """Replay all ledgers up to the first misfit, by currency."""
    async with database.reads() as session:
        ledgers = await find_ledgers(session, settings.organisation)
    found: dict[str, Replayed] = {}
    with progress_bar() as bar:
        for ledger in ledgers:
            task = bar.add_task(f"Planning {ledger.currency} again")
            found[ledger.currency] = one = await replay_ledger(
                database,
                settings.organisation,
                ledger,
                progress=lambda done, total, task=task: bar.update(  # type: ignore[misc]
                    task, completed=done, total=total
                ),
            )
            if one.misfit is not None:
                break
    return found


def _show_earlier(currency: str, one: Replayed) -> None:
    if not one.earlier:
        return
    were = "document was" if one.earlier == 1 else "documents were"
    out.print(
        f"{currency} ledger: {one.earlier:,} {were} recorded by earlier rules,"
        " otherwise than by today's:"
    )
    for its in one.named[:EARLIER_SHOWN]:
        out.print(f"  {its.document}: {its.reason}", markup=False)
    if one.earlier > EARLIER_SHOWN:
        out.print(f"  … and {one.earlier - EARLIER_SHOWN:,} more")


def _families(count: int) -> str:
    return f"{count:,} {'family' if count == 1 else 'families'}"
