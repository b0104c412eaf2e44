"""First tables: ledgers, documents, schedules, journals, movements, the calendar.

Revision: 0001, after: none.
"""

from datetime import date, timedelta

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

PLAIN_TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")

FIRST_DATE, LAST_DATE = date(2000, 1, 1), date(2099, 12, 31)

APPEND_ONLY = ("journals", "recordings", "month_totals")
"""Tables whose rows never change; `movements` has one exception of its own."""

# CROSS JOIN: SQLite keeps its order, and looks up the days of each movement. Otherwise
# its planner would read all movements for each day.
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
        WHEN 3 THEN 'DEFERRED' ELSE 'RECOGNIZED' END AS debit_account,
    CASE m.credit_role WHEN 1 THEN 'BILLED' WHEN 2 THEN 'UNBILLED'
        WHEN 3 THEN 'DEFERRED' ELSE 'RECOGNIZED' END AS credit_account,
    CASE WHEN c.day < m.last_day THEN m.daily
        ELSE m.amount - m.daily * (m.last_day - m.first_day) END AS amount_minor,
    CASE j.source WHEN 1 THEN 'INVOICE' WHEN 2 THEN 'BILLING_SCHEDULE'
        WHEN 3 THEN 'CREDIT_NOTE' ELSE 'STANDALONE' END AS source,
    CASE m.method WHEN 1 THEN 'STRAIGHT_LINE' WHEN 2 THEN 'USAGE'
        WHEN 3 THEN 'POINT_IN_TIME' ELSE 'MILESTONE' END AS method,
    d.external_id AS document_id,
    d.number AS document_number,
    cu.external_id AS customer_id,
    cu.name AS customer_name,
    p.external_id AS product_id,
    p.name AS product_name,
    m.schedule_id,
    m.recorded_in
FROM movements m
JOIN ledgers l ON l.id = m.ledger_id
JOIN journals j ON j.ledger_id = m.ledger_id AND j.number = m.journal
JOIN documents d ON d.ledger_id = j.ledger_id AND d.id = j.document_id
JOIN customers cu
    ON cu.organisation_id = l.organisation_id AND cu.id = j.customer_id
JOIN products p ON p.organisation_id = l.organisation_id AND p.id = j.product_id
CROSS JOIN calendar c
WHERE c.day BETWEEN m.first_day AND m.last_day
    AND m.superseded_in IS NULL
    AND CASE WHEN c.day < m.last_day THEN m.daily
        ELSE m.amount - m.daily * (m.last_day - m.first_day) END <> 0
