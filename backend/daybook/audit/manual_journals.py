"""Whether manual journals agree with their steps, authors and what was posted.

The digests show that a row was changed. These checks show what the rows must mean,
however they came there: states follow from steps, nobody approved their own work, and
what was posted is what the version says. Numbers of steps and parts are those of
`daybook.adjustments.rules`, which is a layer above.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple, TypeAlias

from sqlalchemy import and_, case, func, select, union_all
from sqlalchemy.ext.asyncio import AsyncSession

from daybook.audit.statements import is_same, table_of
from daybook.calendar import day_text
from daybook.db.lists import in_lists
from daybook.ledger.rules import stored_role

DRAFT, SUBMITTED, WITHDRAWN, APPROVED, REJECTED, POSTED, DISCARDED, REVERSED = range(
    1, 9
)
NAMES = (
    *("", "saved", "submitted", "withdrawn", "approved"),
    *("rejected", "posted", "discarded", "reversed"),
)
AFTER: Mapping[int, tuple[int, ...]] = {
    DRAFT: (0, DRAFT, WITHDRAWN, REJECTED),
    SUBMITTED: (DRAFT, WITHDRAWN, REJECTED),
    WITHDRAWN: (SUBMITTED,),
    APPROVED: (SUBMITTED,),
    REJECTED: (SUBMITTED,),
    POSTED: (SUBMITTED, APPROVED),
    DISCARDED: (DRAFT, WITHDRAWN, REJECTED),
    REVERSED: (POSTED,),
}
"""The steps that each step may follow; 0 is none."""
ORIGINAL, REVERSAL, UNDO, UNDO_OF_REVERSAL = range(1, 5)
MIRRORED = {REVERSAL, UNDO}

STATE = ("status", "version", "saved_in", "last_step", "kind", "day", "adjusts")

Sums: TypeAlias = dict[tuple[Any, ...], int]
"""Debits less credits by part, day, customer, role and product."""


class _Step(NamedTuple):
    id: int
    number: int
    kind: int
    version: int
    user_id: int | None


async def first_manual_inconsistency(
    session: AsyncSession, organisation_id: int
) -> str | None:
    """The first manual journal or decision that contradicts other rows, in words."""
    steps = await _steps(session, organisation_id)
    return (
        await _wrong_step(session, organisation_id, steps)
        or await _wrong_state(session, organisation_id, steps)
        or await _wrong_posting(session, organisation_id, steps)
        or await _wrong_decision(session, organisation_id)
        or await _wrong_setting(session, organisation_id)
    )


async def _steps(session: AsyncSession, organisation_id: int) -> dict[int, list[_Step]]:
    """All steps by journal, in their order."""
    its = table_of("manual_steps")
    rows = await session.execute(
        select(its.c.id, its.c.number, its.c.kind, its.c.version, its.c.user_id)
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
    authors = await _pairs(session, organisation_id, "manual_authors", "number")
    switches = await _switches(session, organisation_id)
    for number, its in sorted(steps.items()):
        before, version = 0, 0
        for step in its:
            version += step.kind == DRAFT
            where = f"MJ-{number}: step {step.id}"
            name = NAMES[step.kind] if step.kind in AFTER else str(step.kind)
            if before not in AFTER.get(step.kind, ()):
                return f"{where}, {name}, can't follow {NAMES[before] or 'nothing'}"
            if step.version != version:
                return f"{where} is about version {step.version}, not {version}"
            if step.kind == APPROVED and (
                step.user_id is None or (number, step.user_id) in authors
            ):
                return f"{where} was approved by one of its authors, or by nobody"
            if (
                step.kind == POSTED
                and before == SUBMITTED
                and _is_on(switches, step.id)
            ):
                return f"{where} was posted without approval while four eyes was on"
            before = step.kind
    return None


async def _pairs(
    session: AsyncSession, organisation_id: int, table: str, column: str
) -> set[tuple[int, int]]:
    """Whose work something is: its number and a user."""
    its = table_of(table)
    rows = await session.execute(
        select(its.c[column], its.c.user_id).where(
            its.c.organisation_id == organisation_id
        )
    )
    return {(number, user_id) for number, user_id in rows}


async def _switches(
    session: AsyncSession, organisation_id: int
) -> list[tuple[int, bool]]:
    """When four eyes was turned on or off, as the last step before it."""
    its = table_of("four_eyes_settings")
    rows = await session.execute(
        select(its.c.last_step, its.c.is_on)
        .where(its.c.organisation_id == organisation_id)
        .order_by(its.c.number)
    )
    return [(last_step, bool(is_on)) for last_step, is_on in rows]


def _is_on(switches: Sequence[tuple[int, bool]], step: int) -> bool:
    before = [is_on for last_step, is_on in switches if last_step < step]
    return bool(before) and before[-1]


async def _wrong_state(
    session: AsyncSession, organisation_id: int, steps: Mapping[int, Sequence[_Step]]
) -> str | None:
    """A state that isn't that of the journal's last step and version."""
    journal, version = table_of("manual_journals"), table_of("manual_versions")
    rows = await session.execute(
        select(journal.c.number, journal.c.ledger_id, *(journal.c[n] for n in STATE))
        .where(journal.c.organisation_id == organisation_id)
        .order_by(journal.c.number)
    )
    states = {row.number: tuple(row[1:]) for row in rows}
    versions = await session.execute(
        select(
            *(version.c.number, version.c.version, version.c.ledger_id),
            *(version.c.step, version.c.kind, version.c.day, version.c.adjusts),
        ).where(version.c.organisation_id == organisation_id)
    )
    saved = {(row.number, row.version): row for row in versions}
    for number in sorted({*states, *steps}):
        its = steps.get(number, ())
        content = saved.get((number, its[-1].version)) if its else None
        if number not in states or content is None:
            return f"MJ-{number}: its state, steps and versions are not all there"
        last = its[-1]
        status = DRAFT if last.kind == WITHDRAWN else last.kind
        due = (
            *(content.ledger_id, status, last.version, content.step, last.id),
            *(content.kind, content.day, content.adjusts),
        )
        for name, now, then in zip(
            ("ledger_id", *STATE), states[number], due, strict=True
        ):
            if now != then:
                return f"MJ-{number}: its {name} is {now}, but its steps say {then}"
    return None


async def _wrong_posting(
    session: AsyncSession, organisation_id: int, steps: Mapping[int, Sequence[_Step]]
) -> str | None:
    """A posted journal whose movements aren't the lines of its version."""
    posting = [
        step
        for its in steps.values()
        for step in its
        if step.kind in {POSTED, REVERSED}
    ]
    for some in in_lists(sorted(posting)):
        due = await _due(session, organisation_id, some)
        found = await _found(session, organisation_id, some)
        for step in some:
            if due[step.id] != found[step.id]:
                words = _difference(due[step.id], found[step.id])
                name = NAMES[step.kind]
                return f"MJ-{step.number}: what was {name} isn't its version: {words}"
    return None


