"""Recurrences: manual journals that are made each month.

Revision: 0026, after: 0025.
"""

from collections.abc import Iterator
from typing import Any, NamedTuple

import sqlalchemy as sa
from alembic import op

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None

PLAIN_TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
NUMBER, SMALL = sa.BigInteger(), sa.SmallInteger()
MOMENT, FLAG = sa.DateTime(timezone=True), sa.Boolean()
ORGANISATION = (("organisation_id",), "organisations", ("id",))
LEDGER = (("ledger_id",), "ledgers", ("id",))
STEP = (("organisation_id", "step"), "recurrence_steps", ("organisation_id", "id"))
CUSTOMER = (("organisation_id", "customer_id"), "customers", ("organisation_id", "id"))
PRODUCT = (("organisation_id", "product_id"), "products", ("organisation_id", "id"))

Column = tuple[str, Any, bool]
"""A name, a type, and whether it may be empty."""


class Table(NamedTuple):
    """A table to make: its columns with the key first, references and checks."""

    name: str
    key: tuple[str, ...]
    columns: tuple[Column, ...]
    references: tuple[tuple[tuple[str, ...], str, tuple[str, ...]], ...]
    checks: dict[str, str] = {}  # noqa: RUF012  (a named tuple's default)
    indexes: tuple[tuple[bool, tuple[str, ...]], ...] = ()


def _known(name: str, first: int = 1, last: int = 99) -> dict[str, str]:
    return {f"{name}_is_known": f"{name} BETWEEN {first} AND {last}"}


TABLES = (
    Table(
        "recurrences",
        ("organisation_id", "number"),
        (
            *(("organisation_id", NUMBER, False), ("number", NUMBER, False)),
            *(("ledger_id", NUMBER, False), ("status", SMALL, False)),
            *(("version", NUMBER, False), ("saved_in", NUMBER, False)),
            ("last_step", NUMBER, False),
        ),
        (ORGANISATION, LEDGER),
        _known("status"),
        ((False, ("status", "organisation_id", "number")),),
    ),
    Table(
        "recurrence_steps",
        ("organisation_id", "id"),
        (
            *(("organisation_id", NUMBER, False), ("id", NUMBER, False)),
            *(("number", NUMBER, False), ("kind", SMALL, False)),
            *(("version", NUMBER, False), ("setting", NUMBER, False)),
            *(("made_at", MOMENT, False), ("made_by", PLAIN_TEXT, True)),
            *(("user_id", NUMBER, True), ("reason", PLAIN_TEXT, True)),
        ),
        (
            (
                ("organisation_id", "number"),
                "recurrences",
                ("organisation_id", "number"),
            ),
        ),
        _known("kind"),
        ((False, ("organisation_id", "number", "id")),),
    ),
    Table(
        "recurrence_versions",
        ("organisation_id", "step"),
        (
            *(("organisation_id", NUMBER, False), ("step", NUMBER, False)),
            *(("number", NUMBER, False), ("version", NUMBER, False)),
            *(("ledger_id", NUMBER, False), ("kind", SMALL, False)),
            *(("narrative", PLAIN_TEXT, False), ("customer_id", NUMBER, True)),
            *(("product_id", NUMBER, True), ("day_of_month", SMALL, False)),
            *(("first_month", NUMBER, False), ("until_month", NUMBER, True)),
            ("reverses", FLAG, False),
        ),
        (STEP, LEDGER, CUSTOMER, PRODUCT),
        {
            **_known("kind"),
            **_known("day_of_month", 1, 31),
            "end_is_not_before": "until_month >= first_month",
        },
        ((True, ("organisation_id", "number", "version")),),
    ),
    Table(
        "recurrence_lines",
        ("organisation_id", "step", "position"),
        (
            *(("organisation_id", NUMBER, False), ("step", NUMBER, False)),
            *(("position", SMALL, False), ("role", SMALL, False)),
            *(("is_debit", FLAG, False), ("amount", NUMBER, False)),
            *(("description", PLAIN_TEXT, False), ("customer_id", NUMBER, True)),
            ("product_id", NUMBER, True),
        ),
        (
            (
                ("organisation_id", "step"),
                "recurrence_versions",
                ("organisation_id", "step"),
            ),
            CUSTOMER,
            PRODUCT,
        ),
        {"amount_is_positive": "amount > 0", **_known("role")},
    ),
    Table(
        "recurrence_authors",
        ("organisation_id", "step", "user_id"),
        (
            *(("organisation_id", NUMBER, False), ("step", NUMBER, False)),
            *(("user_id", NUMBER, False), ("number", NUMBER, False)),
        ),
        (STEP,),
        indexes=((False, ("organisation_id", "number", "user_id")),),
    ),
    Table(
        "recurrence_instances",
        ("organisation_id", "recurrence", "month"),
        (
            *(("organisation_id", NUMBER, False), ("recurrence", NUMBER, False)),
            *(("month", NUMBER, False), ("version", NUMBER, False)),
            *(("journal", NUMBER, False), ("step", NUMBER, False)),
            ("approved_in", NUMBER, True),
        ),
        (
            (
                ("organisation_id", "recurrence"),
                "recurrences",
                ("organisation_id", "number"),
            ),
            (
                ("organisation_id", "step"),
                "manual_steps",
                ("organisation_id", "id"),
            ),
            (
                ("organisation_id", "journal"),
                "manual_journals",
                ("organisation_id", "number"),
            ),
            (
                ("organisation_id", "approved_in"),
                "recurrence_steps",
                ("organisation_id", "id"),
            ),
        ),
        indexes=(
            (True, ("organisation_id", "journal")),
            (True, ("organisation_id", "step")),
        ),
    ),
)

