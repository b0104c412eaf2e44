"""Which rows the audit trail's digests cover: tables, columns and keys.

Each row has a key, such as the number of the recording that wrote it, and each digest
covers the rows in a range of keys. Rows that change are covered in every state they
had: a document by its stored versions, a customer by their former names.

A form that has been used never changes. A table that gains a column gets a new form
with a number of its own; the old form still describes earlier digests.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from functools import cache

from sqlalchemy import BindParameter, bindparam, select

from daybook.audit.statements import (
    DOCUMENTS,
    EARLIER,
    GRANTS,
    LINES,
    MEMBERSHIPS,
    Keys,
    Range,
    Rows,
    Statement,
    by_column,
    by_number,
    documents,
    earlier_records,
    ended_lines,
    grants,
    lines,
    memberships,
    names,
    of_movements,
    parties,
    renamed,
    state,
)
from daybook.db.digests import (
    BASED_INTEGRATIONS,
    CAUSED_MOVEMENTS,
    COMPRESSED_EXPORTS,
    DESCRIBED_EXPORTS,
    ENDED_COLUMNS,
    ENDED_DOCUMENTS,
    ENDED_MOVEMENTS,
    OPENING_JOURNALS,
    SIDED_MOVEMENTS,
)


class Key(Enum):
    """What assigns rows to digests."""

    RECORDING = "recording"
    """The number of the recording that wrote the row."""
    NUMBER = "number"
    """The row's own number, or its schedule's: ascending and without gaps."""
    ORGANISATION = "organisation"
    """Like `NUMBER`, for rows of an organisation; it may be another row's number."""
    STATE = "state"
    """No key: a digest covers all rows that an organisation has at the time."""


@dataclass(frozen=True, slots=True)
class RowForm:
    """Rows that are digested together; `name` and `columns` are part of the digest.

    The first `order` columns are the primary key. `persons` are columns with persons'
    names, which a digest replaces with hashes. `covers` are further columns, of other
    names or tables, whose changes the digest shows.
    """

    number: int
    name: str
    key: Key
    columns: tuple[str, ...]
    order: int
    statement: Statement
    persons: tuple[str, ...] = ()
    covers: tuple[str, ...] = ()

    @property
    def is_of_ledger(self) -> bool:
        """Whether the rows belong to a ledger; else they belong to an organisation."""
        return self.key in {Key.RECORDING, Key.NUMBER}

    def rows(self, *, in_range: bool = False, at_most: int | None = None) -> Rows:
        """Rows of a ledger or an organisation, ordered by key and primary key.

        Its parameters have the values of `values_of`.
        """
        return _rows(self, in_range=in_range, at_most=at_most)

    def covered(self) -> frozenset[str]:
        """The columns, as `table.column`, whose changes a digest shows."""
        return frozenset(
            [*(f"{self.name}.{column}" for column in self.columns), *self.covers]
        )


ID: BindParameter[int] = bindparam("id")
FIRST: BindParameter[int] = bindparam("first")
LAST: BindParameter[int] = bindparam("last")


def values_of(id_: int, keys: Keys | None = None) -> dict[str, int]:
    """What the statements of forms are executed with, those in a range with keys."""
    values = {ID.key: id_}
    return values if keys is None else values | {FIRST.key: keys[0], LAST.key: keys[1]}


@cache
def _rows(form: RowForm, *, in_range: bool, at_most: int | None) -> Rows:
    """Making a statement takes longer than a small ledger's rows."""
    keys: Range | None = (FIRST, LAST) if in_range else None
    found = form.statement(ID, keys).subquery()
    key, *columns = found.c
    statement = select(key, *columns).order_by(key, *columns[: form.order])
    statement = statement.limit(at_most)
    return statement if keys is None else statement.where(key.between(*keys))


def _recorded(  # noqa: PLR0913  (a row of the table below)
    number: int,
    name: str,
    order: int,
    text: str,
    *,
    key: str = "recorded_in",
    persons: tuple[str, ...] = (),
    empty: tuple[str, ...] = (),
) -> RowForm:
    columns = names(text)
    by = by_column(key, name, columns, *empty, generation=0)
    return RowForm(number, name, Key.RECORDING, columns, order, by, persons)


