"""The types of connections, of what came in of them, and of their dataset."""

from collections.abc import Mapping, Sequence

import strawberry

from daybook.connections.models import GlConnection as StoredConnection
from daybook.connections.queries import settings_of
from daybook.connections.rules import AccountRole
from daybook.gl.budgets import budgets_of
from daybook.gl.gaps import missing_journals
from daybook.gl.kinds import Kind
from daybook.gl.live.app import is_set_up
from daybook.gl.queries import InputState
from daybook.gl.rules.notices import Notice, notices_of
from daybook_graphql.context import Info
from daybook_graphql.general_ledger.enums import GlInputKind
from daybook_graphql.general_ledger.ids import GlConnectionId
from daybook_graphql.general_ledger.live_types import GlLive, live_of
from daybook_graphql.general_ledger.loaders import (
    behind_by_connection,
    connections_by_number,
    inputs_by_connection,
    live_by_connection,
    refreshes_by_connection,
    segments_by_connection,
)
from daybook_graphql.general_ledger.refresh_types import (
    GlBudget,
    GlClash,
    GlNotice,
    GlRefresh,
    GlSegment,
    budget_of,
    clash_of,
    notice_of,
    refresh_of,
    segment_of,
)
from daybook_graphql.kit.node import Node
from daybook_graphql.kit.scalars import (
    BigInt,
    CurrencyCode,
    Date,
    DateTime,
    date_or_none,
    moment_or_none,
)

GAPS_MAX = 100
"""How many gaps in the numbers of journals are listed."""
field = strawberry.field


@strawberry.type(
    description="The IDs of the accounts that forecasts and currency gains post to;"
    " null where the chart's own marks say which."
)
class GlAccountRoles:
    receivable: str | None = field(description="What customers owe.")
    payable: str | None = field(description="What is owed to suppliers.")
    tax: str | None = field(description="Tax on sales and purchases.")
    realised: str | None = field(description="Realised currency gains.")
    unrealised: str | None = field(description="Unrealised currency gains.")
    revaluation: str | None = field(description="Gains of bank accounts' revaluation.")


@strawberry.type(description="What came in of a kind.")
class GlInputState:
    kind: GlInputKind = field(description="Which kind.")
    imports: int = field(description="How many imports brought something new.")
    documents: int = field(
        description="How many documents they brought. One that isn't a journal counts"
        " each time it came in changed."
    )
    first_number: BigInt | None = field(
        description="The lowest number of a journal; null for other kinds."
    )
    last_number: BigInt | None = field(
        description="The highest number of a journal; null for other kinds."
    )
    data_time: DateTime | None = field(
        description="When the accounting system wrote the newest; null if no file says."
    )
    imported_at: DateTime = field(description="When something new last came in.")


@strawberry.type(description="Numbers from one to another, both included.")
class GlNumberRange:
    first: BigInt = field(description="The lowest.")
    last: BigInt = field(description="The highest.")