OF_STEPS = ("recurrence_versions", "recurrence_lines", "recurrence_authors")
NUMBERED = {"recurrences": "number", "recurrence_steps": "id"}
KEPT_KEYS = ("organisation_id", "number", "ledger_id")
"""What never changes of a recurrence's state."""

BEHIND = "rows are only added behind the last one"
LAST_KIND = (
    "(SELECT s.kind FROM recurrence_steps s"
    " WHERE s.organisation_id = NEW.organisation_id AND s.number = NEW.number"
    " ORDER BY s.id DESC LIMIT 1)"
)
STEPS = (1, 11, 31, 41, 51, 61, 12, 32, 52, 23, 24, 25, 26, 17, 27, 37, 47, 57, 67)
"""Permitted steps: ten times the kind of the step before, and the step's own.

1 saved, 2 submitted, 3 withdrawn, 4 approved, 5 rejected, 6 active without approval,
7 ended.
"""
SETTING = (
    "coalesce((SELECT max(f.number) FROM four_eyes_settings f"
    " WHERE f.organisation_id = NEW.organisation_id), 0)"
)
IS_ON = (
    "coalesce((SELECT f.is_on FROM four_eyes_settings f"
    " WHERE f.organisation_id = NEW.organisation_id"
    " ORDER BY f.number DESC LIMIT 1), FALSE)"
)
NOT_IN_PROGRESS = (
    "NOT EXISTS (SELECT 1 FROM recurrence_steps s JOIN recurrences r"
    " ON r.organisation_id = s.organisation_id AND r.number = s.number"
    " WHERE s.organisation_id = NEW.organisation_id AND s.id = NEW.step"
    " AND r.last_step < s.id)"
)
# A withdrawn recurrence is a draft; an approved one is active.
NOT_THE_STATE = (
    "NOT EXISTS (SELECT 1 FROM recurrence_steps s JOIN recurrence_versions v"
    " ON v.organisation_id = s.organisation_id AND v.number = s.number"
    " AND v.version = s.version"
    " WHERE s.organisation_id = NEW.organisation_id AND s.number = NEW.number"
    " AND s.id = NEW.last_step AND NEW.last_step = (SELECT max(t.id)"
    " FROM recurrence_steps t WHERE t.organisation_id = NEW.organisation_id"
    " AND t.number = NEW.number)"
    " AND NEW.status = CASE s.kind WHEN 3 THEN 1 WHEN 4 THEN 6 ELSE s.kind END"
    " AND NEW.version = v.version AND NEW.saved_in = v.step)"
)
NOT_A_JOURNALS_FIRST_STEP = (
    "NOT EXISTS (SELECT 1 FROM manual_steps s JOIN manual_journals j"
    " ON j.organisation_id = s.organisation_id AND j.number = s.number"
    " WHERE s.organisation_id = NEW.organisation_id AND s.id = NEW.step"
    " AND j.number = NEW.journal AND s.kind = 1 AND s.version = 1"
    " AND j.last_step = 0)"
)
NOT_ACTIVE = (
    "NOT EXISTS (SELECT 1 FROM recurrences r JOIN recurrence_steps s"
    " ON s.organisation_id = r.organisation_id AND s.id = r.last_step"
    " WHERE r.organisation_id = NEW.organisation_id AND r.number = NEW.recurrence"
    " AND r.version = NEW.version AND r.status = 6"
    " AND (NEW.approved_in IS NULL OR NEW.approved_in = s.id AND s.kind = 4))"
)


