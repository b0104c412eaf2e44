"""The forms of digests: every table and column is covered, or exempt with a reason."""

from collections import Counter

from daybook.audit.forms import BY_NAME, EXEMPT, FORMS, OTHERWISE, Key
from daybook.db.digests import (
    BASED_INTEGRATIONS,
    CAUSED_MOVEMENTS,
    DESCRIBED_EXPORTS,
    OPENING_JOURNALS,
)
from daybook.db.engine import History
from daybook.tables import METADATA

COLUMNS = {
    f"{table.name}.{column.name}"
    for table in METADATA[History.LEDGER].tables.values()
    for column in table.columns
}


REASONS = {**EXEMPT, **OTHERWISE}


def is_exempt(column: str) -> bool:
    return column in REASONS or column.partition(".")[0] in REASONS


def test_every_column_is_covered_or_exempt() -> None:
    covered = {column for form in FORMS for column in form.covered()}

    left = {column for column in COLUMNS - covered if not is_exempt(column)}
    assert not left, f"add a form to audit/forms.py, or say why not: {sorted(left)}"


def test_nothing_is_exempt_that_is_covered_or_gone() -> None:
    covered = {column for form in FORMS for column in form.covered()}
    tables = {column.partition(".")[0] for column in COLUMNS}

    assert set(REASONS) <= COLUMNS | tables
    assert not covered & set(REASONS)
    assert all(reason.strip() for reason in REASONS.values())


def test_forms_have_numbers_of_their_own() -> None:
    numbers = Counter(form.number for form in FORMS)
    names = Counter(form.name for form in FORMS)

    assert max(numbers.values()) == 1
    newest = {form.name: form.number for form in FORMS}
    assert {name: BY_NAME[name].number for name in names} == newest


def test_what_is_inserted_in_bulk_has_the_columns_of_its_form() -> None:
    # Rows are digested as they are inserted: all columns, in the table's order.
    for form in {form.name: form for form in FORMS}.values():
        table = METADATA[History.LEDGER].tables.get(form.name)
        if table is not None and form.key is not Key.STATE and "names" not in form.name:
            filled = [column.name for column in table.columns if not column.info]
            assert list(form.columns) == filled, form.name


def test_rows_with_sparse_columns_have_forms_of_all_columns() -> None:
    tables = METADATA[History.LEDGER].tables
    sparse = {
        table.name for table in tables.values() if any(c.info for c in table.columns)
    }

    forms = {
        "movements": CAUSED_MOVEMENTS,
        "journals": OPENING_JOURNALS,
        "export_records": DESCRIBED_EXPORTS,
        "integrations": BASED_INTEGRATIONS,
    }
    assert set(forms) == sparse
    for table, name in forms.items():
        columns = [column.name for column in tables[table].columns]
        assert list(BY_NAME[name].columns) == columns
