"""Manual journals, their steps and versions; four eyes and requested changes.

Revision: 0025, after: 0024.
"""

from collections.abc import Iterator
from typing import Any, NamedTuple

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None

PLAIN_TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
NUMBER, SMALL, DAY = sa.BigInteger(), sa.SmallInteger(), sa.Integer()
MOMENT, FLAG = sa.DateTime(timezone=True), sa.Boolean()
ORGANISATION = (("organisation_id",), "organisations", ("id",))
LEDGER = (("ledger_id",), "ledgers", ("id",))
STEP = (("organisation_id", "step"), "manual_steps", ("organisation_id", "id"))
CUSTOMER = (("organisation_id", "customer_id"), "customers", ("organisation_id", "id"))
PRODUCT = (("organisation_id", "product_id"), "products", ("organisation_id", "id"))
REQUEST = (
    ("organisation_id", "request"),
    "change_requests",
    ("organisation_id", "number"),
)

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


def _known(name: str, last: int = 99) -> dict[str, str]:
    return {f"{name}_is_known": f"{name} BETWEEN 1 AND {last}"}


TABLES = (
    Table(
        "change_requests",
        ("organisation_id", "number"),
        (
            *(("organisation_id", NUMBER, False), ("number", NUMBER, False)),
            *(("kind", SMALL, False), ("currency", PLAIN_TEXT, True)),
            *(("summary", PLAIN_TEXT, False), ("reason", PLAIN_TEXT, True)),
            *(("arguments", PLAIN_TEXT, False), ("effect", PLAIN_TEXT, False)),
            *(("requested_at", MOMENT, False), ("requested_by", PLAIN_TEXT, True)),
        ),
        (ORGANISATION,),
        _known("kind"),
    ),
    Table(
        "change_requesters",
        ("organisation_id", "request", "user_id"),
        (
            *(("organisation_id", NUMBER, False), ("request", NUMBER, False)),
            ("user_id", NUMBER, False),
        ),
        (REQUEST,),
    ),
    Table(
        "change_decisions",
        ("organisation_id", "request"),
        (
            *(("organisation_id", NUMBER, False), ("request", NUMBER, False)),
            *(("outcome", SMALL, False), ("reason", PLAIN_TEXT, True)),
            *(("decided_at", MOMENT, False), ("decided_by", PLAIN_TEXT, True)),
            ("user_id", NUMBER, True),
        ),
        (REQUEST,),
        _known("outcome", 3),
    ),
    Table(
        "four_eyes_settings",
        ("organisation_id", "number"),
        (
            *(("organisation_id", NUMBER, False), ("number", NUMBER, False)),
            *(("is_on", FLAG, False), ("request", NUMBER, True)),
            *(("last_step", NUMBER, False), ("set_at", MOMENT, False)),
            ("set_by", PLAIN_TEXT, True),
        ),
        (ORGANISATION,),
        indexes=((False, ("organisation_id", "last_step")),),
    ),
    Table(
        "manual_journals",
        ("organisation_id", "number"),
        (
            *(("organisation_id", NUMBER, False), ("number", NUMBER, False)),
            *(("ledger_id", NUMBER, False), ("status", SMALL, False)),
            *(("version", NUMBER, False), ("saved_in", NUMBER, False)),
            *(("last_step", NUMBER, False), ("kind", SMALL, False)),
            *(("day", DAY, False), ("adjusts", NUMBER, True)),
        ),
        (ORGANISATION, LEDGER),
        _known("status"),
        (
            (False, ("organisation_id", "status", "number")),
            (False, ("ledger_id", "adjusts")),
            (False, ("organisation_id", "day", "number")),
        ),
    ),
    Table(
        "manual_steps",
        ("organisation_id", "id"),
        (
            *(("organisation_id", NUMBER, False), ("id", NUMBER, False)),
            *(("number", NUMBER, False), ("kind", SMALL, False)),
            *(("version", NUMBER, False), ("made_at", MOMENT, False)),
            *(("made_by", PLAIN_TEXT, True), ("user_id", NUMBER, True)),
            *(("reason", PLAIN_TEXT, True), ("recording", NUMBER, True)),
        ),
        (
            (
                ("organisation_id", "number"),
                "manual_journals",
                ("organisation_id", "number"),
            ),
        ),
        _known("kind"),
        (
            (False, ("organisation_id", "number", "id")),
            (False, ("organisation_id", "made_by", "number")),
        ),
    ),
    Table(
        "manual_versions",
        ("organisation_id", "step"),
        (
            *(("organisation_id", NUMBER, False), ("step", NUMBER, False)),
            *(("number", NUMBER, False), ("version", NUMBER, False)),
            *(("ledger_id", NUMBER, False), ("kind", SMALL, False)),
            *(("day", DAY, False), ("narrative", PLAIN_TEXT, False)),
            *(("customer_id", NUMBER, True), ("product_id", NUMBER, True)),
            *(("adjusts", NUMBER, True), ("mode", SMALL, True)),
            ("reverses_on", DAY, True),
        ),
        (STEP, LEDGER, CUSTOMER, PRODUCT),
        {
            **_known("kind"),
            **_known("mode"),
            "reversal_is_later": "reverses_on > day",
        },
        ((True, ("organisation_id", "number", "version")),),
    ),
    Table(
        "manual_lines",
        ("organisation_id", "step", "position"),
        (
            *(("organisation_id", NUMBER, False), ("step", NUMBER, False)),
            *(("position", SMALL, False), ("is_mirror", FLAG, False)),
            *(("role", SMALL, False), ("is_debit", FLAG, False)),
            *(("amount", NUMBER, False), ("description", PLAIN_TEXT, False)),
            *(("customer_id", NUMBER, True), ("product_id", NUMBER, True)),
        ),
        (
            (
                ("organisation_id", "step"),
                "manual_versions",
                ("organisation_id", "step"),
            ),
            CUSTOMER,
            PRODUCT,
        ),
        {"amount_is_positive": "amount > 0", **_known("role")},
    ),
    Table(
        "manual_authors",
        ("organisation_id", "step", "user_id"),
        (
            *(("organisation_id", NUMBER, False), ("step", NUMBER, False)),
            *(("user_id", NUMBER, False), ("number", NUMBER, False)),
        ),
        (STEP,),
        indexes=((False, ("organisation_id", "number", "user_id")),),
    ),
    Table(
        "manual_documents",
        ("organisation_id", "step", "document_id"),
        (
            *(("organisation_id", NUMBER, False), ("step", NUMBER, False)),
            *(("document_id", NUMBER, False), ("number", NUMBER, False)),
            *(("ledger_id", NUMBER, False), ("part", SMALL, False)),
        ),
        (STEP, (("ledger_id", "document_id"), "documents", ("ledger_id", "id"))),
        _known("part"),
        (
            (False, ("organisation_id", "number")),
            (True, ("ledger_id", "document_id")),
        ),
    ),
)

