"""Rows are added only by a recording in progress, and keys never change.

A recording is in progress until an audit record covers it, at the end of its
transaction. Triggers keep recordings in progress in `open_recordings`, so that checking
for one takes a single look-up: an import checks millions of times.

Revision: 0011, after: 0010.
"""

from collections.abc import Iterator

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

CLOSED = "rows are added only by a recording in progress"
TAKEN = "a row with this key is there already, and rows are never replaced"
CHANGED = "rows never change"
BEHIND = "rows are only added behind the last one"
DELETED = "rows are never deleted"
KEY_CHANGED = "keys never change"

OF_NEWEST = "rows are added only for the newest audit record"
NOT_NEWEST = (
    "NEW.record <> (SELECT o.audit_records FROM organisations o"
    " WHERE o.id = NEW.organisation_id)"
)
"""An audit record's digests are written in its transaction."""

RECORDED_IN = "o.number = {row}.recorded_in"

ADDED = {
    "journals": "{row}.number > o.last_journal",
    "movements": f"{RECORDED_IN} AND {{row}}.superseded_in IS NULL",
    "month_totals": RECORDED_IN,
    "month_counts": RECORDED_IN,
    "documents": f"{RECORDED_IN} AND {{row}}.id > o.last_document"
    " AND {row}.revised_in IS NULL",
    "document_lines": f"({{row}}.document_id > o.last_document OR {RECORDED_IN})"
    " AND {row}.superseded_in IS NULL",
    "document_versions": "o.number = {row}.until",
    "schedules": "{row}.id > o.last_schedule",
    "schedule_parts": "{row}.schedule_id > o.last_schedule",
    "credit_grants": RECORDED_IN,
    "settlements": RECORDED_IN,
    "milestone_completions": RECORDED_IN,
    "ledger_settings": RECORDED_IN,
    "account_names": RECORDED_IN,
    **dict.fromkeys(
        ("catch_ups", "catch_up_parts"),
        "EXISTS (SELECT 1 FROM movements m WHERE m.ledger_id = {row}.ledger_id"
        " AND m.journal = {row}.journal AND m.seq = {row}.seq"
        " AND m.recorded_in = o.number)",
    ),
}
"""The relation of a new row to a recording in progress of its ledger, `o`."""

# SQLite's INSERT OR REPLACE replaces a row without running DELETE triggers. An import's
# own numbers are new, so that it looks up nothing.
UNTAKEN = {
    "journals": "(NEW.document_id > o.last_document OR NOT EXISTS (SELECT 1"
    " FROM journals t WHERE t.ledger_id = NEW.ledger_id"
    " AND t.document_id = NEW.document_id AND t.month = NEW.month"
    " AND t.product_id = NEW.product_id))",
    "movements": "(NEW.journal > o.last_journal OR NOT EXISTS (SELECT 1"
    " FROM movements t WHERE t.ledger_id = NEW.ledger_id"
    " AND t.journal = NEW.journal AND t.seq = NEW.seq))",
    "documents": "NOT EXISTS (SELECT 1 FROM documents t"
    " WHERE t.ledger_id = NEW.ledger_id AND t.kind = NEW.kind"
    " AND t.external_id = NEW.external_id)",
    "document_lines": "(NEW.document_id > o.last_document OR NOT EXISTS (SELECT 1"
    " FROM document_lines t WHERE t.ledger_id = NEW.ledger_id"
    " AND t.document_id = NEW.document_id AND t.position = NEW.position))",
}
"""For keys that may exist already: the condition that they don't."""

REPLACED = {
    "organisations": ("id",),
    "ledgers": ("id", "organisation_id currency"),
    "customers": ("organisation_id id", "organisation_id external_id"),
    "products": ("organisation_id id", "organisation_id external_id"),
    "customer_names": ("organisation_id customer_id until",),
    "product_names": ("organisation_id product_id until",),
    "former_time_zones": ("organisation_id until",),
    "clock_acceptances": ("organisation_id record",),
    "audited_recordings": ("ledger_id recording",),
    "row_digests": ("organisation_id record ledger_id form first_key",),
}
"""The keys of tables whose rows need no recording in progress."""

NUMBERED = {
    "recordings": ("ledger_id", "number"),
    "audit_records": ("organisation_id", "number"),
    "activities": ("organisation_id", "id"),
}
"""Tables whose rows are numbered in order: the columns of the owner and the number."""

KEYS = {
    "organisations": ("id",),
    "ledgers": ("id", "organisation_id", "currency", "decimals"),
    "customers": ("organisation_id", "id", "external_id"),
    "products": ("organisation_id", "id", "external_id"),
}
"""Columns that never change, of rows that may change."""

DOCUMENT = (
    *("ledger_id", "id", "kind", "external_id"),
    *("customer_id", "recorded_in"),
)
"""The columns of a document that a revision doesn't change."""

