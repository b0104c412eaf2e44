"""Journals without customer, product, schedule and method; more accounts and methods.

No row is written. On SQLite the tables' text is edited in the schema; on PostgreSQL
constraints are replaced, which reads the rows once.

Revision: 0016, after: 0015.
"""

from collections.abc import Iterable, Iterator

import sqlalchemy as sa
from alembic import op

from daybook.db.migrations.redefining import redefine

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

NEW = {
    "journals": {"opening": "BOOLEAN"},
    "movements": {"debit_product_id": "BIGINT", "credit_product_id": "BIGINT"},
}
"""Columns that are empty in nearly all rows."""

EMPTIED = {
    "documents": {"customer_id": "BIGINT"},
    "journals": {"customer_id": "BIGINT", "product_id": "BIGINT"},
    "movements": {"schedule_id": "BIGINT", "method": "SMALLINT"},
}
"""Columns that may be NULL from now on."""

ROLES = "debit_role BETWEEN 1 AND {0} AND credit_role BETWEEN 1 AND {0}"
TWO_ROLES = f"{ROLES.format(4)} AND debit_role <> credit_role"
SIDES = (
    "debit_role <> credit_role"
    " OR coalesce(debit_product_id, 0) <> coalesce(credit_product_id, 0)"
)
"""An amount may move within an account, from one product to another."""

WIDENED = {
    ("movements", "method_is_known"): "method BETWEEN 1 AND {}",
    ("ledgers", "method_is_known"): "method BETWEEN 1 AND {}",
    ("ledgers", "strategy_is_known"): "strategy BETWEEN 1 AND {}",
    ("schedules", "method_is_known"): "method BETWEEN 1 AND {}",
    ("schedules", "strategy_is_known"): "strategy BETWEEN 1 AND {}",
    ("account_names", "role_is_known"): "role BETWEEN 1 AND {}",
    ("activities", "kind_is_known"): "kind BETWEEN 1 AND {}",
}
OLD_MAX = {"method": 4, "strategy": 5, "role": 4, "kind": 6}
NEW_MAX = 99
"""More than there will ever be; the program knows which numbers are valid."""

MOVEMENT = (
    *("ledger_id", "journal", "seq", "schedule_id", "debit_role", "credit_role"),
    *("amount", "daily", "first_day", "last_day", "method", "recorded_in"),
)
"""The columns of a movement that superseding it doesn't change."""

CLOSED = "rows are added only by a recording in progress"
IN_PROGRESS = (
    "SELECT 1 FROM open_recordings o WHERE o.ledger_id = {row}.ledger_id"
    " AND {row}.number > o.last_journal"
)
FOUND = (
    "SELECT 1 FROM journals t WHERE t.ledger_id = {row}.ledger_id"
    " AND t.document_id = {row}.document_id AND t.month = {row}.month"
)
OLD_UNTAKEN = (
    "(NEW.document_id > o.last_document OR NOT EXISTS"
    f" ({FOUND.format(row='NEW')} AND t.product_id = NEW.product_id))"
)
# The index lets several journals of a document and month be without a product.
NEW_UNTAKEN = (
    "(NEW.document_id > o.last_document AND NEW.product_id IS NOT NULL OR NOT EXISTS"
    f" ({FOUND.format(row='NEW')} AND t.product_id IS NEW.product_id"
    " AND (t.product_id IS NOT NULL OR"
    " t.customer_id IS NEW.customer_id AND t.opening IS NEW.opening)))"
)
DOUBLED = (
    f"EXISTS ({FOUND.format(row='added')} AND added.product_id IS NULL"
    " AND t.product_id IS NULL AND t.number <> added.number"
    " AND t.customer_id IS NOT DISTINCT FROM added.customer_id"
    " AND t.opening IS NOT DISTINCT FROM added.opening)"
)

