"""Statements that select the rows that digests cover, each row with its key."""

from collections.abc import Callable
from typing import Any, TypeAlias

from sqlalchemy import (
    ColumnElement,
    FromClause,
    Select,
    Table,
    and_,
    case,
    false,
    func,
    literal,
    null,
    or_,
    select,
    true,
    union_all,
)

from daybook.db.base import Base

Rows: TypeAlias = Select[*tuple[Any, ...]]
Keys: TypeAlias = tuple[int, int]
"""The first and the last key."""
Id: TypeAlias = ColumnElement[int]
Range: TypeAlias = tuple[ColumnElement[int], ColumnElement[int]]
"""Parameters for keys."""
Statement: TypeAlias = Callable[[Id, Range | None], Rows]
"""Selects rows of a ledger or organisation by its id: the key, then the columns.

The range of keys narrows the rows only where an index helps: others may be selected
too."""


def table_of(name: str) -> Table:
    """A table by its name, since the features that declare tables are layers above."""
    return Base.metadata.tables[name]


def names(text: str) -> tuple[str, ...]:
    """Names separated by spaces."""
    return tuple(text.split())


def is_same(
    row: FromClause, other: FromClause, *columns: str, **renamed: str
) -> ColumnElement[bool]:
    """Whether two rows agree in columns; `renamed` maps names to those of `other`."""
    pairs = {name: name for name in columns} | renamed
    return and_(*(row.c[name] == other.c[theirs] for name, theirs in pairs.items()))


def _selected(
    source: FromClause, columns: tuple[str, ...], *empty: str
) -> list[ColumnElement[Any]]:
    """A table's columns; those in `empty`, which are only set later, as NULL."""
    return [null().label(name) if name in empty else source.c[name] for name in columns]


def _sparse_condition(table: FromClause, generation: int) -> ColumnElement[bool]:
    """Whether the newest sparse column with a value is of a generation; 0 for none."""
    sparse = [(column, column.info["sparse"]) for column in table.c if column.info]
    later = (column.is_(None) for column, its in sparse if its > generation)
    if not generation:
        return and_(true(), *later)
    own = (column.is_not(None) for column, its in sparse if its == generation)
    return and_(or_(false(), *own), *later)


def by_column(
    key: str,
    name: str,
    columns: tuple[str, ...],
    *empty: str,
    generation: int | None = None,
) -> Statement:
    """Rows of a ledger's table, keyed by a column.

    With a `generation`, only rows whose newest sparse column with a value is of it; 0
    for rows that have none. Each generation has its own form, so that a row can't turn
    from one into the other unnoticed.
    """

    def statement(ledger_id: Id, keys: Range | None) -> Rows:
        table = table_of(name)
        found = select(table.c[key].label("key"), *_selected(table, columns, *empty))
        found = found.where(table.c.ledger_id == ledger_id, table.c[key].is_not(None))
        if generation is not None:
            found = found.where(_sparse_condition(table, generation))
        return found if keys is None else found.where(table.c[key].between(*keys))

    return statement


def by_number(
    name: str, columns: tuple[str, ...], generation: int, key: str = "number"
) -> Statement:
    """Rows of an organisation's table, keyed by their own number, or by another's.

    Those whose newest sparse column with a value is of a generation; 0 for those that
    have none.
    """

    def statement(organisation_id: Id, keys: Range | None) -> Rows:
        table = table_of(name)
        found = select(table.c[key].label("key"), *_selected(table, columns))
        found = found.where(
            table.c.organisation_id == organisation_id,
            _sparse_condition(table, generation),
        )
        return found if keys is None else found.where(table.c[key].between(*keys))

    return statement


MOVEMENT = names("ledger_id journal seq")
"""The primary key of a movement."""