def _numbered(
    number: int, name: str, order: int, text: str, key: str = "id"
) -> RowForm:
    columns = names(text)
    by = by_column(key, name, columns, generation=0)
    return RowForm(number, name, Key.NUMBER, columns, order, by)


def _of_organisation(  # noqa: PLR0913  (a row of the table below)
    number: int,
    name: str,
    order: int,
    text: str,
    *,
    key: str = "number",
    persons: tuple[str, ...] = (),
) -> RowForm:
    columns = names(text)
    by = by_number(name, columns, 0, key=key)
    return RowForm(number, name, Key.ORGANISATION, columns, order, by, persons)


def _all_of(  # noqa: PLR0913  (a row of the table below)
    number: int,
    name: str,
    order: int,
    text: str,
    *,
    table: str = "",
    non_null: tuple[str, ...] = (),
    persons: tuple[str, ...] = (),
) -> RowForm:
    columns = names(text)
    statement = state(table or name, columns, *non_null)
    covers = tuple(f"{table}.{column}" for column in columns if table)
    return RowForm(number, name, Key.STATE, columns, order, statement, persons, covers)


def _with_sparse(  # noqa: PLR0913  (a row of the table below)
    number: int,
    name: str,
    order: int,
    text: str,
    *,
    table: str,
    kind: Key,
    key: str,
    empty: tuple[str, ...] = (),
    generation: int = 1,
) -> RowForm:
    """Rows with a value in a sparse column of a table; all columns are covered."""
    columns = names(text)
    by = by_column(key, table, columns, *empty, generation=generation)
    covers = tuple(f"{table}.{column}" for column in columns)
    return RowForm(number, name, kind, columns, order, by, covers=covers)


CUSTOMERS = names("organisation_id id external_id name legal_name")
PRODUCTS = names("organisation_id id external_id name category method")
CATCH_UPS = names("ledger_id journal seq first_day last_day locked_through")
JOURNALS = "ledger_id number month document_id customer_id product_id source"
MOVEMENTS = (
    "ledger_id journal seq schedule_id debit_role credit_role amount daily first_day"
    " last_day method recorded_in superseded_in"
)
SIDES = " debit_product_id credit_product_id"
PARTS = names("ledger_id journal seq position amount daily first_day last_day")
EXPORTS = names(
    "organisation_id number made_at made_by ledger_id recording renamings divides_on"
    " selection filters format granularity group_by renderer file_name row_count"
    " debit_total credit_total file_bytes file_sha256 audit_record audit_hash"
    " job_number"
)
COMPRESSED = (*EXPORTS, "compression")
POSTINGS = names(
    "organisation_id number record posted_on reference marked_at marked_by"
)
UNDONE = names("organisation_id posting reason undone_at undone_by")
ATTACHMENTS = names(
    "organisation_id number subject_kind subject_id file_name media_type description"
    " file_key file_bytes file_sha256 record attached_at attached_by"
)
REMOVED = names("organisation_id attachment reason removed_at removed_by")
DESCRIBED = (*COMPRESSED, "options", "manifest")
INTEGRATIONS = (
    "ledger_id integration recorded_in is_enabled preset date_form closed_through"
)