ENTRIES = """
CREATE VIEW journal_entries AS
SELECT
    l.organisation_id,
    l.currency,
    l.decimals,
    m.ledger_id,
    m.journal AS journal_number,
    m.seq AS movement,
    c.date AS entry_date,
    CASE m.debit_role WHEN 1 THEN 'BILLED' WHEN 2 THEN 'UNBILLED'
        WHEN 3 THEN 'DEFERRED' {recognized} END AS debit_account,
    CASE m.credit_role WHEN 1 THEN 'BILLED' WHEN 2 THEN 'UNBILLED'
        WHEN 3 THEN 'DEFERRED' {recognized} END AS credit_account,
    CASE WHEN c.day < m.last_day THEN m.daily
        ELSE m.amount - m.daily * (m.last_day - m.first_day) END AS amount_minor,
    CASE j.source WHEN 1 THEN 'INVOICE' WHEN 2 THEN 'BILLING_SCHEDULE'
        WHEN 3 THEN 'CREDIT_NOTE' ELSE 'STANDALONE' END AS source,
    CASE m.method WHEN 1 THEN 'STRAIGHT_LINE' WHEN 2 THEN 'USAGE'
        WHEN 3 THEN 'POINT_IN_TIME' {milestone} END AS method,
    d.external_id AS document_id,
    d.number AS document_number,
    cu.external_id AS customer_id,
    cu.name AS customer_name,
    p.external_id AS product_id,
    p.name AS product_name,
    m.schedule_id,
    m.recorded_in,
    (SELECT date FROM calendar WHERE day = u.first_day) AS service_from,
    (SELECT date FROM calendar WHERE day = u.last_day) AS service_to,
    (SELECT date FROM calendar WHERE day = u.locked_through) AS locked_through{sides}
FROM movements m
JOIN ledgers l ON l.id = m.ledger_id
JOIN journals j ON j.ledger_id = m.ledger_id AND j.number = m.journal
JOIN documents d ON d.ledger_id = j.ledger_id AND d.id = j.document_id
{outer}JOIN customers cu
    ON cu.organisation_id = l.organisation_id AND cu.id = j.customer_id
{outer}JOIN products p ON p.organisation_id = l.organisation_id AND p.id = j.product_id
LEFT JOIN catch_ups u
    ON u.ledger_id = m.ledger_id AND u.journal = m.journal AND u.seq = m.seq
CROSS JOIN calendar c
WHERE c.day BETWEEN m.first_day AND m.last_day
    AND m.superseded_in IS NULL
    AND CASE WHEN c.day < m.last_day THEN m.daily
        ELSE m.amount - m.daily * (m.last_day - m.first_day) END <> 0
"""
# The product of each side, looked up for the few movements with their own.
SIDE_PRODUCTS = """,
    CASE WHEN m.debit_product_id IS NULL THEN p.external_id
        ELSE (SELECT external_id FROM products WHERE id = m.debit_product_id
            AND organisation_id = l.organisation_id) END AS debit_product_id,
    CASE WHEN m.credit_product_id IS NULL THEN p.external_id
        ELSE (SELECT external_id FROM products WHERE id = m.credit_product_id
            AND organisation_id = l.organisation_id) END AS credit_product_id"""
NEW_ENTRIES = ENTRIES.format(
    recognized="WHEN 4 THEN 'RECOGNIZED'",
    milestone="WHEN 4 THEN 'MILESTONE'",
    sides=SIDE_PRODUCTS,
    outer="LEFT ",
)
OLD_ENTRIES = ENTRIES.format(
    recognized="ELSE 'RECOGNIZED'", milestone="ELSE 'MILESTONE'", sides="", outer=""
)


def upgrade() -> None:
    """Apply."""
    op.execute("DROP VIEW journal_entries")
    for table, columns in NEW.items():
        for column, kind in columns.items():
            op.execute(f"ALTER TABLE {table} ADD COLUMN {column} {kind}")
    if op.get_bind().dialect.name == "postgresql":
        _exchange_constraints(_widened())
        for table, columns in EMPTIED.items():
            for column in columns:
                op.execute(f"ALTER TABLE {table} ALTER COLUMN {column} DROP NOT NULL")
    else:
        _edit_sqlite(_widened(), is_emptied=True)
        _try_rows(op.get_bind())
    _keep_movements((*MOVEMENT, *NEW["movements"]), same="IS NOT DISTINCT FROM")
    _guard_journals(NEW_UNTAKEN, DOUBLED)
    op.execute(NEW_ENTRIES)


def downgrade() -> None:
    """Revert."""
    op.execute("DROP VIEW journal_entries")
    _guard_journals(OLD_UNTAKEN)
    _keep_movements(MOVEMENT, same="=")
    narrowed = [(table, after, before) for table, before, after in _widened()]
    if op.get_bind().dialect.name == "postgresql":
        _exchange_constraints(narrowed)
        for table, columns in EMPTIED.items():
            for column in columns:
                op.execute(f"ALTER TABLE {table} ALTER COLUMN {column} SET NOT NULL")
    else:
        _edit_sqlite(narrowed, is_emptied=False)
    for table, columns in NEW.items():
        for column in columns:
            op.execute(f"ALTER TABLE {table} DROP COLUMN {column}")
    op.execute(OLD_ENTRIES)


Change = tuple[str, dict[str, str], dict[str, str]]
"""A table, and the checks to replace, by their names."""


def _widened() -> Iterator[Change]:
    """All tables whose checks change."""
    yield (
        "movements",
        {"roles_are_two": TWO_ROLES},
        {"roles_are_known": ROLES.format(NEW_MAX), "sides_are_two": SIDES},
    )
    for (table, name), check in WIDENED.items():
        old_max = OLD_MAX[name.partition("_")[0]]
        yield table, {name: check.format(old_max)}, {name: check.format(NEW_MAX)}


