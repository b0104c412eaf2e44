"""Digests of rows in the audit trail.

They need salts of persons' names, parents of documents' versions, and recordings of
grants, which assign rows to digests.

Revision: 0010, after: 0009. The upgrade then appends a record with digests of all
present rows (`daybook.audit.baselines`).
"""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

PLAIN_TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    """Apply."""
    is_postgresql = op.get_bind().dialect.name == "postgresql"
    op.execute("ALTER TABLE document_versions ADD COLUMN parent_id BIGINT")
    op.execute("ALTER TABLE credit_grants ADD COLUMN recorded_in BIGINT")
    binary = "BYTEA" if is_postgresql else "BLOB"
    op.execute(f"ALTER TABLE audit_records ADD COLUMN digest {binary}")
    op.create_table(
        "row_digests",
        sa.Column("organisation_id", sa.BigInteger(), nullable=False),
        sa.Column("record", sa.BigInteger(), nullable=False),
        sa.Column("ledger_id", sa.BigInteger(), nullable=False),
        sa.Column("form", sa.SmallInteger(), nullable=False),
        sa.Column("first_key", sa.BigInteger(), nullable=False),
        sa.Column("last_key", sa.BigInteger(), nullable=False),
        sa.Column("row_count", sa.BigInteger(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("marks", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisations.id"],
            name="fk_row_digests_organisation_id",
        ),
        sa.PrimaryKeyConstraint(
            "organisation_id",
            "record",
            "ledger_id",
            "form",
            "first_key",
            name="pk_row_digests",
        ),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "persons",
        sa.Column("organisation_id", sa.BigInteger(), nullable=False),
        sa.Column("name", PLAIN_TEXT, nullable=False),
        sa.Column("salt", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisations.id"],
            name="fk_persons_organisation_id",
        ),
        sa.PrimaryKeyConstraint("organisation_id", "name", name="pk_persons"),
        sqlite_with_rowid=False,
    )
    _protect("row_digests", is_postgresql=is_postgresql)


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
    op.drop_table("persons")
    op.drop_table("row_digests")
    op.execute("ALTER TABLE audit_records DROP COLUMN digest")
    op.execute("ALTER TABLE document_versions DROP COLUMN parent_id")
    op.execute("ALTER TABLE credit_grants DROP COLUMN recorded_in")