def of_movements(name: str, columns: tuple[str, ...]) -> Statement:
    """Rows that belong to a movement, keyed by the recording that wrote it."""

    def statement(ledger_id: Id, keys: Range | None) -> Rows:
        del keys
        part, movement = table_of(name), table_of("movements")
        at = is_same(part, movement, *MOVEMENT)
        key = func.coalesce(movement.c.recorded_in, 0).label("key")
        return (
            select(key, *_selected(part, columns))
            .select_from(part.outerjoin(movement, at))
            .where(part.c.ledger_id == ledger_id)
        )

    return statement


def _is_its(child: FromClause, document: FromClause) -> ColumnElement[bool]:
    return is_same(child, document, "ledger_id", document_id="id")


def _was_touched(document: FromClause, keys: Range) -> ColumnElement[bool]:
    """Whether one of the recordings added or last revised a document."""
    return or_(
        document.c.recorded_in.between(*keys), document.c.revised_in.between(*keys)
    )


DOCUMENTS = names(
    "ledger_id id kind external_id number customer_id issued_on accounting_date"
    " parent_id content_hash recorded_in status discount revised_in"
)


def documents(ledger_id: Id, keys: Range | None) -> Rows:
    """Every state that a document had, keyed by the recording that wrote it."""
    now, then = table_of("documents"), table_of("document_versions")
    made_in = func.coalesce(now.c.revised_in, now.c.recorded_in)
    present = select(made_in.label("key"), *_selected(now, DOCUMENTS)).where(
        now.c.ledger_id == ledger_id
    )
    revised_in = case((then.c.made_in != now.c.recorded_in, then.c.made_in))
    kept: dict[str, ColumnElement[Any]] = {
        name: then.c[name] for name in DOCUMENTS if name in then.c
    }
    kept["revised_in"] = revised_in
    past = (
        select(
            then.c.made_in.label("key"),
            *(kept.get(name, now.c[name]).label(name) for name in DOCUMENTS),
        )
        .select_from(then.join(now, _is_its(then, now)))
        .where(then.c.ledger_id == ledger_id)
    )
    if keys is not None:
        present = present.where(_was_touched(now, keys))
        past = past.where(then.c.made_in.between(*keys))
    return select(*union_all(present, past).subquery().c)


LINES = names(
    "ledger_id document_id position external_id description amount schedule_id"
    " group_key recorded_in superseded_in"
)


def lines(ledger_id: Id, keys: Range | None) -> Rows:
    """Lines, keyed by the recording of their document or of the revision with them."""
    line, document = table_of("document_lines"), table_of("documents")
    key = func.coalesce(line.c.recorded_in, document.c.recorded_in, 0).label("key")
    found = (
        select(key, *_selected(line, LINES, "superseded_in"))
        .select_from(line.outerjoin(document, _is_its(line, document)))
        .where(line.c.ledger_id == ledger_id)
    )
    return found if keys is None else found.where(_was_touched(document, keys))


GRANTS = names("ledger_id schedule_id external_id customer_id recorded_in")


def grants(ledger_id: Id, keys: Range | None) -> Rows:
    """Credit grants; without a stored recording they count as the first recording's."""
    del keys
    grant = table_of("credit_grants")
    key = func.coalesce(grant.c.recorded_in, 1).label("key")
    return select(key, *_selected(grant, GRANTS)).where(grant.c.ledger_id == ledger_id)


def ended_lines(ledger_id: Id, keys: Range | None) -> Rows:
    """Keys of lines that a revision superseded, keyed by its recording."""
    line, document = table_of("document_lines"), table_of("documents")
    columns = _selected(line, names("ledger_id document_id position"))
    found = select(line.c.superseded_in.label("key"), *columns).where(
        line.c.ledger_id == ledger_id, line.c.superseded_in.is_not(None)
    )
    if keys is None:
        return found
    return found.join(document, _is_its(line, document)).where(
        _was_touched(document, keys)
    )