PERSONS = {
    "change_requests": "requested_by",
    "change_decisions": "decided_by",
    "four_eyes_settings": "set_by",
    "manual_steps": "made_by",
}
"""Columns with a person, whom a hash may replace; all others never change."""

OF_STEPS = ("manual_versions", "manual_lines", "manual_authors", "manual_documents")
NUMBERED = {
    "change_requests": "number",
    "four_eyes_settings": "number",
    "manual_journals": "number",
    "manual_steps": "id",
}
KEPT_KEYS = ("organisation_id", "number", "ledger_id")
"""What never changes of a journal's state."""

BEHIND = "rows are only added behind the last one"
# The number comes from the index alone: SQLite would walk the organisation's steps.
LAST_KIND = (
    "(SELECT s.kind FROM manual_steps s"
    " WHERE s.organisation_id = NEW.organisation_id AND s.id = (SELECT max(t.id)"
    " FROM manual_steps t WHERE t.organisation_id = NEW.organisation_id"
    " AND t.number = NEW.number))"
)
STEPS = (1, 11, 31, 51, 12, 32, 52, 23, 24, 25, 26, 46, 17, 37, 57, 68)
"""Permitted steps: ten times the kind of the step before, and the step's own.

1 saved, 2 submitted, 3 withdrawn, 4 approved, 5 rejected, 6 posted, 7 discarded, 8
reversed.
"""
IS_ON = (
    "coalesce((SELECT f.is_on FROM four_eyes_settings f"
    " WHERE f.organisation_id = NEW.organisation_id"
    " ORDER BY f.number DESC LIMIT 1), FALSE)"
)
NOT_IN_PROGRESS = (
    "NOT EXISTS (SELECT 1 FROM manual_steps s JOIN manual_journals j"
    " ON j.organisation_id = s.organisation_id AND j.number = s.number"
    " WHERE s.organisation_id = NEW.organisation_id AND s.id = NEW.step"
    " AND j.last_step < s.id)"
)
# The state after the journal's last step; a withdrawn journal is a draft.
NOT_THE_STATE = (
    "NOT EXISTS (SELECT 1 FROM manual_steps s JOIN manual_versions v"
    " ON v.organisation_id = s.organisation_id AND v.number = s.number"
    " AND v.version = s.version"
    " WHERE s.organisation_id = NEW.organisation_id AND s.number = NEW.number"
    " AND s.id = NEW.last_step AND NEW.last_step = (SELECT max(t.id)"
    " FROM manual_steps t WHERE t.organisation_id = NEW.organisation_id"
    " AND t.number = NEW.number)"
    " AND NEW.status = CASE s.kind WHEN 3 THEN 1 ELSE s.kind END"
    " AND NEW.version = v.version AND NEW.saved_in = v.step AND NEW.kind = v.kind"
    " AND NEW.day = v.day AND NEW.adjusts IS NOT DISTINCT FROM v.adjusts)"
)
OFF_UNASKED = (
    "NOT NEW.is_on AND NOT EXISTS (SELECT 1 FROM change_requests r"
    " JOIN change_decisions d ON d.organisation_id = r.organisation_id"
    " AND d.request = r.number WHERE r.organisation_id = NEW.organisation_id"
    " AND r.number = NEW.request AND r.kind = 1 AND d.outcome = 1"
    " AND NOT EXISTS (SELECT 1 FROM four_eyes_settings f"
    " WHERE f.organisation_id = r.organisation_id AND f.request = r.number))"
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
    for table in ("change_requesters", "change_decisions"):
        decided = (
            "EXISTS (SELECT 1 FROM change_decisions d"
            " WHERE d.organisation_id = NEW.organisation_id"
            " AND d.request = NEW.request)"
        )
        words = "a request is decided once, and rows are never replaced"
        yield Refused(table, "once", "INSERT", decided, words)
    taken = (
        "EXISTS (SELECT 1 FROM change_requesters t"
        " WHERE t.organisation_id = NEW.organisation_id AND t.request = NEW.request"
        " AND t.user_id = NEW.user_id)"
    )
    yield Refused(
        *("change_requesters", "taken", "INSERT", taken),
        "rows are never replaced",
    )
    yield Refused(
        *("change_decisions", "other", "INSERT"),
        "NEW.outcome = 1 AND (NEW.user_id IS NULL OR EXISTS (SELECT 1"
        " FROM change_requesters a WHERE a.organisation_id = NEW.organisation_id"
        " AND a.request = NEW.request AND a.user_id = NEW.user_id))",
        "another person approves than the one who requested",
    )
    yield Refused(
        *("four_eyes_settings", "asked", "INSERT", OFF_UNASKED),
        "it is turned off only by an approved request",
    )
    yield Refused(
        *("manual_steps", "legal", "INSERT"),
        f"coalesce({LAST_KIND}, 0) * 10 + NEW.kind"
        f" NOT IN ({', '.join(map(str, STEPS))})",
        "not a step after the journal''s last one",
    )
    yield Refused(
        *("manual_steps", "other", "INSERT"),
        "NEW.kind = 4 AND (NEW.user_id IS NULL OR EXISTS (SELECT 1"
        " FROM manual_authors a WHERE a.organisation_id = NEW.organisation_id"
        " AND a.number = NEW.number AND a.user_id = NEW.user_id))",
        "another person approves than the journal''s authors",
    )
    yield Refused(
        *("manual_steps", "approved", "INSERT"),
        f"NEW.kind = 6 AND {LAST_KIND} <> 4 AND {IS_ON}",
        "posted without approval while four eyes is on",
    )
    yield Refused(
        *("manual_journals", "first", "INSERT"),
        "NEW.status <> 1 OR NEW.last_step <> 0",
        "a journal begins as a draft without steps",
    )
    changed = " OR ".join(f"NEW.{column} <> OLD.{column}" for column in KEPT_KEYS)
    yield Refused("manual_journals", "keep", "UPDATE", changed, "keys never change")
    yield Refused(
        *("manual_journals", "final", "UPDATE"),
        "OLD.status = 6 AND NEW.status <> 8 OR OLD.status IN (7, 8)",
        "what is posted is only reversed, and a final state never changes",
    )
    yield Refused(
        *("manual_journals", "state", "UPDATE", NOT_THE_STATE),
        "a state is that of the journal''s last step",
    )


def upgrade() -> None:
    """Apply."""
    for table in TABLES:
        _create(table)
    op.create_index(
        *("ix_journals_manual", "journals", ["ledger_id", "month", "number"]),
        sqlite_where=sa.text("source = 4"),
        postgresql_where=sa.text("source = 4"),
    )
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


def _is_changed(table: Table, same: str) -> str | None:
    """Whether an update is anything but erasing a person; None for any update."""
    person = PERSONS.get(table.name)
    if person is None:
        return None
    kept = " AND ".join(
        f"NEW.{column} {same} OLD.{column}"
        for column, *_ in table.columns
        if column != person
    )
    return (
        f"NOT ({kept} AND NEW.{person} LIKE 'erased person %'"
        f" AND OLD.{person} NOT LIKE 'erased person %')"
    )


def _protect_on_sqlite(table: Table) -> None:
    name = table.name
    _refuse_on_sqlite(
        Refused(name, "stay", "DELETE", "1 = 1", "rows are never deleted")
    )
    if name != "manual_journals":
        changed = _is_changed(table, "IS") or "1 = 1"
        _refuse_on_sqlite(Refused(name, "keep", "UPDATE", changed, "rows never change"))


def _refuse_on_sqlite(refused: Refused) -> None:
    table, name, event, condition, words = refused
    # SQLite's own spelling, also of versions before 3.39.
    spelled = condition.replace("IS NOT DISTINCT FROM", "IS")
    op.execute(
        f"CREATE TRIGGER {table}_{name} BEFORE {event} ON {table}"
        f" WHEN {spelled} BEGIN SELECT RAISE(ABORT, '{table}: {words}'); END"
    )


def _protect_on_postgresql(table: Table) -> None:
    name = table.name
    op.execute(
        f"CREATE TRIGGER {name}_stay BEFORE DELETE OR TRUNCATE ON {name}"
        " FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
    )
    if name != "manual_journals":
        changed = _is_changed(table, "IS NOT DISTINCT FROM") or "true"
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
    op.drop_index("ix_journals_manual", "journals")
    for table in reversed(TABLES):
        op.drop_table(table.name)
    if is_postgresql:
        for refused in _refused():
            op.execute(f"DROP FUNCTION {refused.table}_{refused.name}()")
