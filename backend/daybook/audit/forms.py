"""Which rows the audit trail's digests cover: table, columns, and what attributes them.

Each row has a key, such as the number of the recording that wrote it, and each digest
covers the rows of some keys. Rows that change are covered as what they were: a document
by the versions that are kept of it, a customer by their former names.

A form that has been used never changes. A table that gets a column gets a new form with
a number of its own; the old one still says what earlier digests hold.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any, TypeAlias

from sqlalchemy import (
    ColumnElement,
    FromClause,
    Select,
    Table,
    and_,
    case,
    func,
    literal,
    null,
    or_,
    select,
    union_all,
)

from daybook.db.base import Base
from daybook.db.digests import ENDED_COLUMNS, ENDED_DOCUMENTS, ENDED_MOVEMENTS

Rows: TypeAlias = Select[*tuple[Any, ...]]
Keys: TypeAlias = tuple[int, int]
"""The first and the last key."""
Statement: TypeAlias = Callable[[int, Keys | None], Rows]
"""Rows of a ledger or an organisation by its id: first their key, then the columns.

The keys narrow it where an index helps; rows of others may come too."""


class Key(Enum):
    """What attributes rows to digests."""

    RECORDING = "recording"
    """The number of the recording that wrote them."""
    NUMBER = "number"
    """A number of their own, or their schedule's, given in order and without gaps."""
    ORGANISATION = "organisation"
    """As `NUMBER`, and the rows are an organisation's."""
    STATE = "state"
    """None: a digest is of all that an organisation has at the time."""


@dataclass(frozen=True, slots=True)
class Form:
    """Rows that are digested together; `name` and `columns` are part of the digest.

    The first `order` columns are the primary key. `persons` are columns with names of
    persons: in a digest, hashes stand for them. `covers` are columns of other names or
    tables that the rows also depend on.
    """

    number: int
    name: str
    key: Key
    columns: tuple[str, ...]
    order: int
    statement: Statement
    persons: tuple[str, ...] = ()
    covers: tuple[str, ...] = ()

    def rows(self, id_: int, keys: Keys | None = None) -> Rows:
        """Rows of a ledger or an organisation, ordered by key and primary key."""
        found = self.statement(id_, keys).subquery()
        key, *columns = found.c
        statement = select(key, *columns).order_by(key, *columns[: self.order])
        return statement if keys is None else statement.where(key.between(*keys))

    def covered(self) -> frozenset[str]:
        """The columns, as `table.column`, whose change a digest shows."""
        return frozenset(
            [*(f"{self.name}.{column}" for column in self.columns), *self.covers]
        )


def table_of(name: str) -> Table:
    """A table by its name: features declare them, and stand above."""
    return Base.metadata.tables[name]


def _names(text: str) -> tuple[str, ...]:
    return tuple(text.split())


def _selected(
    source: FromClause, columns: tuple[str, ...], *empty: str
) -> list[ColumnElement[Any]]:
    """A table's columns; those that are only set later are empty."""
    return [null().label(name) if name in empty else source.c[name] for name in columns]


def _by(key: str, name: str, columns: tuple[str, ...], *empty: str) -> Statement:
    """Rows of a ledger's table whose key is a column."""

    def statement(ledger_id: int, keys: Keys | None) -> Rows:
        its = table_of(name)
        found = select(its.c[key].label("key"), *_selected(its, columns, *empty))
        found = found.where(its.c.ledger_id == ledger_id, its.c[key].is_not(None))
        return found if keys is None else found.where(its.c[key].between(*keys))

    return statement


def _of_movements(name: str, columns: tuple[str, ...]) -> Statement:
    """Rows that belong to a movement, by the recording that wrote it."""

    def statement(ledger_id: int, keys: Keys | None) -> Rows:
        del keys
        its, movement = table_of(name), table_of("movements")
        at = and_(
            *(its.c[one] == movement.c[one] for one in ("ledger_id", "journal", "seq"))
        )
        key = func.coalesce(movement.c.recorded_in, 0).label("key")
        return (
            select(key, *_selected(its, columns))
            .select_from(its.outerjoin(movement, at))
            .where(its.c.ledger_id == ledger_id)
        )

    return statement


def _is_its(child: FromClause, document: FromClause) -> ColumnElement[bool]:
    return and_(
        child.c.ledger_id == document.c.ledger_id, child.c.document_id == document.c.id
    )


def _was_touched(document: FromClause, keys: Keys) -> ColumnElement[bool]:
    """Whether one of the recordings made a document, or made it what it is."""
    return or_(
        document.c.recorded_in.between(*keys), document.c.revised_in.between(*keys)
    )