"""

UNCHANGED = " AND ".join(
    f"NEW.{column} = OLD.{column}"
    for column in (
        "ledger_id",
        "journal",
        "seq",
        "schedule_id",
        "debit_role",
        "credit_role",
        "amount",
        "daily",
        "first_day",
        "last_day",
        "method",
        "recorded_in",
    )
)
"""A movement may be superseded once; its other columns never change."""


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "calendar",
        sa.Column("day", sa.BigInteger(), nullable=False),
        sa.Column("date", PLAIN_TEXT, nullable=False),
        sa.PrimaryKeyConstraint("day", name="pk_calendar"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "organisations",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("name", PLAIN_TEXT, nullable=False),
        sa.Column("time_zone", PLAIN_TEXT, nullable=False),
        sa.Column("customers", sa.BigInteger(), nullable=False),
        sa.Column("products", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_organisations"),
    )
    op.create_table(
        "customers",
        sa.Column("organisation_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("external_id", PLAIN_TEXT, nullable=False),
        sa.Column("name", PLAIN_TEXT, nullable=False),
        sa.Column("legal_name", PLAIN_TEXT, nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisations.id"],
            name="fk_customers_organisation_id",
        ),
        sa.PrimaryKeyConstraint("organisation_id", "id", name="pk_customers"),
        sqlite_with_rowid=False,
    )
    op.create_index(
        "ix_customers_organisation_id_external_id",
        "customers",
        ["organisation_id", "external_id"],
        unique=True,
    )
    op.create_table(
        "ledgers",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("organisation_id", sa.BigInteger(), nullable=False),
        sa.Column("currency", PLAIN_TEXT, nullable=False),
        sa.Column("decimals", sa.SmallInteger(), nullable=False),
        sa.Column("recordings", sa.BigInteger(), nullable=False),
        sa.Column("journals", sa.BigInteger(), nullable=False),
        sa.Column("documents", sa.BigInteger(), nullable=False),
        sa.Column("schedules", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisations.id"], name="fk_ledgers_organisation_id"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_ledgers"),
    )
    op.create_index(
        "ix_ledgers_organisation_id_currency",
        "ledgers",
        ["organisation_id", "currency"],
        unique=True,
    )
    op.create_table(
        "products",
        sa.Column("organisation_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("external_id", PLAIN_TEXT, nullable=False),
        sa.Column("name", PLAIN_TEXT, nullable=False),
        sa.Column("category", PLAIN_TEXT, nullable=True),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisations.id"],
            name="fk_products_organisation_id",
        ),
        sa.PrimaryKeyConstraint("organisation_id", "id", name="pk_products"),
        sqlite_with_rowid=False,
    )
    op.create_index(
        "ix_products_organisation_id_external_id",
        "products",
        ["organisation_id", "external_id"],
        unique=True,
    )
    op.create_table(
        "documents",
        sa.Column("ledger_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.SmallInteger(), nullable=False),
        sa.Column("external_id", PLAIN_TEXT, nullable=False),
        sa.Column("number", PLAIN_TEXT, nullable=False),
        sa.Column("customer_id", sa.BigInteger(), nullable=False),
        sa.Column("issued_on", sa.Integer(), nullable=False),
        sa.Column("accounting_date", sa.Integer(), nullable=False),
        sa.Column("parent_id", sa.BigInteger(), nullable=True),
        sa.Column("content_hash", sa.LargeBinary(), nullable=False),
        sa.Column("recorded_in", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("kind BETWEEN 1 AND 4", name="kind_is_known"),
        sa.ForeignKeyConstraint(
            ["ledger_id"], ["ledgers.id"], name="fk_documents_ledger_id"
        ),
        sa.PrimaryKeyConstraint("ledger_id", "id", name="pk_documents"),
        sqlite_with_rowid=False,
    )
    op.create_index(
        "ix_documents_ledger_id_kind_external_id",
        "documents",
        ["ledger_id", "kind", "external_id"],
        unique=True,
    )
    op.create_index(
        "ix_documents_ledger_id_parent_id",
        "documents",
        ["ledger_id", "parent_id"],
        unique=False,
        sqlite_where=sa.text("parent_id IS NOT NULL"),
        postgresql_where=sa.text("parent_id IS NOT NULL"),
    )
    op.create_table(
        "journals",
        sa.Column("ledger_id", sa.BigInteger(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("month", sa.SmallInteger(), nullable=False),
        sa.Column("document_id", sa.BigInteger(), nullable=False),
        sa.Column("customer_id", sa.BigInteger(), nullable=False),
        sa.Column("product_id", sa.BigInteger(), nullable=False),
        sa.Column("source", sa.SmallInteger(), nullable=False),
        sa.CheckConstraint("source BETWEEN 1 AND 4", name="source_is_known"),
        sa.ForeignKeyConstraint(
            ["ledger_id"], ["ledgers.id"], name="fk_journals_ledger_id"
        ),
        sa.PrimaryKeyConstraint("ledger_id", "number", name="pk_journals"),
        sqlite_with_rowid=False,
    )
    op.create_index(
        "ix_journals_ledger_id_customer_id_month",
        "journals",
        ["ledger_id", "customer_id", "month"],
        unique=False,
    )
    op.create_index(
        "ix_journals_ledger_id_document_id_month_product_id",
        "journals",
        ["ledger_id", "document_id", "month", "product_id"],
        unique=True,
    )
    op.create_index(
        "ix_journals_ledger_id_month_number",
        "journals",
        ["ledger_id", "month", "number"],
        unique=False,
    )
    op.create_table(
        "month_totals",
        sa.Column("ledger_id", sa.BigInteger(), nullable=False),
        sa.Column("month", sa.SmallInteger(), nullable=False),
        sa.Column("debit_role", sa.SmallInteger(), nullable=False),
        sa.Column("credit_role", sa.SmallInteger(), nullable=False),
        sa.Column("source", sa.SmallInteger(), nullable=False),
        sa.Column("recorded_in", sa.BigInteger(), nullable=False),
        sa.Column("change", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["ledger_id"], ["ledgers.id"], name="fk_month_totals_ledger_id"
        ),
        sa.PrimaryKeyConstraint(
            "ledger_id",
            "month",
            "debit_role",
            "credit_role",
            "source",
            "recorded_in",
            name="pk_month_totals",
        ),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "recordings",
        sa.Column("ledger_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reason", PLAIN_TEXT, nullable=False),
        sa.ForeignKeyConstraint(
            ["ledger_id"], ["ledgers.id"], name="fk_recordings_ledger_id"
        ),
        sa.PrimaryKeyConstraint("ledger_id", "number", name="pk_recordings"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "document_lines",
        sa.Column("ledger_id", sa.BigInteger(), nullable=False),
        sa.Column("document_id", sa.BigInteger(), nullable=False),
        sa.Column("position", sa.SmallInteger(), nullable=False),
        sa.Column("external_id", PLAIN_TEXT, nullable=False),
        sa.Column("description", PLAIN_TEXT, nullable=True),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("schedule_id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["ledger_id", "document_id"],
            ["documents.ledger_id", "documents.id"],
            name="fk_document_lines_ledger_id_document_id",
        ),
        sa.PrimaryKeyConstraint(
            "ledger_id", "document_id", "position", name="pk_document_lines"
        ),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "movements",
        sa.Column("ledger_id", sa.BigInteger(), nullable=False),
        sa.Column("journal", sa.BigInteger(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("schedule_id", sa.BigInteger(), nullable=False),
        sa.Column("debit_role", sa.SmallInteger(), nullable=False),
        sa.Column("credit_role", sa.SmallInteger(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("daily", sa.BigInteger(), nullable=False),
        sa.Column("first_day", sa.Integer(), nullable=False),
        sa.Column("last_day", sa.Integer(), nullable=False),
        sa.Column("method", sa.SmallInteger(), nullable=False),
        sa.Column("recorded_in", sa.BigInteger(), nullable=False),
        sa.Column("superseded_in", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("amount > 0", name="amount_is_positive"),
        sa.CheckConstraint(
            "daily >= 0 AND daily * (last_day - first_day) <= amount",
            name="daily_is_a_share",
        ),
        sa.CheckConstraint(
            "debit_role BETWEEN 1 AND 4 AND credit_role BETWEEN 1 AND 4"
            " AND debit_role <> credit_role",
            name="roles_are_two",
        ),
        sa.CheckConstraint("first_day <= last_day", name="days_are_in_order"),
        sa.CheckConstraint("method BETWEEN 1 AND 4", name="method_is_known"),
        sa.ForeignKeyConstraint(
            ["ledger_id", "journal"],
            ["journals.ledger_id", "journals.number"],
            name="fk_movements_ledger_id_journal",
        ),
        sa.PrimaryKeyConstraint("ledger_id", "journal", "seq", name="pk_movements"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "schedules",
        sa.Column("ledger_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("document_id", sa.BigInteger(), nullable=False),
        sa.Column("product_id", sa.BigInteger(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("method", sa.SmallInteger(), nullable=False),
        sa.Column("timing", sa.SmallInteger(), nullable=False),
        sa.Column("strategy", sa.SmallInteger(), nullable=False),
        sa.Column("first_day", sa.Integer(), nullable=True),
        sa.Column("last_day", sa.Integer(), nullable=True),
        sa.Column("recognized_on", sa.Integer(), nullable=True),
        sa.Column("credits_id", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("method BETWEEN 1 AND 4", name="method_is_known"),
        sa.CheckConstraint("strategy BETWEEN 1 AND 5", name="strategy_is_known"),
        sa.CheckConstraint("timing BETWEEN 1 AND 2", name="timing_is_known"),
        sa.ForeignKeyConstraint(
            ["ledger_id", "document_id"],
            ["documents.ledger_id", "documents.id"],
            name="fk_schedules_ledger_id_document_id",
        ),
        sa.PrimaryKeyConstraint("ledger_id", "id", name="pk_schedules"),
        sqlite_with_rowid=False,
    )
    op.create_index(
        "ix_schedules_ledger_id_credits_id",
        "schedules",
        ["ledger_id", "credits_id"],
        unique=False,
        sqlite_where=sa.text("credits_id IS NOT NULL"),
        postgresql_where=sa.text("credits_id IS NOT NULL"),
    )
    op.create_index(
        "ix_schedules_ledger_id_document_id",
        "schedules",
        ["ledger_id", "document_id"],
        unique=False,
    )

    op.execute(ENTRIES)
    op.bulk_insert(
        sa.table("calendar", sa.column("day"), sa.column("date")),
        [
            {"day": day, "date": (date(1970, 1, 1) + timedelta(day)).isoformat()}
            for day in range(
                (FIRST_DATE - date(1970, 1, 1)).days,
                (LAST_DATE - date(1970, 1, 1)).days + 1,
            )
        ],
    )
    op.execute(
        "INSERT INTO organisations (id, name, time_zone, customers, products)"
        " VALUES (1, 'My company', 'UTC', 0, 0)"
    )
    if op.get_bind().dialect.name == "postgresql":
        _protect_postgresql()
    else:
        _protect_sqlite()


def _protect_sqlite() -> None:
    """Refuse changes of recorded rows."""
    for table in (*APPEND_ONLY, "movements"):
        op.execute(
            f"CREATE TRIGGER {table}_stay BEFORE DELETE ON {table} BEGIN"
            f" SELECT RAISE(ABORT, '{table}: rows are never deleted'); END"
        )
    for table in APPEND_ONLY:
        op.execute(
            f"CREATE TRIGGER {table}_keep BEFORE UPDATE ON {table} BEGIN"
            f" SELECT RAISE(ABORT, '{table}: rows never change'); END"
        )
    op.execute(
        "CREATE TRIGGER movements_keep BEFORE UPDATE ON movements"
        " WHEN NOT (OLD.superseded_in IS NULL AND NEW.superseded_in IS NOT NULL"
        f" AND {UNCHANGED}) BEGIN"
        " SELECT RAISE(ABORT, 'movements: rows never change'); END"
    )


def _protect_postgresql() -> None:
    """Refuse changes of recorded rows."""
    op.execute(
        "CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$"
        " BEGIN RAISE EXCEPTION '%: rows never change', TG_TABLE_NAME; END $$"
    )
    for table in (*APPEND_ONLY, "movements"):
        op.execute(
            f"CREATE TRIGGER {table}_stay BEFORE DELETE OR TRUNCATE ON {table}"
            " FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
        )
    for table in APPEND_ONLY:
        op.execute(
            f"CREATE TRIGGER {table}_keep BEFORE UPDATE ON {table}"
            " FOR EACH ROW EXECUTE FUNCTION refuse_change()"
        )
    op.execute(
        "CREATE TRIGGER movements_keep BEFORE UPDATE ON movements FOR EACH ROW"
        " WHEN (NOT (OLD.superseded_in IS NULL AND NEW.superseded_in IS NOT NULL"
        f" AND {UNCHANGED})) EXECUTE FUNCTION refuse_change()"
    )


def downgrade() -> None:
    """Revert."""
    op.execute("DROP VIEW journal_entries")
    op.drop_index("ix_schedules_ledger_id_document_id", table_name="schedules")
    op.drop_index(
        "ix_schedules_ledger_id_credits_id",
        table_name="schedules",
        sqlite_where=sa.text("credits_id IS NOT NULL"),
        postgresql_where=sa.text("credits_id IS NOT NULL"),
    )
    op.drop_table("schedules")
    op.drop_table("movements")
    op.drop_table("document_lines")
    op.drop_table("recordings")
    op.drop_table("month_totals")
    op.drop_index("ix_journals_ledger_id_month_number", table_name="journals")
    op.drop_index(
        "ix_journals_ledger_id_document_id_month_product_id", table_name="journals"
    )
    op.drop_index("ix_journals_ledger_id_customer_id_month", table_name="journals")
    op.drop_table("journals")
    op.drop_index(
        "ix_documents_ledger_id_parent_id",
        table_name="documents",
        sqlite_where=sa.text("parent_id IS NOT NULL"),
        postgresql_where=sa.text("parent_id IS NOT NULL"),
    )
    op.drop_index("ix_documents_ledger_id_kind_external_id", table_name="documents")
    op.drop_table("documents")
    op.drop_index("ix_products_organisation_id_external_id", table_name="products")
    op.drop_table("products")
    op.drop_index("ix_ledgers_organisation_id_currency", table_name="ledgers")
    op.drop_table("ledgers")
    op.drop_index("ix_customers_organisation_id_external_id", table_name="customers")
    op.drop_table("customers")
    op.drop_table("organisations")
    op.drop_table("calendar")
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION refuse_change")