@strawberry.type(description="An organisation in the accounting system.")
class GlConnection(Node):
    number: int = field(description="Its number in the organisation.")
    name: str = field(description="Its name, as the dataset has it.")
    base_currency: CurrencyCode = field(
        description="The currency of its books; it never changes."
    )
    is_main: bool = field(
        description="Whether its names of accounts stand where codes agree."
    )
    year_end: str = field(
        description="The last day of its financial year, `MM-DD`: `03-31`."
    )
    period_lock: Date | None = field(
        description="The day through which its periods are locked."
    )
    year_lock: Date | None = field(
        description="The day through which even advisers can't post."
    )
    takes_exports: list[CurrencyCode] = field(
        description="The ledgers whose exports are loaded into it, by currency."
    )
    accounts: GlAccountRoles = field(
        description="The accounts that were chosen for what synthetic journals post to."
    )
    budget_id: str | None = field(
        description="The ID of the budget that counts; null for the overall one."
    )
    counts_forecasts: bool = field(
        description="Whether drafts and forecasts count against the budget."
    )
    created_at: DateTime = field(description="When it was added.")
    created_by: str | None = field(description="Who added it.")

    @field(
        description="What came in of each kind; kinds of which nothing did are left"
        " out."
    )
    async def inputs(self, info: Info) -> list[GlInputState]:
        states = await inputs_by_connection(info.context).load(self.number)
        return [_state_of(state) for state in states]

    @field(description="Whether it is connected to Xero, and its last sync.")
    async def live(self, info: Info) -> GlLive:
        state, night = await live_by_connection(info.context).load(self.number)
        is_available = is_set_up(info.context.settings)
        return live_of(state, is_available=is_available, night=night)

    @field(description="How many journals came in.")
    async def journal_count(self, info: Info) -> int:
        state = await _journals(info, self.number)
        return 0 if state is None else state.documents

    @field(description="The highest number of a journal; null before the first.")
    async def last_journal(self, info: Info) -> BigInt | None:
        state = await _journals(info, self.number)
        return None if state is None else _number(state.last)

    @field(
        description="How many numbers between the first journal and the last are"
        " missing: each is a journal that is still to come in."
    )
    async def missing_journal_count(self, info: Info) -> BigInt:
        state = await _journals(info, self.number)
        return BigInt(0 if state is None else state.missing)

    @field(
        description="Which numbers these are, lowest first: the first"
        f" {GAPS_MAX} gaps. Files are read for it, so ask for it of few connections."
    )
    async def missing_journals(self, info: Info) -> list[GlNumberRange]:
        state = await _journals(info, self.number)
        if state is None or not state.missing:
            return []
        context = info.context
        gaps = await missing_journals(
            context.database,
            context.settings,
            context.organisation_id,
            self.number,
            GAPS_MAX,
        )
        return [
            GlNumberRange(first=BigInt(gap.first), last=BigInt(gap.last))
            for gap in gaps
        ]

    @field(
        description="Its part of the dataset, as the last refresh that was ready made"
        " it; null before the first."
    )
    async def segment(self, info: Info) -> GlSegment | None:
        segment = await segments_by_connection(info.context).load(self.number)
        return None if segment is None else segment_of(segment)

    @field(
        description="Whether a refresh would make something else of it: something came"
        " in since, or its settings, the dataset's currency or the main connection"
        " changed. Later rates and days don't count."
    )
    async def is_behind(self, info: Info) -> bool:
        return await behind_by_connection(info.context).load(self.number)

    @field(description="The refresh that was asked for last; null before the first.")
    async def refresh(self, info: Info) -> GlRefresh | None:
        job = await refreshes_by_connection(info.context).load(self.number)
        return None if job is None else refresh_of(job)

    @field(
        description="Account codes that mean something else in the main connection, as"
        " the last refresh found them."
    )
    async def clashes(self, info: Info) -> list[GlClash]:
        found = map(clash_of, await _notices(info, self.number))
        return [clash for clash in found if clash is not None]

    @field(description="What the last refresh found that people should know.")
    async def notices(self, info: Info) -> list[GlNotice]:
        return [notice_of(notice) for notice in await _notices(info, self.number)]

    @field(
        description="The budgets that came in, overall ones first. Files are read for"
        " it, so ask for it of few connections."
    )
    async def budgets(self, info: Info) -> list[GlBudget]:
        context = info.context
        row = await connections_by_number(context).load(self.number)
        if row is None:
            return []
        budgets = await budgets_of(context.database, context.settings, row)
        return [budget_of(budget) for budget in budgets]


@strawberry.type(description="Settings of the dataset that the connections make.")
class GlDatasetSettings:
    reporting_currency: CurrencyCode | None = field(
        description="The currency in which all connections are valued: the chosen one,"
        " else the main connection's base currency; null without both."
    )
    is_reporting_currency_chosen: bool = field(
        description="Whether it was chosen; otherwise it is the main connection's."
    )
    main_connection: GlConnection | None = field(
        description="The connection whose names of accounts stand where codes agree;"
        " null without connections."
    )


def connection_of(row: StoredConnection) -> GlConnection:
    """A stored connection as the schema shows it."""
    settings = settings_of(row)
    return GlConnection(
        node_id=GlConnectionId(row.number),
        number=row.number,
        name=row.name,
        base_currency=CurrencyCode(row.base_currency),
        is_main=row.is_main,
        year_end=settings.year_end.text,
        period_lock=date_or_none(settings.period_lock),
        year_lock=date_or_none(settings.year_lock),
        takes_exports=[CurrencyCode(code) for code in settings.takes_exports],
        accounts=_roles_of(settings.accounts),
        budget_id=settings.budget_id,
        counts_forecasts=settings.counts_forecasts,
        created_at=DateTime(row.created_at),
        created_by=row.created_by,
    )


def _roles_of(accounts: Mapping[AccountRole, str]) -> GlAccountRoles:
    return GlAccountRoles(**{role.value: accounts.get(role) for role in AccountRole})


def _state_of(state: InputState) -> GlInputState:
    return GlInputState(
        kind=GlInputKind[state.kind.name],
        imports=state.imports,
        documents=state.documents,
        first_number=_number(state.first),
        last_number=_number(state.last),
        data_time=moment_or_none(state.data_time),
        imported_at=DateTime(state.imported_at),
    )


def _number(number: int | None) -> BigInt | None:
    return None if number is None else BigInt(number)


async def _notices(info: Info, number: int) -> Sequence[Notice]:
    """What the last refresh of a connection found."""
    segment = await segments_by_connection(info.context).load(number)
    return () if segment is None else notices_of(segment.notices)


async def _journals(info: Info, number: int) -> InputState | None:
    """What came in of a connection's journals, if any did."""
    for state in await inputs_by_connection(info.context).load(number):
        if state.kind is Kind.JOURNALS:
            return state
    return None