class Refused(NamedTuple):
    """An insert or update that is refused: on which table, where, in which words."""

    table: str
    name: str
    event: str
    condition: str
    words: str


def _refused() -> Iterator[Refused]:
    for table, number in NUMBERED.items():
        behind = (
            f"NEW.{number} <= (SELECT max(t.{number}) FROM {table} t"  # noqa: S608  (names from our own tables)
            " WHERE t.organisation_id = NEW.organisation_id)"
        )
        yield Refused(table, "behind", "INSERT", behind, BEHIND)
    for table in OF_STEPS:
        words = "rows are added only to a step in progress, and never replaced"
        yield Refused(table, "open", "INSERT", NOT_IN_PROGRESS, words)
    yield Refused(
        *("recurrence_instances", "open", "INSERT", NOT_A_JOURNALS_FIRST_STEP),
        "rows are added only to a journal''s first step, and never replaced",
    )
    yield Refused(
        *("recurrence_instances", "active", "INSERT", NOT_ACTIVE),
        "only an active version makes journals, with its own approval",
    )
    taken = (
        "EXISTS (SELECT 1 FROM recurrence_instances t"
        " WHERE t.organisation_id = NEW.organisation_id"
        " AND (t.recurrence = NEW.recurrence AND t.month = NEW.month"
        " OR t.journal = NEW.journal))"
    )
    yield Refused(
        *("recurrence_instances", "taken", "INSERT", taken),
        "a month has one journal, and rows are never replaced",
    )
    yield Refused(
        *("recurrence_steps", "legal", "INSERT"),
        f"coalesce({LAST_KIND}, 0) * 10 + NEW.kind"
        f" NOT IN ({', '.join(map(str, STEPS))})",
        "not a step after the recurrence''s last one",
    )
    yield Refused(
        *("recurrence_steps", "other", "INSERT"),
        "NEW.kind = 4 AND (NEW.user_id IS NULL OR EXISTS (SELECT 1"
        " FROM recurrence_authors a WHERE a.organisation_id = NEW.organisation_id"
        " AND a.number = NEW.number AND a.user_id = NEW.user_id))",
        "another person approves than the recurrence''s authors",
    )
    yield Refused(
        *("recurrence_steps", "setting", "INSERT"),
        f"NEW.setting <> {SETTING} OR NEW.kind = 6 AND {IS_ON}",
        "active without approval while four eyes is on",
    )
    yield Refused(
        *("recurrences", "first", "INSERT"),
        "NEW.status <> 1 OR NEW.last_step <> 0",
        "a recurrence begins as a draft without steps",
    )
    changed = " OR ".join(f"NEW.{column} <> OLD.{column}" for column in KEPT_KEYS)
    yield Refused("recurrences", "keep", "UPDATE", changed, "keys never change")
    yield Refused(
        *("recurrences", "final", "UPDATE", "OLD.status = 7"),
        "what has ended never changes",
    )
    yield Refused(
        *("recurrences", "state", "UPDATE", NOT_THE_STATE),
        "a state is that of the recurrence''s last step",
    )