DOCUMENTS = _names(
    "ledger_id id kind external_id number customer_id issued_on accounting_date"
    " parent_id content_hash recorded_in status discount revised_in"
)


def _documents(ledger_id: int, keys: Keys | None) -> Rows:
    """Every state that a document had, by the recording that made it so."""
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


LINES = _names(
    "ledger_id document_id position external_id description amount schedule_id"
    " group_key recorded_in superseded_in"
)


def _lines(ledger_id: int, keys: Keys | None) -> Rows:
    """Lines, by the recording of their document or of the revision that added them."""
    line, document = table_of("document_lines"), table_of("documents")
    key = func.coalesce(line.c.recorded_in, document.c.recorded_in, 0).label("key")
    found = (
        select(key, *_selected(line, LINES, "superseded_in"))
        .select_from(line.outerjoin(document, _is_its(line, document)))
        .where(line.c.ledger_id == ledger_id)
    )
    return found if keys is None else found.where(_was_touched(document, keys))


def _ended_lines(ledger_id: int, keys: Keys | None) -> Rows:
    line, document = table_of("document_lines"), table_of("documents")
    columns = _selected(line, _names("ledger_id document_id position"))
    found = select(line.c.superseded_in.label("key"), *columns).where(
        line.c.ledger_id == ledger_id, line.c.superseded_in.is_not(None)
    )
    if keys is None:
        return found
    return found.join(document, _is_its(line, document)).where(
        _was_touched(document, keys)
    )


def _parties(
    name: str, former: str, id_: str, columns: tuple[str, ...], *empty: str
) -> Statement:
    """Customers or products as they were recorded first, by their number."""

    def statement(organisation_id: int, keys: Keys | None) -> Rows:
        now, then, other = table_of(name), table_of(former), table_of(former).alias()
        first = (
            select(func.min(other.c.until))
            .where(
                other.c.organisation_id == now.c.organisation_id,
                other.c[id_] == now.c.id,
            )
            .scalar_subquery()
        )
        is_first = and_(
            then.c.organisation_id == now.c.organisation_id,
            then.c[id_] == now.c.id,
            then.c.until == first,
        )
        found = (
            select(now.c.id.label("key"), *_as_of(now, then, columns, *empty))
            .select_from(now.outerjoin(then, is_first))
            .where(now.c.organisation_id == organisation_id)
        )
        return found if keys is None else found.where(now.c.id.between(*keys))

    return statement


def _renamed(name: str, former: str, id_: str, columns: tuple[str, ...]) -> Statement:
    """What customers or products were called after a renaming, by its number."""

    def statement(organisation_id: int, keys: Keys | None) -> Rows:
        now, then, other = table_of(name), table_of(former), table_of(former).alias()
        renaming = table_of(former).alias()
        later = (
            select(func.min(other.c.until))
            .where(
                other.c.organisation_id == renaming.c.organisation_id,
                other.c[id_] == renaming.c[id_],
                other.c.until > renaming.c.until,
            )
            .scalar_subquery()
        )
        is_next = and_(
            then.c.organisation_id == renaming.c.organisation_id,
            then.c[id_] == renaming.c[id_],
            then.c.until == later,
        )
        is_its = and_(
            now.c.organisation_id == renaming.c.organisation_id,
            now.c.id == renaming.c[id_],
        )
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
    """Columns of a former state where there is one, and else of the present."""
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


def _state(name: str, columns: tuple[str, ...], *given: str) -> Statement:
    """All that an organisation has in a table, where the given columns are set."""

    def statement(organisation_id: int, keys: Keys | None) -> Rows:
        del keys
        its = table_of(name)
        owner = its.c.id if name == "organisations" else its.c.organisation_id
        return select(literal(0).label("key"), *_selected(its, columns)).where(
            owner == organisation_id, *(its.c[one].is_not(None) for one in given)
        )

    return statement


MEMBERSHIPS = _names("organisation_id user_id role joined_at accepted_at email")


def _memberships(organisation_id: int, keys: Keys | None) -> Rows:
    """Members with their addresses."""
    del keys
    its, user = table_of("memberships"), table_of("users")
    columns = [(user if name == "email" else its).c[name] for name in MEMBERSHIPS]
    return (
        select(literal(0).label("key"), *columns)
        .select_from(its.outerjoin(user, user.c.id == its.c.user_id))
        .where(its.c.organisation_id == organisation_id)
    )


EARLIER = _names(
    "organisation_id number recorded_at made_by action subject_kind subject_id user"
    " details previous_hash hash"
)