def _difference(due: Sums, found: Sums) -> str:
    """The first sum that differs."""
    keys = sorted({*due, *found}, key=lambda key: tuple(part or 0 for part in key))
    key = next(key for key in keys if due.get(key) != found.get(key))
    _, day, customer, role, product = key
    place = f"{stored_role(role)} on {day_text(day)}" if day else stored_role(role)
    return (
        f"{place}, customer {customer}, product {product}: {found.get(key, 0)}, and the"
        f" lines sum to {due.get(key, 0)}"
    )


async def _due(
    session: AsyncSession, organisation_id: int, steps: Sequence[_Step]
) -> dict[int, Sums]:
    """What each step should have posted, by the lines of its version."""
    version, line = table_of("manual_versions"), table_of("manual_lines")
    wanted = {(step.number, step.version) for step in steps}
    rows = await session.execute(
        select(
            *(version.c.number, version.c.version, version.c.day),
            *(version.c.reverses_on, line.c.role, line.c.is_debit, line.c.amount),
            _effective(version, line, "customer_id"),
            _effective(version, line, "product_id"),
        )
        .join(line, is_same(line, version, "organisation_id", "step"))
        .where(
            version.c.organisation_id == organisation_id,
            version.c.number.in_({number for number, _ in wanted}),
        )
    )
    lines: dict[tuple[int, int], list[Any]] = defaultdict(list)
    for row in rows:
        lines[row.number, row.version].append(row)
    due: dict[int, Sums] = {}
    for step in steps:
        sums: Sums = defaultdict(int)
        for row in lines[step.number, step.version]:
            amount = row.amount if row.is_debit else -row.amount
            for part, day in _parts(step.kind, row.day, row.reverses_on):
                key = (part, day, row.customer_id, row.role, row.product_id)
                sums[key] += -amount if part in MIRRORED else amount
        due[step.id] = {key: amount for key, amount in sums.items() if amount}
    return due


