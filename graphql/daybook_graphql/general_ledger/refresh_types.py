"""The types of refreshes, of what they made, and of what they found."""

import json
from typing import TYPE_CHECKING, Annotated

import strawberry

from daybook.gl.budgets import KnownBudget
from daybook.gl.building.pins import PinnedSettings
from daybook.gl.models import GlRefresh as StoredRefresh
from daybook.gl.models import GlSegment as StoredSegment
from daybook.gl.rules.journal_types import JournalType
from daybook.gl.rules.notices import Notice, NoticeKind
from daybook.jobs.rules import JobStatus
from daybook_graphql.context import Info
from daybook_graphql.general_ledger.enums import (
    GlJournalType,
    GlNoticeKind,
    GlRefreshStatus,
)
from daybook_graphql.general_ledger.ids import GlRefreshId
from daybook_graphql.general_ledger.loaders import connections_by_number
from daybook_graphql.kit.connections import listed
from daybook_graphql.kit.node import Node
from daybook_graphql.kit.scalars import (
    BigInt,
    CurrencyCode,
    Date,
    DateTime,
    moment_or_none,
)

if TYPE_CHECKING:
    from daybook_graphql.general_ledger.types import GlConnection

TYPES = "daybook_graphql.general_ledger.types"
ENDED = (JobStatus.READY, JobStatus.EXPIRED)
field = strawberry.field


@strawberry.type(description="How far a refresh is, in lines.")
class GlRefreshProgress:
    done: BigInt = field(description="Lines that are done. It never goes back.")
    total: BigInt = field(
        description="Lines that there will be; 0 until they are counted."
    )
    percent: float = field(description="From 0 to 100; 100 when it is ready.")


@strawberry.type(description="Why a refresh made nothing.")
class GlRefreshFailure:
    code: str = field(
        description="`INPUT_MISSING`, `NO_RATE`, `DIFFERS`, `WORKER_LOST` or"
        " `STORAGE_FAILED`; expect more."
    )
    message: str = field(
        description="What happened, and what to do about it, for people."
    )


@listed("A refresh", "refreshes", page="A page of refreshes, newest first.")
@strawberry.type(
    description="A refresh of a connection's part of the dataset, of what had come in"
    " when it was asked for. Until it is ready, and if it fails, the part that was made"
    " before stands."
)
class GlRefresh(Node):
    number: int = field(description="Its number in the organisation.")
    status: GlRefreshStatus = field(description="Where it stands.")
    progress: GlRefreshProgress = field(description="Lines done of lines expected.")
    failure: GlRefreshFailure | None = field(
        description="Why it made nothing, where it `FAILED`."
    )
    connection_name: str = field(
        description="The connection's name when it was asked for."
    )
    again_of: int | None = field(
        description="The number of the refresh that it makes again, to compare both;"
        " null for others."
    )
    requested_by: str = field(description="Who asked for it.")
    created_at: DateTime = field(description="When it was asked for.")
    finished_at: DateTime | None = field(
        description="When it was ready, failed or cancelled."
    )
    connection_number: strawberry.Private[int]

    @field(description="The connection; null once it is removed.")
    async def connection(
        self, info: Info
    ) -> Annotated["GlConnection", strawberry.lazy(TYPES)] | None:
        return await present_connection(info, self.connection_number)


@strawberry.type(description="How many lines of a type there are.")
class GlLineCount:
    type: GlJournalType = field(description="The type.")
    lines: BigInt = field(description="How many.")


@strawberry.type(
    description="A connection's part of the dataset, as a refresh made it."
)
class GlSegment:
    refresh: int = field(description="The number of the refresh that made it.")
    reporting_currency: CurrencyCode = field(
        description="The currency that all its lines are valued in, too."
    )
    data_current_as_of: DateTime = field(
        description="When the accounting system wrote its newest journals, else when"
        " they were imported."
    )
    today: Date = field(description="The day that its forecasts begin on.")
    lines: BigInt = field(description="How many lines it has.")
    lines_by_type: list[GlLineCount] = field(
        description="How many of each type, in the dataset's order; types without any"
        " are left out."
    )
    content_sha256: str = field(
        description="The SHA-256 of its lines as a CSV file, hexadecimal: the same"
        " inputs, settings and rates give the same."
    )
    made_at: DateTime = field(description="When it was made.")
    made_by: str | None = field(description="Who asked for it.")