def _earlier_records(organisation_id: int, keys: Keys | None) -> Rows:
    """Audit records that were chained with persons' names in them."""
    its = table_of("audit_records")
    is_user = its.c.subject_kind == "USER"
    parts: dict[str, ColumnElement[Any]] = {
        "subject_id": case((~is_user, its.c.subject_id)),
        "user": case((is_user, its.c.subject_id)),
    }
    columns = [
        (parts[name] if name in parts else its.c[name]).label(name) for name in EARLIER
    ]
    found = select(its.c.number.label("key"), *columns).where(
        its.c.organisation_id == organisation_id, its.c.digest.is_(None)
    )
    return found if keys is None else found.where(its.c.number.between(*keys))


def _recorded(  # noqa: PLR0913  (a row of the table below)
    number: int,
    name: str,
    order: int,
    text: str,
    *,
    key: str = "recorded_in",
    persons: tuple[str, ...] = (),
    empty: tuple[str, ...] = (),
) -> Form:
    columns = _names(text)
    by = _by(key, name, columns, *empty)
    return Form(number, name, Key.RECORDING, columns, order, by, persons)


def _numbered(number: int, name: str, order: int, text: str, key: str = "id") -> Form:
    columns = _names(text)
    return Form(number, name, Key.NUMBER, columns, order, _by(key, name, columns))


def _all_of(  # noqa: PLR0913  (a row of the table below)
    number: int,
    name: str,
    order: int,
    text: str,
    *,
    table: str = "",
    given: tuple[str, ...] = (),
    persons: tuple[str, ...] = (),
) -> Form:
    columns = _names(text)
    statement = _state(table or name, columns, *given)
    covers = tuple(f"{table}.{one}" for one in columns if table)
    return Form(number, name, Key.STATE, columns, order, statement, persons, covers)


CUSTOMERS = _names("organisation_id id external_id name legal_name")
PRODUCTS = _names("organisation_id id external_id name category method")
CATCH_UPS = _names("ledger_id journal seq first_day last_day locked_through")
PARTS = _names("ledger_id journal seq position amount daily first_day last_day")