FORMS = (
    _recorded(
        1,
        "recordings",
        2,
        "ledger_id number recorded_at reason made_by renamings rules",
        key="number",
        persons=("made_by",),
    ),
    RowForm(2, "documents", Key.RECORDING, DOCUMENTS, 2, documents),
    RowForm(3, "document_lines", Key.RECORDING, LINES, 3, lines),
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
    RowForm(7, "credit_grants", Key.RECORDING, GRANTS, 2, grants),
    _recorded(8, "settlements", 3, "ledger_id family_id recorded_in settled_on"),
    _numbered(
        9,
        "journals",
        2,
        JOURNALS,
        "number",
    ),
    _recorded(
        10,
        "movements",
        3,
        MOVEMENTS,
        empty=("superseded_in",),
    ),
    RowForm(
        11,
        "catch_ups",
        Key.RECORDING,
        CATCH_UPS,
        3,
        of_movements("catch_ups", CATCH_UPS),
    ),
    RowForm(
        12,
        "catch_up_parts",
        Key.RECORDING,
        PARTS,
        4,
        of_movements("catch_up_parts", PARTS),
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
    RowForm(
        17,
        ENDED_MOVEMENTS,
        Key.RECORDING,
        ENDED_COLUMNS[ENDED_MOVEMENTS],
        3,
        by_column("superseded_in", "movements", ENDED_COLUMNS[ENDED_MOVEMENTS]),
        covers=("movements.superseded_in",),
    ),
    RowForm(
        18,
        "superseded lines",
        Key.RECORDING,
        names("ledger_id document_id position"),
        3,
        ended_lines,
        covers=("document_lines.superseded_in",),
    ),
    RowForm(
        19,
        ENDED_DOCUMENTS,
        Key.RECORDING,
        ENDED_COLUMNS[ENDED_DOCUMENTS],
        3,
        by_column("until", "document_versions", ENDED_COLUMNS[ENDED_DOCUMENTS]),
        covers=tuple(
            f"document_versions.{name}"
            for name in names(
                "ledger_id document_id until made_in number issued_on accounting_date"
                " parent_id content_hash status discount"
            )
        ),
    ),
    _recorded(
        20, "audited_recordings", 2, "ledger_id recording record", key="recording"
    ),
    _with_sparse(
        21,
        SIDED_MOVEMENTS,
        3,
        MOVEMENTS + SIDES,
        table="movements",
        kind=Key.RECORDING,
        key="recorded_in",
        empty=("superseded_in",),
    ),
    _with_sparse(
        22,
        OPENING_JOURNALS,
        2,
        f"{JOURNALS} opening",
        table="journals",
        kind=Key.NUMBER,
        key="number",
    ),
    _recorded(
        23,
        "integrations",
        3,
        INTEGRATIONS,
    ),
    _recorded(
        24,
        "account_mappings",
        5,
        "ledger_id integration role scope recorded_in fields",
    ),
    _recorded(
        25,
        "target_accounts",
        4,
        "ledger_id integration account recorded_in name type tax_rate is_there",
    ),
    _with_sparse(
        26,
        BASED_INTEGRATIONS,
        3,
        f"{INTEGRATIONS} base_currency",
        table="integrations",
        kind=Key.RECORDING,
        key="recorded_in",
    ),
    _with_sparse(
        27,
        CAUSED_MOVEMENTS,
        3,
        f"{MOVEMENTS}{SIDES} cause",
        table="movements",
        kind=Key.RECORDING,
        key="recorded_in",
        empty=("superseded_in",),
        generation=2,
    ),
    _recorded(29, "changes_after_close", 2, "ledger_id recorded_in record first_day"),
    RowForm(
        30,
        "customers",
        Key.ORGANISATION,
        CUSTOMERS,
        2,
        parties("customers", "customer_names", "customer_id", CUSTOMERS),
    ),
    RowForm(
        31,
        "products",
        Key.ORGANISATION,
        PRODUCTS,
        2,
        parties("products", "product_names", "product_id", PRODUCTS, "method"),
    ),
    RowForm(
        32,
        "customer_names",
        Key.ORGANISATION,
        names("organisation_id id name legal_name"),
        2,
        renamed(
            "customers",
            "customer_names",
            "customer_id",
            names("organisation_id id name legal_name"),
        ),
        covers=("customer_names.customer_id", "customer_names.until"),
    ),
    RowForm(
        33,
        "product_names",
        Key.ORGANISATION,
        names("organisation_id id name category"),
        2,
        renamed(
            "products",
            "product_names",
            "product_id",
            names("organisation_id id name category"),
        ),
        covers=("product_names.product_id", "product_names.until"),
    ),
    RowForm(
        34,
        "earlier audit records",
        Key.ORGANISATION,
        EARLIER,
        2,
        earlier_records,
        ("made_by", "user"),
    ),
    RowForm(
        35,
        "export_records",
        Key.ORGANISATION,
        EXPORTS,
        2,
        by_number("export_records", EXPORTS, 0),
        persons=("made_by",),
    ),
    RowForm(
        36,
        COMPRESSED_EXPORTS,
        Key.ORGANISATION,
        COMPRESSED,
        2,
        by_number("export_records", COMPRESSED, 1),
        persons=("made_by",),
        covers=tuple(f"export_records.{name}" for name in COMPRESSED),
    ),
    RowForm(
        37,
        "export_postings",
        Key.ORGANISATION,
        POSTINGS,
        2,
        by_number("export_postings", POSTINGS, 0),
        persons=("marked_by",),
    ),
    RowForm(
        38,
        "undone_postings",
        Key.ORGANISATION,
        UNDONE,
        2,
        by_number("undone_postings", UNDONE, 0, key="posting"),
        persons=("undone_by",),
    ),
    RowForm(
        39,
        DESCRIBED_EXPORTS,
        Key.ORGANISATION,
        DESCRIBED,
        2,
        by_number("export_records", DESCRIBED, 2),
        persons=("made_by",),
        covers=tuple(f"export_records.{name}" for name in DESCRIBED),
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
    RowForm(
        42,
        "memberships",
        Key.STATE,
        MEMBERSHIPS,
        2,
        memberships,
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
        non_null=("method",),
    ),
    _all_of(45, "former_time_zones", 2, "organisation_id until time_zone"),
    _all_of(
        46,
        "clock_acceptances",
        2,
        "organisation_id record accepted_at last_recorded_at reason made_by",
        persons=("made_by",),
    ),
    RowForm(
        47,
        "attachments",
        Key.ORGANISATION,
        ATTACHMENTS,
        2,
        by_number("attachments", ATTACHMENTS, 0),
        persons=("attached_by",),
    ),
    RowForm(
        48,
        "removed_attachments",
        Key.ORGANISATION,
        REMOVED,
        2,
        by_number("removed_attachments", REMOVED, 0, key="attachment"),
        persons=("removed_by",),
    ),
    _of_organisation(
        50,
        "change_requests",
        2,
        "organisation_id number kind currency summary reason arguments effect"
        " requested_at requested_by",
        persons=("requested_by",),
    ),
    _of_organisation(
        51,
        "change_requesters",
        3,
        "organisation_id request user_id",
        key="request",
    ),
    _of_organisation(
        52,
        "change_decisions",
        2,
        "organisation_id request outcome reason decided_at decided_by user_id",
        key="request",
        persons=("decided_by",),
    ),
    _of_organisation(
        53,
        "four_eyes_settings",
        2,
        "organisation_id number is_on request last_step set_at set_by",
        persons=("set_by",),
    ),
    _of_organisation(
        54,
        "manual_steps",
        2,
        "organisation_id id number kind version made_at made_by user_id reason"
        " recording",
        key="id",
        persons=("made_by",),
    ),
    _of_organisation(
        55,
        "manual_versions",
        2,
        "organisation_id step number version ledger_id kind day narrative customer_id"
        " product_id adjusts mode reverses_on",
        key="step",
    ),
    _of_organisation(
        56,
        "manual_lines",
        3,
        "organisation_id step position is_mirror role is_debit amount description"
        " customer_id product_id",
        key="step",
    ),
    _of_organisation(
        57,
        "manual_authors",
        3,
        "organisation_id step user_id number",
        key="step",
    ),
    _of_organisation(
        58,
        "manual_documents",
        3,
        "organisation_id step document_id number ledger_id part",
        key="step",
    ),
    _of_organisation(
        70,
        "recurrence_steps",
        2,
        "organisation_id id number kind version setting made_at made_by user_id reason",
        key="id",
        persons=("made_by",),
    ),
    _of_organisation(
        71,
        "recurrence_versions",
        2,
        "organisation_id step number version ledger_id kind narrative customer_id"
        " product_id day_of_month first_month until_month reverses",
        key="step",
    ),
    _of_organisation(
        72,
        "recurrence_lines",
        3,
        "organisation_id step position role is_debit amount description customer_id"
        " product_id",
        key="step",
    ),
    _of_organisation(
        73,
        "recurrence_authors",
        3,
        "organisation_id step user_id number",
        key="step",
    ),
    _of_organisation(
        74,
        "recurrence_instances",
        3,
        "organisation_id recurrence month version journal step approved_in",
        key="step",
    ),
    _recorded(
        80,
        "gl_balances",
        2,
        "ledger_id number role day label recorded_in balance note",
    ),
    _all_of(
        81,
        "webhook_endpoints",
        2,
        "organisation_id number url description events enabled_at disabled_because"
        " secret_version former_until created_at created_by deleted_at",
        persons=("created_by",),
    ),
    _all_of(
        82,
        "gl_connections",
        2,
        "organisation_id number name system base_currency year_end_month year_end_day"
        " period_lock year_lock is_main takes_exports accounts budget_id"
        " counts_forecasts created_at created_by removed_at",
        persons=("created_by",),
    ),
    _all_of(83, "gl_settings", 1, "organisation_id reporting_currency"),
    _of_organisation(
        84,
        "manual_rates",
        2,
        "organisation_id number currency day mantissa decimals reason entered_at"
        " entered_by",
        persons=("entered_by",),
    ),
    _of_organisation(
        85,
        "gl_imports",
        2,
        "organisation_id number connection kind origin file_name source_sha256 file_key"
        " file_bytes file_sha256 rows documents first_number last_number data_time"
        " record imported_at imported_by",
        persons=("imported_by",),
    ),
    _of_organisation(
        86,
        "gl_segments",
        2,
        "organisation_id number connection imports_through rates_refresh manual_through"
        " today settings reporting_currency data_time lines lines_by_type"
        " content_sha256 file_bytes file_sha256 positions_bytes positions_sha256"
        " renderer notices again_of record made_at made_by",
        key="record",
        persons=("made_by",),
    ),
)

BY_NAME: Mapping[str, RowForm] = {form.name: form for form in FORMS}
"""The newest form of each name, since later forms come later in `FORMS`."""

OTHERWISE: Mapping[str, str] = {
    "audit_records": "the chain itself covers them",
    "calendar": "compared with the calendar",
    "manual_journals": "compared with the steps and versions of each",
    "recurrences": "compared with the steps and versions of each",
    "organisations.audit_hash": "compared with the chain's end",
    "organisations.audit_records": "compared with the chain's end",
    "rate_refreshes": "each has a digest, which every organisation's trail names",
    "reference_rates": "the digests of refreshes cover them",
    "row_digests": "an audit record holds their hash",
    "span_totals": "compared with the movements that they sum",
}
"""Tables, and columns as `table.column`, that are verified in another way, and how."""

EXEMPT: Mapping[str, str] = {
    "activities": "the log also lists failed runs, which record nothing",
    "keyed_requests": "they make a request safe to repeat; no report reads them",
    "open_recordings": "empty between two transactions",
    "organisations.activities": "it numbers the activity log",
    "organisations.filters": "it numbers saved filters",
    "persons": "salts: with another salt, a name no longer matches its hash",
    "saved_filters": "they say what a page is asked for; no report reads them",
    "users.created_at": "no report reads it",
    "users.mail_events": "no report reads it",
    "users.mail_format": "no report reads it",
    "users.name": "no report reads it",
    "users.password_hash": "a user belongs to several organisations; it only signs in",
    "users.sign_ins_from": "a user belongs to several organisations; it only signs in",
    "users.verified_at": "a user belongs to several organisations; it only signs in",
    "webhook_endpoints.former_secret": "an operator's new secret encrypts it again",
    "webhook_endpoints.secret": "an operator's new secret encrypts it again",
}
"""Tables, and columns as `table.column`, that nothing verifies, and why."""