def parties(
    name: str, former: str, id_: str, columns: tuple[str, ...], *empty: str
) -> Statement:
    """Customers or products as they were first recorded, keyed by their number."""

    def statement(organisation_id: Id, keys: Range | None) -> Rows:
        now, then, other = table_of(name), table_of(former), table_of(former).alias()
        party = {"organisation_id": "organisation_id", id_: "id"}
        first = (
            select(func.min(other.c.until))
            .where(is_same(other, now, **party))
            .scalar_subquery()
        )
        is_first = and_(is_same(then, now, **party), then.c.until == first)
        found = (
            select(now.c.id.label("key"), *_as_of(now, then, columns, *empty))
            .select_from(now.outerjoin(then, is_first))
            .where(now.c.organisation_id == organisation_id)
        )
        return found if keys is None else found.where(now.c.id.between(*keys))

    return statement


def renamed(name: str, former: str, id_: str, columns: tuple[str, ...]) -> Statement:
    """The names of customers or products after a renaming, keyed by its number."""

    def statement(organisation_id: Id, keys: Range | None) -> Rows:
        now, then, other = table_of(name), table_of(former), table_of(former).alias()
        renaming, party = table_of(former).alias(), ("organisation_id", id_)
        later = (
            select(func.min(other.c.until))
            .where(is_same(other, renaming, *party), other.c.until > renaming.c.until)
            .scalar_subquery()
        )
        is_next = and_(is_same(then, renaming, *party), then.c.until == later)
        is_its = is_same(renaming, now, "organisation_id", **{id_: "id"})
        key = renaming.c.until.label("key")
        found = (
            select(key, *_as_of(now, then, columns))
            .select_from(renaming.join(now, is_its).outerjoin(then, is_next))
            .where(renaming.c.organisation_id == organisation_id)
        )
        return found if keys is None else found.where(renaming.c.until.between(*keys))

    return statement


def _as_of(
    now: FromClause, then: FromClause, columns: tuple[str, ...], *empty: str
) -> list[ColumnElement[Any]]:
    """Columns of a former state if there is one, else of the present."""
    found: list[ColumnElement[Any]] = []
    for name in columns:
        if name in empty:
            found.append(null().label(name))
        elif name in then.c and name != "organisation_id":
            was = case((then.c.until.is_(None), now.c[name]), else_=then.c[name])
            found.append(was.label(name))
        else:
            found.append(now.c[name])
    return found


def state(name: str, columns: tuple[str, ...], *non_null: str) -> Statement:
    """All rows of an organisation in a table whose `given` columns are set."""

    def statement(organisation_id: Id, keys: Range | None) -> Rows:
        del keys
        table = table_of(name)
        owner = table.c.id if name == "organisations" else table.c.organisation_id
        return select(literal(0).label("key"), *_selected(table, columns)).where(
            owner == organisation_id,
            *(table.c[column].is_not(None) for column in non_null),
        )

    return statement


MEMBERSHIPS = names("organisation_id user_id role joined_at accepted_at name email")


def memberships(organisation_id: Id, keys: Range | None) -> Rows:
    """Members with their addresses."""
    del keys
    membership, user = table_of("memberships"), table_of("users")
    columns = [
        (user if name == "email" else membership).c[name] for name in MEMBERSHIPS
    ]
    return (
        select(literal(0).label("key"), *columns)
        .select_from(membership.outerjoin(user, user.c.id == membership.c.user_id))
        .where(membership.c.organisation_id == organisation_id)
    )


EARLIER = names(
    "organisation_id number recorded_at made_by action subject_kind subject_id user"
    " details previous_hash hash"
)


def earlier_records(organisation_id: Id, keys: Range | None) -> Rows:
    """Audit records whose hashes used persons' names as text."""
    record = table_of("audit_records")
    is_user = record.c.subject_kind == "USER"
    parts: dict[str, ColumnElement[Any]] = {
        "subject_id": case((~is_user, record.c.subject_id)),
        "user": case((is_user, record.c.subject_id)),
    }
    columns = [
        (parts[name] if name in parts else record.c[name]).label(name)
        for name in EARLIER
    ]
    found = select(record.c.number.label("key"), *columns).where(
        record.c.organisation_id == organisation_id, record.c.digest.is_(None)
    )
    return found if keys is None else found.where(record.c.number.between(*keys))