def _exchange_constraints(changes: Iterable[Change]) -> None:
    for table, before, after in changes:
        for name in before:
            op.execute(f"ALTER TABLE {table} DROP CONSTRAINT ck_{table}_{name}")
        for name, check in after.items():
            added = f"ADD CONSTRAINT ck_{table}_{name} CHECK ({check}) NOT VALID"
            op.execute(f"ALTER TABLE {table} {added}")
            op.execute(f"ALTER TABLE {table} VALIDATE CONSTRAINT ck_{table}_{name}")


def _edit_sqlite(changes: Iterable[Change], *, is_emptied: bool) -> None:
    edits: dict[str, list[tuple[str, str]]] = {}
    for table, *texts in changes:
        before, after = (
            ", \n\t".join(
                f"CONSTRAINT ck_{table}_{name} CHECK ({check})"
                for name, check in checks.items()
            )
            for checks in texts
        )
        edits.setdefault(table, []).append((before, after))
    for table, columns in EMPTIED.items():
        for column, kind in columns.items():
            demanded = f"\t{column} {kind} NOT NULL"
            free = f"\t{column} {kind}"
            edit = (demanded, free) if is_emptied else (f"{free},", f"{demanded},")
            edits.setdefault(table, []).append(edit)
    redefine(op.get_bind(), edits)


def _try_rows(bind: sa.Connection) -> None:
    """Insert rows that were refused until now, and roll them back."""
    triggers = bind.exec_driver_sql(
        "SELECT name, sql FROM sqlite_master WHERE type = 'trigger'"
        " AND name IN ('documents_open', 'journals_open', 'movements_open')"
    ).all()
    bind.exec_driver_sql("PRAGMA defer_foreign_keys = ON")
    bind.exec_driver_sql("SAVEPOINT tried")
    for name, _ in triggers:
        bind.exec_driver_sql(f"DROP TRIGGER {name}")
    bind.exec_driver_sql(
        "INSERT INTO documents (ledger_id, id, kind, external_id, number, issued_on,"
        " accounting_date, content_hash, recorded_in) VALUES (-1, 1, 4, '', '', 0, 0,"
        " x'', 1)"
    )
    bind.exec_driver_sql(
        "INSERT INTO journals (ledger_id, number, month, document_id, source, opening)"
        " VALUES (-1, 1, 1, 1, 4, TRUE)"
    )
    bind.exec_driver_sql(
        "INSERT INTO movements (ledger_id, journal, seq, debit_role, credit_role,"
        " amount, daily, first_day, last_day, recorded_in, debit_product_id)"
        " VALUES (-1, 1, 1, 99, 99, 1, 1, 1, 1, 1, 1)"
    )
    bind.exec_driver_sql("ROLLBACK TO tried")
    bind.exec_driver_sql("RELEASE tried")
    bind.exec_driver_sql("PRAGMA defer_foreign_keys = OFF")


def _keep_movements(columns: tuple[str, ...], *, same: str) -> None:
    """Allow superseding a movement once; its other columns never change."""
    is_postgresql = op.get_bind().dialect.name == "postgresql"
    if not is_postgresql and same != "=":
        same = "IS"  # SQLite's own spelling, also of versions before 3.39
    unchanged = " AND ".join(f"NEW.{column} {same} OLD.{column}" for column in columns)
    condition = (
        "NOT (OLD.superseded_in IS NULL AND NEW.superseded_in IS NOT NULL"
        f" AND {unchanged})"
    )
    if is_postgresql:
        op.execute("DROP TRIGGER movements_keep ON movements")
        op.execute(
            "CREATE TRIGGER movements_keep BEFORE UPDATE ON movements FOR EACH ROW"
            f" WHEN ({condition}) EXECUTE FUNCTION refuse_change()"
        )
        return
    op.execute("DROP TRIGGER movements_keep")
    op.execute(
        f"CREATE TRIGGER movements_keep BEFORE UPDATE ON movements WHEN {condition}"
        " BEGIN SELECT RAISE(ABORT, 'movements: rows never change'); END"
    )


def _guard_journals(untaken: str, doubled: str = "") -> None:
    """Allow adding new journals by a recording in progress only."""
    if op.get_bind().dialect.name == "postgresql":
        also = f" OR {doubled}" if doubled else ""
        refused = f"NOT EXISTS ({IN_PROGRESS.format(row='added')}){also}"
        body = (
            f"IF EXISTS (SELECT 1 FROM added WHERE {refused}) THEN"  # noqa: S608  (names from our own tables)
            f" RAISE EXCEPTION 'journals: {CLOSED}'; END IF; RETURN NULL;"
        )
        op.execute(
            "CREATE OR REPLACE FUNCTION journals_open() RETURNS trigger"
            f" LANGUAGE plpgsql AS $$ BEGIN {body} END $$"
        )
        return
    permitted = f"{IN_PROGRESS.format(row='NEW')} AND {untaken}"
    op.execute("DROP TRIGGER journals_open")
    op.execute(
        "CREATE TRIGGER journals_open BEFORE INSERT ON journals"
        f" WHEN NOT EXISTS ({permitted})"
        f" BEGIN SELECT RAISE(ABORT, 'journals: {CLOSED}'); END"
    )
