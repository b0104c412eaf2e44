"""Figures beside the journal report: counts of exceptions, balances and months."""

from typing import Annotated

import strawberry

from daybook.calendar import first_day_of, month_of
from daybook.ledger.rules import Role
from daybook.reports.journals.figures import Figures
from daybook_graphql.context import Info
from daybook_graphql.execution.selected import Selected
from daybook_graphql.journals.filters import JournalFilter, pin_and_conditions
from daybook_graphql.journals.gains import AccountGains
from daybook_graphql.kit.errors import ErrorCode, failure
from daybook_graphql.kit.money import DateRangeInput, Money, checked, money
from daybook_graphql.kit.permissions import READ, needs
from daybook_graphql.kit.scalars import Date
from daybook_graphql.ledgers.queries import LedgerIdArgument

MONTHS_MAX = 120
"""How many months may be asked for."""


@strawberry.type(
    description="How many journals lists have: of the filter without `shifted`,"
    " `revised`, `voided`, `partlyScheduled` and a single source `CREDIT_NOTE` or"
    " `STANDALONE`, and with each of these. With `onlyQuick`, what would take long is"
    " null."
)
class JournalCounts:
    all: int | None = strawberry.field(description="All of them.")
    moved: int | None = strawberry.field(description="A lock moved: `shifted`.")
    credit_notes: int | None = strawberry.field(description="From credit notes.")
    revised: int | None = strawberry.field(description="Of revised documents.")
    voided: int | None = strawberry.field(description="Of voided documents.")
    partly_scheduled: int | None = strawberry.field(
        description="Posted in part: `partlyScheduled`."
    )
    manual: int | None = strawberry.field(description="Entered by a person.")


@strawberry.type(description="What Recognized gains in a month.")
class MonthFigures:
    month: Date = strawberry.field(description="The month's first day.")
    posted: Money = strawberry.field(description="Dated up to the filter's `on`.")
    scheduled: Money = strawberry.field(description="Dated later.")


@strawberry.type(description="Figures beside the journal report.")
class JournalFigures:
    counts: JournalCounts = strawberry.field(description="How many journals.")
    balances: AccountGains | None = strawberry.field(
        description="What stands on each account at the end of `balancesOn`, of all"
        " that the filter selects up to then; null with `onlyQuick` if that would take"
        " long."
    )
    balances_on: Date = strawberry.field(
        description="The filter's last day, or its `on` if that is earlier."
    )
    months: list[MonthFigures] | None = strawberry.field(
        description="Each of the requested months, of the filter without its own"
        " `posted`; null with `onlyQuick` if that would take long."
    )


NO_COUNTS = JournalCounts(
    all=None,
    moved=None,
    credit_notes=None,
    revised=None,
    voided=None,
    partly_scheduled=None,
    manual=None,
)
"""What isn't selected isn't counted."""


@strawberry.type
class JournalFigureQueries:
    @strawberry.field(
        description="Figures beside the journal report: how many journals deserve a"
        " second look, and why; balances; and months to compare with.",
        metadata=needs(READ),
    )
    async def journal_figures(
        self,
        info: Info,
        ledger_id: LedgerIdArgument,
        months: Annotated[
            DateRangeInput,
            strawberry.argument(
                description="The months to compare, all that these days touch: up to"
                " 120. Both ends are needed."
            ),
        ],
        filter: Annotated[
            JournalFilter | None,
            strawberry.argument(
                description="What to select; everything where it is absent."
            ),
        ] = None,
        *,
        only_quick: Annotated[
            bool,
            strawberry.argument(
                description="Whether figures that would take long on a large ledger"
                " are null."
            ),
        ] = False,
    ) -> JournalFigures:
        first, last = _months(months)
        pin, journal_filter = await pin_and_conditions(info, ledger_id, filter)
        selected = Selected.of(info)
        counts, balances, by_month = NO_COUNTS, None, None
        async with info.context.database.pinned_reads() as session:
            figures = Figures(session, pin, journal_filter, only_quick=only_quick)
            if "counts" in selected:
                counts = JournalCounts(**(await figures.counts())._asdict())
            if "balances" in selected:
                balances = await figures.balances()
            if "months" in selected:
                by_month = await figures.months(first, last)
        currency = pin.currency
        return JournalFigures(
            counts=counts,
            balances=None
            if balances is None
            else AccountGains(
                billed=money(balances[Role.BILLED], currency),
                unbilled=money(balances[Role.UNBILLED], currency),
                deferred=money(balances[Role.DEFERRED], currency),
                recognized=money(balances[Role.RECOGNIZED], currency),
            ),
            balances_on=Date(figures.balances_on),
            months=None
            if by_month is None
            else [
                MonthFigures(
                    month=Date(first_day_of(its.month)),
                    posted=money(its.posted, currency),
                    scheduled=money(its.scheduled, currency),
                )
                for its in by_month
            ],
        )


def _months(months: DateRangeInput) -> tuple[int, int]:
    """The first and the last month; raises INVALID_PERIOD for an open or long range."""
    start, end = checked(months, "months")
    if start is None or end is None:
        message = "months: give both from and to"
        raise failure(ErrorCode.INVALID_PERIOD, message, "months")
    first, last = month_of(start), month_of(end)
    if last - first >= MONTHS_MAX:
        message = f"months: up to {MONTHS_MAX} months can be asked for"
        raise failure(ErrorCode.INVALID_PERIOD, message, "months")
    return first, last