def upgrade() -> None:
    """Apply."""
    for table in TABLES:
        _create(table)
    is_postgresql = op.get_bind().dialect.name == "postgresql"
    for table in TABLES:
        protect = _protect_on_postgresql if is_postgresql else _protect_on_sqlite
        protect(table)
    for refused in _refused():
        refuse = _refuse_on_postgresql if is_postgresql else _refuse_on_sqlite
        refuse(refused)


def _create(table: Table) -> None:
    name = table.name
    op.create_table(
        name,
        *(
            sa.Column(column, kind, nullable=may_be_empty)
            for column, kind, may_be_empty in table.columns
        ),
        *(
            sa.CheckConstraint(condition, name=check)
            for check, condition in table.checks.items()
        ),
        *(
            sa.ForeignKeyConstraint(
                list(columns),
                [f"{target}.{column}" for column in theirs],
                name=f"fk_{name}_{'_'.join(columns)}",
            )
            for columns, target, theirs in table.references
        ),
        sa.PrimaryKeyConstraint(*table.key, name=f"pk_{name}"),
        sqlite_with_rowid=False,
    )
    for is_unique, columns in table.indexes:
        index = f"ix_{name}_{'_'.join(columns)}"
        op.create_index(index, name, list(columns), unique=is_unique)


def _is_changed(table: Table, same: str) -> str:
    """Whether an update is anything but erasing a person."""
    if table.name != "recurrence_steps":
        return "1 = 1"
    kept = " AND ".join(
        f"NEW.{column} {same} OLD.{column}"
        for column, *_ in table.columns
        if column != "made_by"
    )
    return (
        f"NOT ({kept} AND NEW.made_by LIKE 'erased person %'"
        " AND OLD.made_by NOT LIKE 'erased person %')"
    )


def _protect_on_sqlite(table: Table) -> None:
    name = table.name
    _refuse_on_sqlite(
        Refused(name, "stay", "DELETE", "1 = 1", "rows are never deleted")
    )
    if name != "recurrences":
        changed = _is_changed(table, "IS")
        _refuse_on_sqlite(Refused(name, "keep", "UPDATE", changed, "rows never change"))


def _refuse_on_sqlite(refused: Refused) -> None:
    table, name, event, condition, words = refused
    op.execute(
        f"CREATE TRIGGER {table}_{name} BEFORE {event} ON {table}"
        f" WHEN {condition} BEGIN SELECT RAISE(ABORT, '{table}: {words}'); END"
    )


def _protect_on_postgresql(table: Table) -> None:
    name = table.name
    op.execute(
        f"CREATE TRIGGER {name}_stay BEFORE DELETE OR TRUNCATE ON {name}"
        " FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
    )
    if name != "recurrences":
        changed = _is_changed(table, "IS NOT DISTINCT FROM")
        op.execute(
            f"CREATE TRIGGER {name}_keep BEFORE UPDATE ON {name} FOR EACH ROW"
            f" WHEN ({changed}) EXECUTE FUNCTION refuse_change()"
        )


def _refuse_on_postgresql(refused: Refused) -> None:
    table, name, event, condition, words = refused
    op.execute(
        f"CREATE FUNCTION {table}_{name}() RETURNS trigger LANGUAGE plpgsql AS $$"
        f" BEGIN IF {condition} THEN RAISE EXCEPTION '{table}: {words}';"
        " END IF; RETURN NEW; END $$"
    )
    op.execute(
        f"CREATE TRIGGER {table}_{name} BEFORE {event} ON {table}"
        f" FOR EACH ROW EXECUTE FUNCTION {table}_{name}()"
    )


def downgrade() -> None:
    """Revert."""
    is_postgresql = op.get_bind().dialect.name == "postgresql"
    for table in reversed(TABLES):
        op.drop_table(table.name)
    if is_postgresql:
        for refused in _refused():
            op.execute(f"DROP FUNCTION {refused.table}_{refused.name}()")
