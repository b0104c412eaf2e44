"""`daybook families`: documents whose movements depart from the rules."""

from typing import Annotated

import typer

from daybook.cli.running import (
    MADE_BY,
    Failed,
    err,
    load_settings,
    out,
    plain_table,
    with_database,
)
from daybook.clock import now
from daybook.configuration.rules import checked_reason
from daybook.db.engine import Database
from daybook.documents.checking import FaultyFamily, faulty_families
from daybook.documents.naming import kind_words
from daybook.documents.replanning import PutRight, put_families_right
from daybook.errors import Rejected
from daybook.ledger.queries import choose_ledger
from daybook.money import amount_text
from daybook.settings import Settings


def families(
    currency: Annotated[
        str | None,
        typer.Option(help="The ledger, by its currency, if there are several."),
    ] = None,
    is_put_right: Annotated[
        bool, typer.Option("--put-right", help="Post what separates them.")
    ] = False,
    reason: Annotated[
        str | None, typer.Option(help="Why, for the audit trail; with --put-right.")
    ] = None,
) -> None:
    """List documents whose Deferred or Unbilled isn't what the rules have it come to.

    An earlier version of Daybook recorded some documents otherwise than the rules say.
    What it posted stays; --put-right posts the difference, as a revision would: up to
    today on its own days, and nothing on a locked day.

    Example: `daybook families`

    Example: `daybook families --put-right --reason "upgrade of November"`
    """
    settings = load_settings()
    if not is_put_right:
        if reason is not None:
            raise Failed("--reason goes with --put-right")
        name, found = _find(settings, currency)
        _show(name, found, "departs from the rules", "depart from the rules")
        if found:
            err.print("daybook families --put-right --reason … posts the difference.")
        return
    try:
        why = checked_reason(reason or "")
    except Rejected as rejected:
        (problem,) = rejected.problems
        raise Failed(f'{problem.message}: --reason "…"') from None
    done = _put_right(settings, currency, why)
    _show(done.currency, done.families, "was put right", "were put right")
    if done.families:
        added = done.added
        out.print(f"{added.journals:,} journals, {added.movements:,} movements.")


def _find(settings: Settings, currency: str | None) -> tuple[str, list[FaultyFamily]]:
    async def work(database: Database) -> tuple[str, list[FaultyFamily]]:
        found: list[FaultyFamily] = []
        async with database.reads() as session:
            ledger = await choose_ledger(session, settings.organisation, currency)
            every = faulty_families(session, settings.organisation, ledger)
            async for _, faulty in every:
                found += faulty
            return ledger.currency, found

    return with_database(settings, work)


def _put_right(settings: Settings, currency: str | None, reason: str) -> PutRight:
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


def _show(currency: str, found: list[FaultyFamily], one: str, several: str) -> None:
    if not found:
        out.print(f"{currency} ledger: every document is as the rules have it.")
        return
    table = plain_table("Document", "Customer", "Product", "What is wrong")
    for name in ("Deferred", "by the rules", "Unbilled", "by the rules"):
        table.add_column(name, justify="right", no_wrap=True)
    for its in found:
        pairs = zip(its.stored, its.planned, strict=True)
        table.add_row(
            f"{kind_words(its.kind)} {its.document}",
            *(its.customer, its.product, its.fault.value),
            *(amount_text(amount, currency) for pair in pairs for amount in pair),
        )
    out.print(table, markup=False)
    said = f"document {one}" if len(found) == 1 else f"documents {several}"
    out.print(f"{currency} ledger: {len(found):,} {said}.")
