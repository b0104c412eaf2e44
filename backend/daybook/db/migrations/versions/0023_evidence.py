"""Files that are evidence of documents and locks, and which of them were removed.

Revision: 0023, after: 0022.
"""

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None

PLAIN_TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
ATTACHMENTS, REMOVED = "attachments", "removed_attachments"

KEPT = {
    ATTACHMENTS: (
        *("organisation_id", "number", "subject_kind", "subject_id", "file_name"),
        *("media_type", "description", "file_key", "file_bytes", "file_sha256"),
        *("record", "attached_at"),
    ),
    REMOVED: ("organisation_id", "attachment", "reason", "removed_at"),
}
"""Columns that never change: all but the person, whom a hash may replace."""
PERSONS = {ATTACHMENTS: "attached_by", REMOVED: "removed_by"}

BEHIND = (
    f"NEW.number <= (SELECT max(t.number) FROM {ATTACHMENTS} t"  # noqa: S608  (our own text)
    " WHERE t.organisation_id = NEW.organisation_id)"
)
ATTACHED = (
    f"EXISTS (SELECT 1 FROM {ATTACHMENTS} t"  # noqa: S608  (our own text)
    " WHERE t.organisation_id = NEW.organisation_id"
    " AND t.subject_kind = NEW.subject_kind AND t.subject_id = NEW.subject_id"
    " AND t.file_sha256 = NEW.file_sha256"
    f" AND NOT EXISTS (SELECT 1 FROM {REMOVED} r"
    " WHERE r.organisation_id = t.organisation_id AND r.attachment = t.number))"
)
SAME_KEY = (
    f"EXISTS (SELECT 1 FROM {ATTACHMENTS} t"  # noqa: S608  (our own text)
    " WHERE t.organisation_id = NEW.organisation_id AND t.file_key = NEW.file_key)"
)
ENDED = (
    f"EXISTS (SELECT 1 FROM {REMOVED} r"  # noqa: S608  (our own text)
    " WHERE r.organisation_id = NEW.organisation_id AND r.attachment = NEW.attachment)"
)
REFUSED = {
    f"{ATTACHMENTS}_behind": (
        *(ATTACHMENTS, BEHIND),
        "rows are only added behind the last one",
    ),
    f"{ATTACHMENTS}_keys": (ATTACHMENTS, SAME_KEY, "rows are never replaced"),
    f"{ATTACHMENTS}_once": (
        *(ATTACHMENTS, ATTACHED),
        "a file is attached to a subject once at a time",
    ),
    f"{REMOVED}_once": (REMOVED, ENDED, "rows are never replaced"),
}
"""Which rows are not added, by the names of triggers."""


def upgrade() -> None:
    """Apply."""
    op.create_table(
        ATTACHMENTS,
        sa.Column("organisation_id", sa.BigInteger(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("subject_kind", PLAIN_TEXT, nullable=False),
        sa.Column("subject_id", PLAIN_TEXT, nullable=False),
        sa.Column("file_name", PLAIN_TEXT, nullable=False),
        sa.Column("media_type", PLAIN_TEXT, nullable=False),
        sa.Column("description", PLAIN_TEXT, nullable=True),
        sa.Column("file_key", PLAIN_TEXT, nullable=False),
        sa.Column("file_bytes", sa.BigInteger(), nullable=False),
        sa.Column("file_sha256", sa.LargeBinary(), nullable=False),
        sa.Column("record", sa.BigInteger(), nullable=False),
        sa.Column("attached_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("attached_by", PLAIN_TEXT, nullable=True),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisations.id"],
            name=f"fk_{ATTACHMENTS}_organisation_id",
        ),
        sa.PrimaryKeyConstraint("organisation_id", "number", name=f"pk_{ATTACHMENTS}"),
        sqlite_with_rowid=False,
    )
    by_subject = ["organisation_id", "subject_kind", "subject_id", "number"]
    op.create_index(f"ix_{ATTACHMENTS}_{'_'.join(by_subject)}", ATTACHMENTS, by_subject)
    by_key = ["organisation_id", "file_key"]
    op.create_index(
        f"ix_{ATTACHMENTS}_{'_'.join(by_key)}", ATTACHMENTS, by_key, unique=True
    )
    op.create_table(
        REMOVED,
        sa.Column("organisation_id", sa.BigInteger(), nullable=False),
        sa.Column("attachment", sa.BigInteger(), nullable=False),
        sa.Column("reason", PLAIN_TEXT, nullable=False),
        sa.Column("removed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("removed_by", PLAIN_TEXT, nullable=True),
        sa.ForeignKeyConstraint(
            ["organisation_id", "attachment"],
            [f"{ATTACHMENTS}.organisation_id", f"{ATTACHMENTS}.number"],
            name=f"fk_{REMOVED}_organisation_id_attachment",
        ),
        sa.PrimaryKeyConstraint("organisation_id", "attachment", name=f"pk_{REMOVED}"),
        sqlite_with_rowid=False,
    )
    if op.get_bind().dialect.name == "postgresql":
        _protect_postgresql()
    else:
        _protect_sqlite()


def _is_changed(table: str, same: str) -> str:
    """Whether an update is anything but erasing a person."""
    person = PERSONS[table]
    kept = " AND ".join(f"NEW.{name} {same} OLD.{name}" for name in KEPT[table])
    return (
        f"NOT ({kept} AND NEW.{person} LIKE 'erased person %'"
        f" AND OLD.{person} NOT LIKE 'erased person %')"
    )


def _protect_sqlite() -> None:
    for table in (ATTACHMENTS, REMOVED):
        for name, event, condition, words in (
            ("keep", "UPDATE", _is_changed(table, "IS"), "rows never change"),
            ("stay", "DELETE", "1 = 1", "rows are never deleted"),
        ):
            _refuse_on_sqlite(f"{table}_{name}", table, event, condition, words)
    for name, (table, condition, words) in REFUSED.items():
        _refuse_on_sqlite(name, table, "INSERT", condition, words)


def _refuse_on_sqlite(
    name: str, table: str, event: str, condition: str, words: str
) -> None:
    op.execute(
        f"CREATE TRIGGER {name} BEFORE {event} ON {table}"
        f" WHEN {condition} BEGIN SELECT RAISE(ABORT, '{table}: {words}'); END"
    )


def _protect_postgresql() -> None:
    for table in (ATTACHMENTS, REMOVED):
        op.execute(
            f"CREATE TRIGGER {table}_stay BEFORE DELETE OR TRUNCATE ON {table}"
            " FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
        )
        op.execute(
            f"CREATE TRIGGER {table}_keep BEFORE UPDATE ON {table} FOR EACH ROW"
            f" WHEN ({_is_changed(table, 'IS NOT DISTINCT FROM')})"
            " EXECUTE FUNCTION refuse_change()"
        )
    for name, (table, condition, words) in REFUSED.items():
        op.execute(
            f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$"
            f" BEGIN IF {condition} THEN RAISE EXCEPTION '{table}: {words}';"
            " END IF; RETURN NEW; END $$"
        )
        op.execute(
            f"CREATE TRIGGER {name} BEFORE INSERT ON {table}"
            f" FOR EACH ROW EXECUTE FUNCTION {name}()"
        )


def downgrade() -> None:
    """Revert."""
    op.drop_table(REMOVED)
    op.drop_table(ATTACHMENTS)
    if op.get_bind().dialect.name == "postgresql":
        for name in REFUSED:
            op.execute(f"DROP FUNCTION {name}()")
