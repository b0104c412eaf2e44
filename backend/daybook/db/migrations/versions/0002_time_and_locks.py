"""Every method, locks, revisions, and versions by recording.

Revision: 0002, after: 0001.
"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

PLAIN_TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")

APPEND_ONLY = (
    "ledger_settings",
    "account_names",
    "customer_names",
    "product_names",
    "catch_ups",
    "catch_up_parts",
    "document_versions",
    "schedules",
    "schedule_parts",
    "milestone_completions",
    "credit_grants",
    "settlements",
)
"""Tables whose rows never change."""

LOCK_METHOD = (
    "lock_method SMALLINT NOT NULL DEFAULT 1"
    " CONSTRAINT ck_ledgers_lock_method_is_known CHECK (lock_method BETWEEN 1 AND 2)"
)
METHOD = (
    "method SMALLINT NOT NULL DEFAULT 1"
    " CONSTRAINT ck_ledgers_method_is_known CHECK (method BETWEEN 1 AND 4)"
)
STRATEGY = (
    "strategy SMALLINT NOT NULL DEFAULT 1"
    " CONSTRAINT ck_ledgers_strategy_is_known CHECK (strategy BETWEEN 1 AND 5)"
)
STATUS = (
    "status SMALLINT NOT NULL DEFAULT 1"
    " CONSTRAINT ck_documents_status_is_known CHECK (status BETWEEN 1 AND 3)"
)
CLASSIFICATION = (
    "classification SMALLINT NOT NULL DEFAULT 1 CONSTRAINT"
    " ck_schedules_classification_is_known CHECK (classification BETWEEN 1 AND 4)"
)
TREATMENT = (
    "treatment SMALLINT CONSTRAINT ck_schedules_treatment_is_known"
    " CHECK (treatment BETWEEN 1 AND 2)"
)

COLUMNS = {
    "organisations": ("renamings BIGINT NOT NULL DEFAULT 0",),
    "ledgers": (
        LOCK_METHOD,
        "locked_through INTEGER",
        METHOD,
        STRATEGY,
        "breakage BOOLEAN NOT NULL DEFAULT FALSE",
    ),
    "recordings": ("made_by TEXT", "renamings BIGINT NOT NULL DEFAULT 0"),
    "products": ("method SMALLINT",),
    "documents": (STATUS, "discount BIGINT NOT NULL DEFAULT 0", "revised_in BIGINT"),
    "document_lines": ("group_key TEXT", "recorded_in BIGINT", "superseded_in BIGINT"),
    "schedules": (
        CLASSIFICATION,
        "family_id BIGINT",
        "revises_id BIGINT",
        TREATMENT,
        "months SMALLINT",
        "cancelled_on INTEGER",
        "expires_on INTEGER",
        "settled_on INTEGER",
    ),
}
"""Columns to add to tables, in SQL that both databases understand."""

PLAIN_TEXT_COLUMNS = {"made_by TEXT", "group_key TEXT"}

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
    m.recorded_in{more}
FROM movements m
JOIN ledgers l ON l.id = m.ledger_id
JOIN journals j ON j.ledger_id = m.ledger_id AND j.number = m.journal
JOIN documents d ON d.ledger_id = j.ledger_id AND d.id = j.document_id
JOIN customers cu
    ON cu.organisation_id = l.organisation_id AND cu.id = j.customer_id
JOIN products p ON p.organisation_id = l.organisation_id AND p.id = j.product_id{joined}
CROSS JOIN calendar c
WHERE c.day BETWEEN m.first_day AND m.last_day
    AND m.superseded_in IS NULL
    AND CASE WHEN c.day < m.last_day THEN m.daily
        ELSE m.amount - m.daily * (m.last_day - m.first_day) END <> 0
"""

# The service days of a catch-up: a look-up each, and most movements have none.
SERVICE_DAYS = """,
    (SELECT date FROM calendar WHERE day = u.first_day) AS service_from,
    (SELECT date FROM calendar WHERE day = u.last_day) AS service_to,
    (SELECT date FROM calendar WHERE day = u.locked_through) AS locked_through"""
CATCH_UPS = """
LEFT JOIN catch_ups u
    ON u.ledger_id = m.ledger_id AND u.journal = m.journal AND u.seq = m.seq"""


