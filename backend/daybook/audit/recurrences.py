"""Whether recurrences agree with their steps, and their instances with them.

The digests show that a row was changed. These checks show what the rows must mean,
however they came there: states follow from steps, nobody approved their own work, an
instance is what its version says, and an approval that it names was given to that
version. Numbers of steps are those of `daybook.adjustments`, which is a layer above.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import and_, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from daybook.audit.manual_journals import APPROVED as JOURNAL_APPROVED
from daybook.audit.manual_journals import DRAFT as JOURNAL_SAVED
from daybook.audit.statements import is_same, table_of
from daybook.calendar import first_day_of, last_day_of, month_text

SAVED, SUBMITTED, WITHDRAWN, APPROVED, REJECTED, ACTIVATED, ENDED = range(1, 8)
NAMES = (
    *("", "saved", "submitted", "withdrawn", "approved", "rejected"),
    *("active without approval", "ended"),
)
AFTER: Mapping[int, tuple[int, ...]] = {
    SAVED: (0, SAVED, WITHDRAWN, APPROVED, REJECTED, ACTIVATED),
    SUBMITTED: (SAVED, WITHDRAWN, REJECTED),
    WITHDRAWN: (SUBMITTED,),
    APPROVED: (SUBMITTED,),
    REJECTED: (SUBMITTED,),
    ACTIVATED: (SUBMITTED,),
    ENDED: (SAVED, SUBMITTED, WITHDRAWN, APPROVED, REJECTED, ACTIVATED),
}
"""The steps that each step may follow; 0 is none."""
STATUSES: Mapping[int, int] = {WITHDRAWN: SAVED, APPROVED: ACTIVATED}
"""The status after a step, where it isn't the step's own number."""
STATE = ("ledger_id", "status", "version", "saved_in", "last_step")


class _Step(NamedTuple):
    id: int
    number: int
    kind: int
    version: int
    setting: int
    user_id: int | None
    made_at: datetime


async def first_recurrence_inconsistency(
    session: AsyncSession, organisation_id: int
) -> str | None:
    """The first recurrence or instance that contradicts other rows, in words."""
    steps = await _steps(session, organisation_id)
    return (
        await _wrong_step(session, organisation_id, steps)
        or await _wrong_state(session, organisation_id, steps)
        or await _wrong_instance(session, organisation_id, steps)
    )


async def _steps(session: AsyncSession, organisation_id: int) -> dict[int, list[_Step]]:
    """All steps by recurrence, in their order."""
    its = table_of("recurrence_steps")
    rows = await session.execute(
        select(*(its.c[name] for name in _Step._fields))
        .where(its.c.organisation_id == organisation_id)
        .order_by(its.c.id)
    )
    found: dict[int, list[_Step]] = defaultdict(list)
    for row in rows:
        found[row.number].append(_Step(*row))
    return found


async def _wrong_step(
    session: AsyncSession, organisation_id: int, steps: Mapping[int, Sequence[_Step]]
) -> str | None:
    """A step that can't follow the one before, or that its own author approved."""
    author, setting = table_of("recurrence_authors"), table_of("four_eyes_settings")
    # Whoever approved a version may be an author of a later one.
    rows = await session.execute(
        select(author.c.number, author.c.user_id, func.min(author.c.step))
        .where(author.c.organisation_id == organisation_id)
        .group_by(author.c.number, author.c.user_id)
    )
    author_since = {(number, user_id): step for number, user_id, step in rows}
    on = await session.scalars(
        select(setting.c.number).where(
            setting.c.organisation_id == organisation_id, setting.c.is_on
        )
    )
    settings_on = set(on)
    for number, its in sorted(steps.items()):
        before, version = 0, 0
        for step in its:
            version += step.kind == SAVED
            where = f"R-{number}: step {step.id}"
            name = NAMES[step.kind] if step.kind in AFTER else str(step.kind)
            if before not in AFTER.get(step.kind, ()):
                return f"{where}, {name}, can't follow {NAMES[before] or 'nothing'}"
            if step.version != version:
                return f"{where} is about version {step.version}, not {version}"
            is_own = author_since.get((number, step.user_id), step.id) < step.id
            if step.kind == APPROVED and (step.user_id is None or is_own):
                return f"{where} was approved by one of its authors, or by nobody"
            if step.kind == ACTIVATED and step.setting in settings_on:
                return f"{where}: active without approval while four eyes was on"
            before = step.kind
    return None


async def _wrong_state(
    session: AsyncSession, organisation_id: int, steps: Mapping[int, Sequence[_Step]]
) -> str | None:
    """A state that isn't that of the recurrence's last step and version."""
    its, version = table_of("recurrences"), table_of("recurrence_versions")
    rows = await session.execute(
        select(its.c.number, *(its.c[name] for name in STATE)).where(
            its.c.organisation_id == organisation_id
        )
    )
    states = {row.number: tuple(row[1:]) for row in rows}
    rows = await session.execute(
        select(
            *(version.c.number, version.c.version),
            *(version.c.ledger_id, version.c.step),
        ).where(version.c.organisation_id == organisation_id)
    )
    saved = {(row.number, row.version): row for row in rows}
    for number in sorted({*states, *steps}):
        made = steps.get(number, ())
        content = saved.get((number, made[-1].version)) if made else None
        if number not in states or content is None:
            return f"R-{number}: its state, steps and versions are not all there"
        last = made[-1]
        status = STATUSES.get(last.kind, last.kind)
        due = (content.ledger_id, status, last.version, content.step, last.id)
        for name, now, then in zip(STATE, states[number], due, strict=True):
            if now != then:
                return f"R-{number}: its {name} is {now}, but its steps say {then}"
    return None