@strawberry.type(
    description="An account code that means another class of accounts in the main"
    " connection. The account keeps its own name in the dataset."
)
class GlClash:
    code: str = field(description="The code.")
    name: str = field(description="The account's name here.")
    account_class: str = field(description="Its class here; empty if it has none.")
    main_name: str = field(description="The account's name in the main connection.")
    main_class: str = field(description="Its class there.")


@strawberry.type(description="What the last refresh found that people should know.")
class GlNotice:
    kind: GlNoticeKind = field(description="What it is about.")
    subject: str = field(
        description="An account's code, numbers of journals, a draft's number, what an"
        " account is for, or a tracking category."
    )
    message: str = field(description="The notice in words.")


@strawberry.type(description="A budget that came in.")
class GlBudget:
    budget_id: str = field(description="Its ID in the accounting system.")
    name: str = field(description="What it is called there.")
    is_overall: bool = field(
        description="Whether it is the overall one, and not of a tracking category."
    )
    first_month: str | None = field(
        description="Its first month, `YYYY-MM`; null if it has no amounts."
    )
    last_month: str | None = field(description="Its last month.")
    counts: bool = field(
        description="Whether actuals are compared with it: the chosen one, else the"
        " overall one that was changed last."
    )


async def present_connection(info: Info, number: int) -> "GlConnection | None":
    """A connection as it is now; None once it is removed."""
    from daybook_graphql.general_ledger.types import (  # noqa: PLC0415  (each has the other)
        connection_of,
    )

    row = await connections_by_number(info.context).load(number)
    return None if row is None else connection_of(row)


def refresh_of(job: StoredRefresh) -> GlRefresh:
    """A stored refresh as the schema shows it."""
    return GlRefresh(
        node_id=GlRefreshId(job.number),
        number=job.number,
        status=GlRefreshStatus(JobStatus(job.status)),
        progress=_progress(job),
        failure=_failure(job),
        connection_name=PinnedSettings.read(job.settings).name,
        again_of=job.again_of,
        requested_by=job.requested_by,
        created_at=DateTime(job.created_at),
        finished_at=moment_or_none(job.finished_at),
        connection_number=job.connection,
    )


def _progress(job: StoredRefresh) -> GlRefreshProgress:
    percent = 100.0 if job.status in ENDED else 0.0
    if job.rows_total and not percent:
        percent = round(100 * job.rows_done / job.rows_total, 1)
    return GlRefreshProgress(
        done=BigInt(job.rows_done), total=BigInt(job.rows_total), percent=percent
    )


def _failure(job: StoredRefresh) -> GlRefreshFailure | None:
    if job.failure_code is None:
        return None
    return GlRefreshFailure(code=job.failure_code, message=job.failure_message or "")


def segment_of(segment: StoredSegment) -> GlSegment:
    """A stored segment as the schema shows it."""
    counts: dict[str, int] = json.loads(segment.lines_by_type)
    return GlSegment(
        refresh=segment.number,
        reporting_currency=CurrencyCode(segment.reporting_currency),
        data_current_as_of=DateTime(segment.data_time),
        today=Date(segment.today),
        lines=BigInt(segment.lines),
        lines_by_type=[
            GlLineCount(type=GlJournalType(type_), lines=BigInt(counts[type_.name]))
            for type_ in JournalType
            if counts.get(type_.name)
        ],
        content_sha256=segment.content_sha256.hex(),
        made_at=DateTime(segment.made_at),
        made_by=segment.made_by,
    )


def notice_of(notice: Notice) -> GlNotice:
    """A stored notice as the schema shows it."""
    return GlNotice(
        kind=GlNoticeKind(notice.kind), subject=notice.subject, message=notice.words
    )


def clash_of(notice: Notice) -> GlClash | None:
    """The clash that a notice tells; None for other notices."""
    if notice.kind is not NoticeKind.CLASH or not notice.about:
        return None
    name, class_, main_name, main_class = notice.about
    return GlClash(
        code=notice.subject,
        name=name,
        account_class=class_,
        main_name=main_name,
        main_class=main_class,
    )


def budget_of(budget: KnownBudget) -> GlBudget:
    """A budget as the schema shows it."""
    return GlBudget(
        budget_id=budget.id,
        name=budget.name,
        is_overall=budget.is_overall,
        first_month=budget.first,
        last_month=budget.last,
        counts=budget.counts,
    )
