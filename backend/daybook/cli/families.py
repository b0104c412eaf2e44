"""`daybook families`: documents whose movements differ from the rules."""

from typing import Annotated

import typer

from daybook.calendar import day_text
from daybook.cli.running import MADE_BY, Failed, err, load_settings, out, with_database
from daybook.cli.terminal_tables import plain_table
from daybook.clock import now
from daybook.configuration.rules import checked_reason
from daybook.db.engine import Database
from daybook.documents.checking import Fault, FaultyFamily, faulty_families
from daybook.documents.named_documents import kind_words
from daybook.documents.replanning import ReplannedFamilies, put_families_right
from daybook.errors import Rejected
from daybook.ledger.queries import choose_ledger, find_ledgers
from daybook.money import grouped_text
from daybook.numbers import counted
from daybook.settings import Settings


def families(
    currency: Annotated[
        str | None,
        typer.Option(help="The ledger, by its currency; all ledgers if left out."),
    ] = None,
    is_put_right: Annotated[
        bool, typer.Option("--put-right", help="Post the difference.")
    ] = False,
    reason: Annotated[
        str | None, typer.Option(help="Why, for the audit trail; with --put-right.")
    ] = None,
) -> None:
    """List documents whose Deferred or Unbilled differs from the rules.

    Earlier versions of Daybook recorded some documents differently. What they posted
    stays; --put-right posts the difference like a revision: on its own days up to
    today, and nothing on a locked day.

    Example: `daybook families`

    Example: `daybook families --put-right --reason "upgrade of November"`
    """
    settings = load_settings()
    if not is_put_right:
        if reason is not None:
            raise Failed("--reason goes with --put-right")
        found = _find(settings, currency)
        for name, faulty in found.items():
            _show(name, faulty, "differs from the rules", "differ from the rules")
        if any(found.values()):
            err.print("daybook families --put-right --reason … posts the difference.")
        return
    try:
        why = checked_reason(reason or "")
    except Rejected as rejected:
        (problem,) = rejected.problems
        raise Failed(f'{problem.message}: --reason "…"') from None
    for name in _ledgers(settings, currency):
        done = _put_right(settings, name, why)
        _show(name, done.families, "was put right", "were put right")
        if done.families:
            added = done.result
            journals = counted(added.journals, "journal")
            out.print(f"{journals}, {counted(added.movements, 'movement')}.")


def _ledgers(settings: Settings, currency: str | None) -> list[str]:
    """The currencies of the ledgers: the given one, or all."""

    async def work(database: Database) -> list[str]:
        async with database.reads() as session:
            if currency is None:
                found = await find_ledgers(session, settings.organisation)
                return [ledger.currency for ledger in found]
            ledger = await choose_ledger(session, settings.organisation, currency)
            return [ledger.currency]

    return with_database(settings, work)


def _find(settings: Settings, currency: str | None) -> dict[str, list[FaultyFamily]]:
    """The faulty families of one ledger or all, by currency."""
    names = _ledgers(settings, currency)

    async def work(database: Database) -> dict[str, list[FaultyFamily]]:
        found: dict[str, list[FaultyFamily]] = {name: [] for name in names}
        for name in names:
            async with database.reads() as session:
                ledger = await choose_ledger(session, settings.organisation, name)
                every = faulty_families(session, settings.organisation, ledger)
                async for _, faulty in every:
                    found[name] += faulty
        return found

    return with_database(settings, work)


def _put_right(settings: Settings, currency: str, reason: str) -> ReplannedFamilies:
    return with_database(
        settings,
        lambda database: put_families_right(
            database,
            settings.organisation,
            currency,
            reason=reason,
            now=now(settings),
            made_by=MADE_BY,
        ),
    )


def _show(currency: str, found: list[FaultyFamily], singular: str, plural: str) -> None:
    if not found:
        out.print(f"{currency} ledger: every document follows the rules.")
        return
    table = plain_table("Document", "Customer", "Product")
    for name in ("Deferred", "should be", "Unbilled", "should be"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("What is wrong", no_wrap=True)
    for family in found:
        pairs = zip(family.stored, family.planned, strict=True)
        table.add_row(
            f"{kind_words(family.kind)} {family.document}",
            *(family.customer, family.product),
            *(grouped_text(amount, currency) for pair in pairs for amount in pair),
            _fault_words(family),
        )
    out.print(table, markup=False)
    words = f"document {singular}" if len(found) == 1 else f"documents {plural}"
    out.print(f"{currency} ledger: {len(found):,} {words}.")


def _fault_words(family: FaultyFamily) -> str:
    if family.early is not None:
        first, invoiced = map(day_text, family.early)
        return f"{family.fault.value}: on {first}, its invoice on {invoiced}"
    if family.fault is Fault.DIFFERS and family.stored == family.planned:
        return f"{family.fault.value}: on other days or accounts"
    return family.fault.value