def upgrade() -> None:
    """Apply."""
    op.execute("DROP VIEW journal_entries")
    is_postgresql = op.get_bind().dialect.name == "postgresql"
    for table, columns in COLUMNS.items():
        for column in columns:
            collated = is_postgresql and column in PLAIN_TEXT_COLUMNS
            collation = ' COLLATE "C"' if collated else ""
            op.execute(f"ALTER TABLE {table} ADD COLUMN {column}{collation}")
    _create_ledger_tables()
    _create_name_tables()
    _create_catch_ups()
    _create_document_versions()
    _create_schedule_tables()
    op.create_index(
        "ix_recordings_ledger_id_recorded_at",
        "recordings",
        ["ledger_id", "recorded_at"],
    )
    op.create_index(
        "ix_schedules_ledger_id_family_id",
        "schedules",
        ["ledger_id", "family_id"],
        sqlite_where=sa.text("family_id IS NOT NULL"),
        postgresql_where=sa.text("family_id IS NOT NULL"),
    )
    op.execute(ENTRIES.format(more=SERVICE_DAYS, joined=CATCH_UPS))
    for table in APPEND_ONLY:
        _protect(table, is_postgresql=is_postgresql)


def _create_ledger_tables() -> None:
    op.create_table(
        "ledger_settings",
        sa.Column("ledger_id", sa.BigInteger(), nullable=False),
        sa.Column("recorded_in", sa.BigInteger(), nullable=False),
        sa.Column("lock_method", sa.SmallInteger(), nullable=False),
        sa.Column("locked_through", sa.Integer(), nullable=True),
        sa.Column("method", sa.SmallInteger(), nullable=False),
        sa.Column("strategy", sa.SmallInteger(), nullable=False),
        sa.Column("breakage", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["ledger_id"], ["ledgers.id"], name="fk_ledger_settings_ledger_id"
        ),
        sa.PrimaryKeyConstraint("ledger_id", "recorded_in", name="pk_ledger_settings"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "account_names",
        sa.Column("ledger_id", sa.BigInteger(), nullable=False),
        sa.Column("role", sa.SmallInteger(), nullable=False),
        sa.Column("scope", PLAIN_TEXT, nullable=False),
        sa.Column("recorded_in", sa.BigInteger(), nullable=False),
        sa.Column("name", PLAIN_TEXT, nullable=False),
        sa.Column("code", PLAIN_TEXT, nullable=True),
        sa.CheckConstraint("role BETWEEN 1 AND 4", name="role_is_known"),
        sa.ForeignKeyConstraint(
            ["ledger_id"], ["ledgers.id"], name="fk_account_names_ledger_id"
        ),
        sa.PrimaryKeyConstraint(
            "ledger_id", "role", "scope", "recorded_in", name="pk_account_names"
        ),
        sqlite_with_rowid=False,
    )


def _create_name_tables() -> None:
    for party, more, is_optional in (
        ("customer", "legal_name", False),
        ("product", "category", True),
    ):
        op.create_table(
            f"{party}_names",
            sa.Column("organisation_id", sa.BigInteger(), nullable=False),
            sa.Column(f"{party}_id", sa.BigInteger(), nullable=False),
            sa.Column("until", sa.BigInteger(), nullable=False),
            sa.Column("name", PLAIN_TEXT, nullable=False),
            sa.Column(more, PLAIN_TEXT, nullable=is_optional),
            sa.PrimaryKeyConstraint(
                "organisation_id", f"{party}_id", "until", name=f"pk_{party}_names"
            ),
            sqlite_with_rowid=False,
        )


def _create_catch_ups() -> None:
    key = ["ledger_id", "journal", "seq"]
    op.create_table(
        "catch_ups",
        sa.Column("ledger_id", sa.BigInteger(), nullable=False),
        sa.Column("journal", sa.BigInteger(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("first_day", sa.Integer(), nullable=False),
        sa.Column("last_day", sa.Integer(), nullable=False),
        sa.Column("locked_through", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            key,
            [f"movements.{column}" for column in key],
            name="fk_catch_ups_ledger_id",
        ),
        sa.PrimaryKeyConstraint(*key, name="pk_catch_ups"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "catch_up_parts",
        sa.Column("ledger_id", sa.BigInteger(), nullable=False),
        sa.Column("journal", sa.BigInteger(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("position", sa.SmallInteger(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("daily", sa.BigInteger(), nullable=False),
        sa.Column("first_day", sa.Integer(), nullable=False),
        sa.Column("last_day", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            key,
            [f"catch_ups.{column}" for column in key],
            name="fk_catch_up_parts_ledger_id",
        ),
        sa.PrimaryKeyConstraint(*key, "position", name="pk_catch_up_parts"),
        sqlite_with_rowid=False,
    )


def _create_document_versions() -> None:
    op.create_table(
        "document_versions",
        sa.Column("ledger_id", sa.BigInteger(), nullable=False),
        sa.Column("document_id", sa.BigInteger(), nullable=False),
        sa.Column("until", sa.BigInteger(), nullable=False),
        sa.Column("made_in", sa.BigInteger(), nullable=False),
        sa.Column("number", PLAIN_TEXT, nullable=False),
        sa.Column("issued_on", sa.Integer(), nullable=False),
        sa.Column("accounting_date", sa.Integer(), nullable=False),
        sa.Column("content_hash", sa.LargeBinary(), nullable=False),
        sa.Column("status", sa.SmallInteger(), nullable=False),
        sa.Column("discount", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["ledger_id", "document_id"],
            ["documents.ledger_id", "documents.id"],
            name="fk_document_versions_ledger_id",
        ),
        sa.PrimaryKeyConstraint(
            "ledger_id", "document_id", "until", name="pk_document_versions"
        ),
        sqlite_with_rowid=False,
    )


def _create_schedule_tables() -> None:
    op.create_table(
        "schedule_parts",
        sa.Column("ledger_id", sa.BigInteger(), nullable=False),
        sa.Column("schedule_id", sa.BigInteger(), nullable=False),
        sa.Column("position", sa.SmallInteger(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("day", sa.Integer(), nullable=True),
        sa.Column("external_id", PLAIN_TEXT, nullable=True),
        sa.Column("name", PLAIN_TEXT, nullable=True),
        _of_schedule("schedule_parts"),
        sa.PrimaryKeyConstraint(
            "ledger_id", "schedule_id", "position", name="pk_schedule_parts"
        ),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "milestone_completions",
        sa.Column("ledger_id", sa.BigInteger(), nullable=False),
        sa.Column("schedule_id", sa.BigInteger(), nullable=False),
        sa.Column("position", sa.SmallInteger(), nullable=False),
        sa.Column("recorded_in", sa.BigInteger(), nullable=False),
        sa.Column("completed_on", sa.Integer(), nullable=True),
        _of_schedule("milestone_completions"),
        sa.PrimaryKeyConstraint(
            *("ledger_id", "schedule_id", "position", "recorded_in"),
            name="pk_milestone_completions",
        ),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "credit_grants",
        sa.Column("ledger_id", sa.BigInteger(), nullable=False),
        sa.Column("schedule_id", sa.BigInteger(), nullable=False),
        sa.Column("external_id", PLAIN_TEXT, nullable=False),
        sa.Column("customer_id", sa.BigInteger(), nullable=False),
        _of_schedule("credit_grants"),
        sa.PrimaryKeyConstraint("ledger_id", "schedule_id", name="pk_credit_grants"),
        sqlite_with_rowid=False,
    )
    op.create_index(
        "ix_credit_grants_ledger_id_external_id",
        "credit_grants",
        ["ledger_id", "external_id"],
    )
    op.create_index(
        "ix_credit_grants_ledger_id_customer_id",
        "credit_grants",
        ["ledger_id", "customer_id"],
    )
    op.create_table(
        "settlements",
        sa.Column("ledger_id", sa.BigInteger(), nullable=False),
        sa.Column("family_id", sa.BigInteger(), nullable=False),
        sa.Column("recorded_in", sa.BigInteger(), nullable=False),
        sa.Column("settled_on", sa.Integer(), nullable=True),
        _of_schedule("settlements", "family_id"),
        sa.PrimaryKeyConstraint(
            "ledger_id", "family_id", "recorded_in", name="pk_settlements"
        ),
        sqlite_with_rowid=False,
    )


def _of_schedule(table: str, column: str = "schedule_id") -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["ledger_id", column],
        ["schedules.ledger_id", "schedules.id"],
        name=f"fk_{table}_ledger_id",
    )


def _protect(table: str, *, is_postgresql: bool) -> None:
    """Refuse changes of recorded rows."""
    if is_postgresql:
        op.execute(
            f"CREATE TRIGGER {table}_stay BEFORE DELETE OR TRUNCATE ON {table}"
            " FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
        )
        op.execute(
            f"CREATE TRIGGER {table}_keep BEFORE UPDATE ON {table}"
            " FOR EACH ROW EXECUTE FUNCTION refuse_change()"
        )
        return
    op.execute(
        f"CREATE TRIGGER {table}_stay BEFORE DELETE ON {table} BEGIN"
        f" SELECT RAISE(ABORT, '{table}: rows are never deleted'); END"
    )
    op.execute(
        f"CREATE TRIGGER {table}_keep BEFORE UPDATE ON {table} BEGIN"
        f" SELECT RAISE(ABORT, '{table}: rows never change'); END"
    )


def downgrade() -> None:
    """Revert."""
    op.execute("DROP VIEW journal_entries")
    op.drop_index("ix_recordings_ledger_id_recorded_at", table_name="recordings")
    op.drop_index("ix_schedules_ledger_id_family_id", table_name="schedules")
    for name in ("stay", "keep"):
        on = " ON schedules" if op.get_bind().dialect.name == "postgresql" else ""
        op.execute(f"DROP TRIGGER schedules_{name}{on}")
    for table in reversed(APPEND_ONLY):
        if table != "schedules":
            op.drop_table(table)
    for table, columns in COLUMNS.items():
        for column in reversed(columns):
            op.execute(f"ALTER TABLE {table} DROP COLUMN {column.split()[0]}")
    op.execute(ENTRIES.format(more="", joined=""))