def _effective(version: Any, line: Any, column: str) -> Any:
    """What a line really has: its own, or the header's; a mirror only its own."""
    own = func.coalesce(line.c[column], version.c[column])
    return case((line.c.is_mirror, line.c[column]), else_=own).label(column)


def _parts(kind: int, day: int, reverses_on: int | None) -> Iterator[tuple[int, int]]:
    """The parts that a step posts, and their days; an undo may post later: 0."""
    yield (ORIGINAL, day) if kind == POSTED else (UNDO, 0)
    if reverses_on is not None:
        yield (REVERSAL, reverses_on) if kind == POSTED else (UNDO_OF_REVERSAL, 0)


async def _found(
    session: AsyncSession, organisation_id: int, steps: Sequence[_Step]
) -> dict[int, Sums]:
    """What each step posted, by movements."""
    posted, journal = table_of("manual_documents"), table_of("journals")
    movement = table_of("movements")
    is_posted = is_same(journal, posted, "ledger_id", "document_id")
    is_its = is_same(movement, journal, "ledger_id", journal="number")

    def side(name: str, sign: int) -> Any:
        own = movement.c[f"{name}_product_id"]
        return (
            select(
                *(posted.c.step, posted.c.part, movement.c.first_day),
                *(journal.c.customer_id, movement.c[f"{name}_role"].label("role")),
                func.coalesce(own, journal.c.product_id).label("product_id"),
                (sign * movement.c.amount).label("amount"),
            )
            .select_from(posted)
            .join(journal, is_posted)
            .join(movement, is_its)
            .where(
                posted.c.organisation_id == organisation_id,
                posted.c.step.in_([step.id for step in steps]),
                movement.c.superseded_in.is_(None),
                movement.c.first_day == movement.c.last_day,
            )
        )

    # Summed here, since a database refuses sums that an edit by hand makes too large.
    rows = await session.execute(union_all(side("debit", 1), side("credit", -1)))
    found: dict[int, Sums] = {step.id: defaultdict(int) for step in steps}
    for step, part, day, customer_id, role, product_id, amount in rows:
        at = 0 if part in {UNDO, UNDO_OF_REVERSAL} else day
        found[step][part, at, customer_id, role, product_id] += int(amount)
    return {
        step: {key: amount for key, amount in sums.items() if amount}
        for step, sums in found.items()
    }


async def _wrong_decision(session: AsyncSession, organisation_id: int) -> str | None:
    """A change that was approved by somebody whose request it was, or by nobody."""
    requesters = await _pairs(session, organisation_id, "change_requesters", "request")
    its = table_of("change_decisions")
    rows = await session.execute(
        select(its.c.request, its.c.user_id)
        .where(its.c.organisation_id == organisation_id, its.c.outcome == 1)
        .order_by(its.c.request)
    )
    for request, user_id in rows:
        if user_id is None or (request, user_id) in requesters:
            return (
                f"change request {request} was approved by somebody who requested it,"
                " or by nobody"
            )
    return None


async def _wrong_setting(session: AsyncSession, organisation_id: int) -> str | None:
    """Four eyes that was turned off without an approved request to do so."""
    its, request = table_of("four_eyes_settings"), table_of("change_requests")
    decision = table_of("change_decisions")
    is_asked = and_(
        is_same(request, its, "organisation_id", number="request"),
        request.c.kind == 1,
    )
    is_approved = and_(
        is_same(decision, its, "organisation_id", request="request"),
        decision.c.outcome == 1,
    )
    number = await session.scalar(
        select(its.c.number)
        .select_from(its.outerjoin(request, is_asked).outerjoin(decision, is_approved))
        .where(
            its.c.organisation_id == organisation_id,
            its.c.is_on.is_(False),
            (request.c.number.is_(None)) | (decision.c.request.is_(None)),
        )
        .order_by(its.c.number)
        .limit(1)
    )
    if number is not None:
        return (
            f"four eyes was turned off (setting {number}) without an approved request"
        )
    twice = await session.scalar(
        select(its.c.request)
        .where(its.c.organisation_id == organisation_id, its.c.request.is_not(None))
        .group_by(its.c.request)
        .having(func.count() > 1)
        .limit(1)
    )
    if twice is None:
        return None
    return f"four eyes was turned off twice by change request {twice}"
