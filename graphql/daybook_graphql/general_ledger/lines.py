"""The query `glJournalLines`: pages of the dataset's lines, and their totals."""

from collections.abc import Sequence
from typing import Annotated, TypeVar

import strawberry

from daybook.gl.dataset.filters import LineFilter
from daybook.gl.dataset.lines import DatasetLine, line_page, line_totals
from daybook.gl.rules.chart import AccountClass
from daybook.gl.rules.journal_types import ExposureKind, JournalType
from daybook.paging import Page
from daybook_graphql.context import Context, Info
from daybook_graphql.execution.selected import Selected
from daybook_graphql.general_ledger.enums import (
    GlAccountClass,
    GlExposureKind,
    GlJournalType,
)
from daybook_graphql.general_ledger.line_types import (
    GlJournalLine,
    columns_for,
    line_of,
    type_of,
)
from daybook_graphql.general_ledger.states import (
    CURRENCY,
    DATA_TIME,
    REFRESH,
    STATE,
    State,
    ask,
    currency_or_none,
    numbers_of,
    state_at,
)
from daybook_graphql.kit.connections import Edge, PageInfo, edges_of, page_info
from daybook_graphql.kit.errors import ErrorCode, failure
from daybook_graphql.kit.money import DateRangeInput, checked, exact_text
from daybook_graphql.kit.paging import After, Before, First, Last, page_request
from daybook_graphql.kit.permissions import READ, needs
from daybook_graphql.kit.scalars import (
    BigInt,
    CurrencyCode,
    DateTime,
    Decimal,
    moment_or_none,
)

Value = TypeVar("Value")

VALUES_MAX = 100
"""How many values a field of the filter may have."""
TEXT_MAX = 200
"""How many characters a text of the filter may have."""
argument = strawberry.argument
field = strawberry.field


@strawberry.input(
    description="Which lines: those that fulfil all of it. What is absent leaves out"
    f" nothing; lists have up to {VALUES_MAX} values, of which one has to fit."
)
class GlLineFilter:
    connection_ids: list[strawberry.ID] | None = field(
        default=None, description="Of these connections."
    )
    types: list[GlJournalType] | None = field(
        default=None, description="Of journals of these types."
    )
    posted: DateRangeInput | None = field(
        default=None, description="Of journals of these days."
    )
    accounts: list[str] | None = field(
        default=None,
        description="On these accounts: their codes, or the names of those that have no"
        " code.",
    )
    account_classes: list[GlAccountClass] | None = field(
        default=None, description="On accounts of these classes."
    )
    contact_id: str | None = field(
        default=None, description="Of this contact, by its ID in Xero."
    )
    source_tables: list[str] | None = field(
        default=None, description="Of documents of these tables: `Invoices`."
    )
    tracking: str | None = field(
        default=None,
        description="With this tracking option, as lines show it: `Region - North`.",
    )
    search: str | None = field(
        default=None,
        description="Part of a description, a reference, or of the name of a contact or"
        " an account, in any case.",
    )
    currency: CurrencyCode | None = field(
        default=None,
        description="Of FX journals, those of documents in this currency.",
    )
    gains: list[GlExposureKind] | None = field(
        default=None,
        description="Of FX journals that book these kinds, the line on the account of"
        " the gain: they sum to what was gained.",
    )


@strawberry.type(description="What the lines of a type of journals sum to.")
class GlTypeTotal:
    type: GlJournalType = field(description="Which type.")
    net_rc: Decimal = field(description="Credit less debit, in the reporting currency.")


@strawberry.type(description="What all selected lines sum to, not only the page's.")
class GlLineTotals:
    lines: int = field(description="How many lines there are.")
    base_currency: CurrencyCode | None = field(
        description="The currency of debit and credit; null if they are of several, and"
        " without lines."
    )
    debit: Decimal | None = field(
        description="The debits; null without one base currency."
    )
    credit: Decimal | None = field(
        description="The credits; null without one base currency."
    )
    net_rc: Decimal | None = field(
        description="Credit less debit, in the reporting currency; null while"
        " connections are valued in several."
    )
    by_type: list[GlTypeTotal] = field(
        description="The same by type of journals; those without lines are left out."
    )


@strawberry.type
class GlJournalLineConnection:
    edges: list[Edge[GlJournalLine]]
    nodes: list[GlJournalLine] = field(description="The same without cursors.")
    page_info: PageInfo = field(description="Whether there is more.")
    refresh: BigInt | None = field(description=STATE)
    data_current_as_of: DateTime | None = field(description=DATA_TIME)
    reporting_currency: CurrencyCode | None = field(description=CURRENCY)
    state: strawberry.Private[State | None]
    line_filter: strawberry.Private[LineFilter]

    @field(description="What all selected lines sum to. All of them are read for it.")
    async def totals(self, info: Info) -> GlLineTotals:
        return await _totals(info.context, self.state, self.line_filter)