LINE = (
    *("ledger_id", "document_id", "position", "external_id", "description"),
    *("amount", "schedule_id", "group_key", "recorded_in"),
)
"""The columns of a line that superseding it doesn't change."""

OPEN = "SELECT 1 FROM open_recordings o WHERE o.ledger_id = {row}.ledger_id AND {which}"


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "open_recordings",
        sa.Column("ledger_id", sa.BigInteger(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("last_journal", sa.BigInteger(), nullable=False),
        sa.Column("last_document", sa.BigInteger(), nullable=False),
        sa.Column("last_schedule", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("ledger_id", "number", name="pk_open_recordings"),
        sqlite_with_rowid=False,
    )
    if op.get_bind().dialect.name == "postgresql":
        _protect_postgresql()
    else:
        _protect_sqlite()


def _begun(row: str) -> str:
    """The statement that opens a recording, and keeps the last numbers before it."""
    return (
        "INSERT INTO open_recordings"  # noqa: S608  (our own text)
        " (ledger_id, number, last_journal, last_document, last_schedule)"
        f" SELECT {row}.ledger_id, {row}.number, l.journals, l.documents, l.schedules"
        f" FROM ledgers l WHERE l.id = {row}.ledger_id"
    )


def _ended(row: str) -> str:
    """The statement that closes a recording."""
    return (
        f"DELETE FROM open_recordings WHERE ledger_id = {row}.ledger_id"  # noqa: S608  (names from our own tables)
        f" AND number = {row}.recording"
    )


def _updates() -> Iterator[tuple[str, str, str, str]]:
    """Refused updates: the trigger's table, name, condition and message."""
    superseding = OPEN.format(row="NEW", which="o.number = NEW.superseded_in")
    revising = OPEN.format(row="NEW", which="o.number = NEW.revised_in")
    for table, columns in KEYS.items():
        yield table, "keep", f"NOT ({_unchanged(columns)})", KEY_CHANGED
    yield "calendar", "keep", "1 = 1", CHANGED
    yield "open_recordings", "keep", "1 = 1", CHANGED
    yield "documents", "keep", f"NOT ({_unchanged(DOCUMENT)})", KEY_CHANGED
    yield "documents", "revised", f"NOT EXISTS ({revising})", _only("revised")
    is_ended = "OLD.superseded_in IS NULL AND NEW.superseded_in IS NOT NULL"
    yield (
        *("document_lines", "keep"),
        *(f"NOT ({is_ended} AND {_unchanged(LINE)})", CHANGED),
    )
    for table in ("movements", "document_lines"):
        yield table, "superseded", f"NOT EXISTS ({superseding})", _only("superseded")


def _only(done: str) -> str:
    return f"rows are {done} only by a recording in progress"


def _unchanged(columns: tuple[str, ...]) -> str:
    return " AND ".join(
        f"NEW.{column} IS NOT DISTINCT FROM OLD.{column}" for column in columns
    )


def _stays() -> tuple[str, ...]:
    """Tables whose rows could be deleted until now, but never were."""
    return (*KEYS, "documents", "document_lines", "calendar")


def _protect_sqlite() -> None:
    for table, which in ADDED.items():
        whole = " AND ".join((which, *([UNTAKEN[table]] if table in UNTAKEN else [])))
        condition = OPEN.format(row="NEW", which=whole.format(row="NEW"))
        _refuse_sqlite(table, "open", "INSERT", f"NOT EXISTS ({condition})", CLOSED)
    for table, keys in REPLACED.items():
        found = " OR ".join(
            f"EXISTS (SELECT 1 FROM {table} t WHERE "  # noqa: S608  (our own text)
            + " AND ".join(f"t.{column} = NEW.{column}" for column in key.split())
            + ")"
            for key in keys
        )
        _refuse_sqlite(table, "untaken", "INSERT", found, TAKEN)
    for table, (owner, number) in NUMBERED.items():
        condition = _is_behind(table, owner, number, row="NEW")
        _refuse_sqlite(table, "behind", "INSERT", condition, BEHIND)
    _refuse_sqlite("calendar", "untaken", "INSERT", "1 = 1", CHANGED)
    _refuse_sqlite("row_digests", "newest", "INSERT", NOT_NEWEST, OF_NEWEST)
    _refuse_sqlite("open_recordings", "open", "INSERT", _is_closed("NEW"), CLOSED)
    for table, name, condition, words in _updates():
        # SQLite's own spelling, also of versions before 3.39.
        spelled = condition.replace("IS NOT DISTINCT FROM", "IS")
        _refuse_sqlite(table, name, "UPDATE", spelled, words)
    for table in _stays():
        _refuse_sqlite(table, "stay", "DELETE", "1 = 1", DELETED)
    for table, name, statement in (
        ("recordings", "begun", _begun("NEW")),
        ("audited_recordings", "ended", _ended("NEW")),
    ):
        op.execute(
            f"CREATE TRIGGER {table}_{name} AFTER INSERT ON {table}"
            f" BEGIN {statement}; END"
        )


def _refuse_sqlite(
    table: str, name: str, event: str, condition: str, words: str
) -> None:
    op.execute(
        f"CREATE TRIGGER {table}_{name} BEFORE {event} ON {table} WHEN {condition}"
        f" BEGIN SELECT RAISE(ABORT, '{table}: {words}'); END"
    )


def _is_behind(table: str, owner: str, number: str, *, row: str) -> str:
    return (
        f"{row}.{number} <= (SELECT max(t.{number}) FROM {table} t"  # noqa: S608  (names from our own tables)
        f" WHERE t.{owner} = {row}.{owner})"
    )


def _is_closed(row: str) -> str:
    """Whether a recording isn't there, or an audit record names it."""
    return (
        "NOT EXISTS (SELECT 1 FROM recordings r"  # noqa: S608  (our own text)
        f" WHERE r.ledger_id = {row}.ledger_id AND r.number = {row}.number)"
        " OR EXISTS (SELECT 1 FROM audited_recordings a"
        f" WHERE a.ledger_id = {row}.ledger_id AND a.recording = {row}.number)"
    )


def _protect_postgresql() -> None:
    for table, which in ADDED.items():
        condition = OPEN.format(row="added", which=which.format(row="added"))
        # Once for all rows of a COPY: a trigger for each would take longer than it.
        _create_function(
            f"{table}_open",
            f"IF EXISTS (SELECT 1 FROM added WHERE NOT EXISTS ({condition})) THEN"  # noqa: S608  (names from our own tables)
            f" RAISE EXCEPTION '{table}: {CLOSED}'; END IF; RETURN NULL;",
        )
        op.execute(
            f"CREATE TRIGGER {table}_open AFTER INSERT ON {table}"
            " REFERENCING NEW TABLE AS added"
            f" FOR EACH STATEMENT EXECUTE FUNCTION {table}_open()"
        )
    for table, (owner, number) in NUMBERED.items():
        condition = _is_behind(table, owner, number, row="NEW")
        _refuse_postgresql(table, "behind", "INSERT", condition, BEHIND)
    _refuse_postgresql("calendar", "untaken", "INSERT", "true", CHANGED)
    _refuse_postgresql("row_digests", "newest", "INSERT", NOT_NEWEST, OF_NEWEST)
    _refuse_postgresql("open_recordings", "open", "INSERT", _is_closed("NEW"), CLOSED)
    for table, name, condition, words in _updates():
        _refuse_postgresql(table, name, "UPDATE", condition, words)
    for table in _stays():
        op.execute(
            f"CREATE TRIGGER {table}_stay BEFORE DELETE OR TRUNCATE ON {table}"
            " FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
        )
    for table, name, statement in (
        ("recordings", "begun", _begun("NEW")),
        ("audited_recordings", "ended", _ended("NEW")),
    ):
        _create_function(f"{table}_{name}", f"{statement}; RETURN NULL;")
        op.execute(
            f"CREATE TRIGGER {table}_{name} AFTER INSERT ON {table}"
            f" FOR EACH ROW EXECUTE FUNCTION {table}_{name}()"
        )


def _refuse_postgresql(
    table: str, name: str, event: str, condition: str, words: str
) -> None:
    _create_function(
        f"{table}_{name}",
        f"IF {condition} THEN RAISE EXCEPTION '{table}: {words}'; END IF; RETURN NEW;",
    )
    op.execute(
        f"CREATE TRIGGER {table}_{name} BEFORE {event} ON {table}"
        f" FOR EACH ROW EXECUTE FUNCTION {table}_{name}()"
    )


def _create_function(name: str, body: str) -> None:
    op.execute(
        f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$"
        f" BEGIN {body} END $$"
    )


def downgrade() -> None:
    """Revert."""
    is_postgresql = op.get_bind().dialect.name == "postgresql"
    for table, name in _made():
        if not is_postgresql:
            op.execute(f"DROP TRIGGER IF EXISTS {table}_{name}")
        elif name == "stay":
            op.execute(f"DROP TRIGGER {table}_stay ON {table}")
        else:
            op.execute(f"DROP FUNCTION IF EXISTS {table}_{name} CASCADE")
    op.drop_table("open_recordings")


def _made() -> Iterator[tuple[str, str]]:
    """The tables and names of all triggers that either database has of this."""
    yield from ((table, "open") for table in (*ADDED, "open_recordings"))
    yield from ((table, "untaken") for table in (*REPLACED, "calendar"))
    yield from ((table, "behind") for table in NUMBERED)
    yield from ((table, name) for table, name, _, _ in _updates())
    yield from ((table, "stay") for table in _stays())
    yield "recordings", "begun"
    yield "audited_recordings", "ended"
    yield "row_digests", "newest"