async def _wrong_instance(
    session: AsyncSession, organisation_id: int, steps: Mapping[int, Sequence[_Step]]
) -> str | None:
    """An instance that isn't its version's, or whose approval wasn't given to it."""
    by_id = {step.id: step for its in steps.values() for step in its}
    made = await _lines(session, organisation_id, "manual_lines")
    due = await _lines(session, organisation_id, "recurrence_lines")
    for row in await _instances(session, organisation_id):
        where = (
            f"MJ-{row.journal}, made by R-{row.recurrence} for {month_text(row.month)}"
        )
        if row.saved_in is None or row.day is None or row.made_at is None:
            return f"{where}: its version or the recurrence's is not there"
        if _as_made(row) != _as_due(row) or made[row.step] != due[row.saved_in]:
            return f"{where}: it isn't what version {row.version} says"
        if row.approved_in is not None:
            approval = by_id.get(row.approved_in)
            if approval is None or not _is_approval_of(approval, row):
                return f"{where}: the approval that it names isn't its version's"
            if row.user_id != approval.user_id:
                return f"{where}: its approver isn't the recurrence's"
    return None


def _is_approval_of(approval: _Step, row: Any) -> bool:
    """Whether a step approved an instance's version before the instance was made."""
    return (
        approval.kind == APPROVED
        and (approval.number, approval.version) == (row.recurrence, row.version)
        and approval.made_at <= row.made_at
    )


def _as_made(row: Any) -> tuple[Any, ...]:
    """What an instance was saved as."""
    return (
        *(row.ledger_id, row.kind, row.narrative, row.customer_id, row.product_id),
        *(row.adjusts, row.day, row.reverses_on),
    )


def _as_due(row: Any) -> tuple[Any, ...]:
    """What the recurrence's version says for the instance's month."""
    month = row.month
    if not row.first_month <= month <= (row.until_month or month):
        return ()
    day = min(first_day_of(month) + row.day_of_month - 1, last_day_of(month))
    return (
        *(row.its_ledger_id, row.its_kind, row.its_narrative),
        *(row.its_customer_id, row.its_product_id, None, day),
        first_day_of(month + 1) if row.reverses else None,
    )


async def _instances(session: AsyncSession, organisation_id: int) -> Sequence[Any]:
    """Instances with what they were saved as, their version, and their approval."""
    its, step = table_of("recurrence_instances"), table_of("manual_steps")
    made, due = table_of("manual_versions"), table_of("recurrence_versions")
    approval = table_of("manual_steps").alias("approval")
    is_saved = and_(
        is_same(step, its, "organisation_id", id="step", number="journal"),
        step.c.kind == JOURNAL_SAVED,
    )
    is_approved = and_(
        is_same(approval, its, "organisation_id", number="journal"),
        approval.c.kind == JOURNAL_APPROVED,
        approval.c.version == 1,
    )
    is_due = is_same(due, its, "organisation_id", "version", number="recurrence")
    shared = ("ledger_id", "kind", "narrative", "customer_id", "product_id")
    rows = await session.execute(
        select(
            *(its.c.recurrence, its.c.month, its.c.version, its.c.journal),
            *(its.c.step, its.c.approved_in, step.c.made_at, approval.c.user_id),
            *(made.c[name] for name in (*shared, "adjusts", "day", "reverses_on")),
            *(due.c[name].label(f"its_{name}") for name in shared),
            *(due.c.day_of_month, due.c.first_month, due.c.until_month),
            *(due.c.reverses, due.c.step.label("saved_in")),
        )
        .select_from(
            its.outerjoin(step, is_saved)
            .outerjoin(made, is_same(made, its, "organisation_id", "step"))
            .outerjoin(due, is_due)
            .outerjoin(approval, is_approved)
        )
        .where(its.c.organisation_id == organisation_id)
        .order_by(its.c.recurrence, its.c.month)
    )
    return rows.all()


async def _lines(
    session: AsyncSession, organisation_id: int, table: str
) -> dict[int, list[tuple[Any, ...]]]:
    """The lines of instances or of their versions, by the steps that saved them."""
    its, instance = table_of(table), table_of("recurrence_instances")
    due = table_of("recurrence_versions")
    columns = (
        *("position", "role", "is_debit", "amount", "description"),
        *("customer_id", "product_id"),
    )
    steps = select(instance.c.step).where(instance.c.organisation_id == organisation_id)
    if table == "recurrence_lines":
        is_due = is_same(
            *(due, instance, "organisation_id", "version"), number="recurrence"
        )
        steps = (
            select(due.c.step)
            .join(instance, is_due)
            .where(due.c.organisation_id == organisation_id)
        )
    rows = await session.execute(
        select(its.c.step, *(its.c[name] for name in columns))
        .where(its.c.organisation_id == organisation_id, its.c.step.in_(steps))
        .order_by(its.c.step, its.c.position)
    )
    found: dict[int, list[tuple[Any, ...]]] = defaultdict(list)
    for step, *line in rows:
        found[step].append(tuple(line))
    return found