@strawberry.type
class GlLineQueries:
    @strawberry.field(
        description="Lines of the dataset: actual journals, drafts, forecasts, exposure"
        " and budget of all connections, by connection, day, type, journal and"
        " position.",
        metadata=needs(READ),
    )
    async def gl_journal_lines(
        self,
        info: Info,
        filter: Annotated[
            GlLineFilter | None, argument(description="Which lines.")
        ] = None,
        refresh: Annotated[BigInt | None, argument(description=REFRESH)] = None,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
    ) -> GlJournalLineConnection:
        request = page_request(2, first=first, after=after, last=last, before=before)
        context, selected = info.context, Selected.of(info)
        line_filter = line_filter_of(filter)
        state = await state_at(context, refresh, line_filter.connections)
        page: Page[DatasetLine] = Page([], has_next=False, has_previous=False)
        part = None if state is None else state.part
        if part is not None and selected.any_of("nodes", "edges", "pageInfo"):
            below = selected.below("nodes") | selected.below("edges").below("node")
            columns = columns_for(below)
            page = await ask(
                context,
                part,
                lambda cursor, parts: line_page(
                    cursor, parts, line_filter, request, columns
                ),
            )
        edges = edges_of(
            page,
            [line_of(line) for line in page.items],
            lambda line: (line.connection, line.row),
        )
        return GlJournalLineConnection(
            edges=edges,
            nodes=[edge.node for edge in edges],
            page_info=page_info(page, [edge.cursor for edge in edges]),
            refresh=None if state is None else BigInt(state.refresh),
            data_current_as_of=moment_or_none(state and state.data_time),
            reporting_currency=currency_or_none(state and state.reporting_currency),
            state=state,
            line_filter=line_filter,
        )


def line_filter_of(given: GlLineFilter | None) -> LineFilter:
    """The domain's filter; raises errors that name the filter's fields."""
    if given is None:
        return LineFilter()
    days = given.posted or DateRangeInput()
    first, last = checked(days, "filter.posted")
    for name in ("connection_ids", "accounts", "source_tables"):
        _check_size(name, getattr(given, name))
    for name in ("contact_id", "tracking", "search"):
        _check_text(name, getattr(given, name))
    types, gains = given.types or (), given.gains or ()
    classes: list[str] = [AccountClass[its.name] for its in given.account_classes or ()]
    return LineFilter(
        connections=numbers_of(given.connection_ids, "filter.connectionIds"),
        types=_if_given(given.types, [JournalType[its.name] for its in types]),
        first=first,
        last=last,
        account_codes=given.accounts,
        account_classes=_if_given(given.account_classes, classes),
        contact_id=given.contact_id or "",
        source_tables=given.source_tables,
        tracking=given.tracking or "",
        search=(given.search or "").strip(),
        currency=given.currency or "",
        gains=_if_given(given.gains, [ExposureKind[its.name] for its in gains]),
    )


def _if_given(given: object, values: list[Value]) -> list[Value] | None:
    """The values of a list that was given; None for an absent one."""
    return None if given is None else values


def _check_size(name: str, values: Sequence[str] | None) -> None:
    if values is not None and len(values) > VALUES_MAX:
        message = f"filter: at most {VALUES_MAX} values of {name}, not {len(values)}"
        raise failure(ErrorCode.TOO_LARGE, message, "filter")
    for value in values or ():
        _check_text(name, value)


def _check_text(name: str, text: str | None) -> None:
    if text is not None and len(text) > TEXT_MAX:
        message = f"filter: {name} has at most {TEXT_MAX} characters, not {len(text)}"
        raise failure(ErrorCode.TOO_LARGE, message, "filter")


async def _totals(
    context: Context, state: State | None, line_filter: LineFilter
) -> GlLineTotals:
    currency = state and state.reporting_currency
    if state is None or state.part is None:
        return GlLineTotals(
            lines=0,
            base_currency=None,
            debit=None,
            credit=None,
            net_rc=None,
            by_type=[],
        )
    found = await ask(
        context,
        state.part,
        lambda cursor, parts: line_totals(cursor, parts, line_filter),
    )
    base = found.currency
    debit, credit = found.debit, found.credit
    return GlLineTotals(
        lines=found.lines,
        base_currency=currency_or_none(base),
        debit=None if base is None or debit is None else exact_text(debit, base),
        credit=None if base is None or credit is None else exact_text(credit, base),
        net_rc=None if currency is None else exact_text(found.net_rc, currency),
        by_type=[]
        if currency is None
        else [
            GlTypeTotal(type=type_of(type_), net_rc=exact_text(net, currency))
            for type_, net in found.by_type.items()
        ],
    )