FORMS = (
    _recorded(
        1,
        "recordings",
        2,
        "ledger_id number recorded_at reason made_by renamings rules",
        key="number",
        persons=("made_by",),
    ),
    Form(2, "documents", Key.RECORDING, DOCUMENTS, 2, _documents),
    Form(3, "document_lines", Key.RECORDING, LINES, 3, _lines),
    _numbered(
        4,
        "schedules",
        2,
        "ledger_id id document_id product_id amount method timing strategy first_day"
        " last_day recognized_on credits_id classification family_id revises_id"
        " treatment months cancelled_on expires_on settled_on",
    ),
    _numbered(
        5,
        "schedule_parts",
        3,
        "ledger_id schedule_id position amount day external_id name",
        "schedule_id",
    ),
    _recorded(
        6,
        "milestone_completions",
        4,
        "ledger_id schedule_id position recorded_in completed_on",
    ),
    _numbered(
        7,
        "credit_grants",
        2,
        "ledger_id schedule_id external_id customer_id",
        "schedule_id",
    ),
    _recorded(8, "settlements", 3, "ledger_id family_id recorded_in settled_on"),
    _numbered(
        9,
        "journals",
        2,
        "ledger_id number month document_id customer_id product_id source",
        "number",
    ),
    _recorded(
        10,
        "movements",
        3,
        "ledger_id journal seq schedule_id debit_role credit_role amount daily"
        " first_day last_day method recorded_in superseded_in",
        empty=("superseded_in",),
    ),
    Form(
        11,
        "catch_ups",
        Key.RECORDING,
        CATCH_UPS,
        3,
        _of_movements("catch_ups", CATCH_UPS),
    ),
    Form(
        12,
        "catch_up_parts",
        Key.RECORDING,
        PARTS,
        4,
        _of_movements("catch_up_parts", PARTS),
    ),
    _recorded(
        13,
        "month_totals",
        6,
        "ledger_id month debit_role credit_role source recorded_in change",
    ),
    _recorded(14, "month_counts", 4, "ledger_id month source recorded_in change"),
    _recorded(
        15,
        "ledger_settings",
        2,
        "ledger_id recorded_in lock_method locked_through method strategy breakage"
        " undated_lines",
    ),
    _recorded(16, "account_names", 4, "ledger_id role scope recorded_in name code"),
    Form(
        17,
        ENDED_MOVEMENTS,
        Key.RECORDING,
        ENDED_COLUMNS[ENDED_MOVEMENTS],
        3,
        _by("superseded_in", "movements", ENDED_COLUMNS[ENDED_MOVEMENTS]),
        covers=("movements.superseded_in",),
    ),
    Form(
        18,
        "superseded lines",
        Key.RECORDING,
        _names("ledger_id document_id position"),
        3,
        _ended_lines,
        covers=("document_lines.superseded_in",),
    ),
    Form(
        19,
        ENDED_DOCUMENTS,
        Key.RECORDING,
        ENDED_COLUMNS[ENDED_DOCUMENTS],
        3,
        _by("until", "document_versions", ENDED_COLUMNS[ENDED_DOCUMENTS]),
        covers=tuple(
            f"document_versions.{name}"
            for name in _names(
                "ledger_id document_id until made_in number issued_on accounting_date"
                " parent_id content_hash status discount"
            )
        ),
    ),
    _recorded(
        20, "audited_recordings", 2, "ledger_id recording record", key="recording"
    ),
    Form(
        30,
        "customers",
        Key.ORGANISATION,
        CUSTOMERS,
        2,
        _parties("customers", "customer_names", "customer_id", CUSTOMERS),
    ),
    Form(
        31,
        "products",
        Key.ORGANISATION,
        PRODUCTS,
        2,
        _parties("products", "product_names", "product_id", PRODUCTS, "method"),
    ),
    Form(
        32,
        "customer_names",
        Key.ORGANISATION,
        _names("organisation_id id name legal_name"),
        2,
        _renamed(
            "customers",
            "customer_names",
            "customer_id",
            _names("organisation_id id name legal_name"),
        ),
        covers=("customer_names.customer_id", "customer_names.until"),
    ),
    Form(
        33,
        "product_names",
        Key.ORGANISATION,
        _names("organisation_id id name category"),
        2,
        _renamed(
            "products",
            "product_names",
            "product_id",
            _names("organisation_id id name category"),
        ),
        covers=("product_names.product_id", "product_names.until"),
    ),
    Form(
        34,
        "earlier audit records",
        Key.ORGANISATION,
        EARLIER,
        2,
        _earlier_records,
        ("made_by", "user"),
    ),
    _all_of(
        40,
        "organisations",
        1,
        "id name time_zone customers products renamings recorded_at",
    ),
    _all_of(
        41,
        "ledgers",
        1,
        "id organisation_id currency decimals recordings journals documents schedules"
        " lock_method locked_through method strategy breakage undated_lines",
    ),
    Form(
        42,
        "memberships",
        Key.STATE,
        MEMBERSHIPS,
        2,
        _memberships,
        ("email",),
        ("users.id", "users.email"),
    ),
    _all_of(
        43,
        "api_keys",
        2,
        "organisation_id number name key_hash ending permissions created_by created_at"
        " expires_at revoked_at",
        persons=("created_by",),
    ),
    _all_of(
        44,
        "products' methods",
        2,
        "organisation_id id method",
        table="products",
        given=("method",),
    ),
    _all_of(45, "former_time_zones", 2, "organisation_id until time_zone"),
    _all_of(
        46,
        "clock_acceptances",
        2,
        "organisation_id record accepted_at last_recorded_at reason made_by",
        persons=("made_by",),
    ),
)

BY_NAME: Mapping[str, Form] = {one.name: one for one in FORMS}
"""The newest form of each name: later ones come behind."""
BY_NUMBER: Mapping[int, Form] = {one.number: one for one in FORMS}

OTHERWISE: Mapping[str, str] = {
    "audit_records": "the chain itself covers them",
    "calendar": "compared with the calendar",
    "organisations.audit_hash": "compared with the chain's end",
    "organisations.audit_records": "compared with the chain's end",
    "row_digests": "an audit record holds their hash",
}
"""Tables, and columns as `table.column`, that are verified by other means."""

EXEMPT: Mapping[str, str] = {
    "activities": "the log tells of failed runs too, which record nothing",
    "keyed_requests": "they make a request safe to repeat, and report nothing",
    "open_recordings": "empty between two transactions",
    "organisations.activities": "it numbers the activity log",
    "persons": "salts: without its own, no name fits its hash",
    "users.created_at": "it reports nothing",
    "users.name": "it reports nothing",
    "users.password_hash": "a user belongs to several organisations; it only signs in",
    "users.sign_ins_from": "a user belongs to several organisations; it only signs in",
    "users.verified_at": "a user belongs to several organisations; it only signs in",
}
"""Tables, and columns as `table.column`, that nothing verifies, and why."""
