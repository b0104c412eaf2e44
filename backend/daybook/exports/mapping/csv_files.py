"""Mappings and charts of accounts as CSV files, read and written. Pure.

Text that a spreadsheet would run has a leading apostrophe in what is written, which
reading takes away again: what was written reads as it was.
"""

import csv
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence

from daybook.errors import Problem, ProblemCode, Rejected, did_you_mean
from daybook.exports.mapping.forms import FORMS, XERO_TYPES, Integration
from daybook.exports.mapping.rules import (
    MappedAccount,
    MappingLine,
    Mappings,
    TargetAccount,
)
from daybook.ledger.rules import Role, category_scope, product_scope, scope_of
from daybook.numbers import counted
from daybook.sheets.cells import defused

KEYS = ("currency", "role", "product", "category")
"""The columns before the fields of the system."""
SIZE_MAX = 5_000_000
"""The longest file, in characters."""
LINES_MAX = 50_000
CODE_LONGEST = 10
"""The longest account code that Xero has."""


MappingRow = tuple[str, Role, str, MappedAccount | None]
"""A currency, a role, a scope, and what it is mapped to, if anything."""


def mapping_rows(
    integration: Integration, by_currency: Mapping[str, Mappings]
) -> Iterator[MappingRow]:
    """The mappings of ledgers in order; every account has a row, mapped or not."""
    for currency, mappings in by_currency.items():
        keys = {(role, "") for role in Role}
        keys |= {
            (role, scope)
            for system, role, scope in mappings.mapped
            if system == integration
        }
        for role, scope in sorted(keys):
            account = mappings.mapped.get((integration, role, scope))
            yield currency, role, scope, account


def mapping_csv(integration: Integration, rows: Iterable[MappingRow]) -> str:
    """Mappings as CSV, with a header; unmapped ones have empty fields."""
    names = FORMS[integration].names
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow([*KEYS, *names])
    for currency, role, scope, account in rows:
        product, category = scope_of(scope)
        fields = {} if account is None else account.fields
        cells = [currency, role.name, product or "", category or ""]
        cells += [fields.get(name, "") for name in names]
        writer.writerow([_written(cell) for cell in cells])
    return out.getvalue()


def _written(cell: str) -> str:
    return f"'{cell}" if _needs_apostrophe(cell) else cell


def _read(cell: str) -> str:
    return cell[1:] if cell[:1] == "'" and _needs_apostrophe(cell) else cell


def _needs_apostrophe(cell: str) -> bool:
    """Whether a spreadsheet would run the text, or what follows its apostrophes."""
    bare = cell.lstrip("'")
    return bool(bare) and defused(bare) != bare


def read_mappings(integration: Integration, text: str) -> list[MappingLine]:
    """The mappings of a file; raises Rejected with all problems, by line and column.

    A column of a field that the file hasn't is as if nothing was given for it.
    """
    header, rows = _table(text)
    allowed = (*KEYS, *FORMS[integration].names)
    problems = list(_header_problems(header, allowed, needed=("role",)))
    if problems:
        raise Rejected(problems)
    lines = []
    for number, row in rows:
        cells = dict(zip(header, map(_read, row), strict=True))
        try:
            lines.append(_mapping_line(number, cells))
        except Rejected as rejected:
            problems += rejected.problems
    if problems:
        raise Rejected(problems)
    return lines


def _mapping_line(number: int, cells: dict[str, str]) -> MappingLine:
    currency = cells.pop("currency", "").strip() or None
    name = cells.pop("role").strip()
    product, category = cells.pop("product", ""), cells.pop("category", "")
    if name not in Role.__members__:
        names = ", ".join(Role.__members__)
        near = did_you_mean(name, Role.__members__)
        message = f"role {name!r} is not one of {names}{near}"
        problem = Problem(ProblemCode.INVALID_VALUE, message, ("role",), number)
        raise Rejected([problem])
    if product and category:
        message = "a line is for a product or for a category, not both"
        problem = Problem(ProblemCode.INVALID_VALUE, message, ("category",), number)
        raise Rejected([problem])
    scope = product_scope(product) if product else ""
    scope = category_scope(category) if category else scope
    return MappingLine(Role[name], scope, cells, currency, number)


XERO_COLUMNS = {
    "*code": "code",
    "*name": "name",
    "*type": "type",
    "*tax code": "tax_rate",
    **{name: name for name in ("code", "name", "type", "tax_rate")},
    "tax code": "tax_rate",
}
"""The columns of Xero's export that are read, in small letters; others are ignored."""
_XERO_CODES = {
    "BANK": "Bank",
    "CURRENT": "Current Asset",
    "CURRLIAB": "Current Liability",
    "DEPRECIATN": "Depreciation",
    "DIRECTCOSTS": "Direct Costs",
    "EQUITY": "Equity",
    "EXPENSE": "Expense",
    "FIXED": "Fixed Asset",
    "INVENTORY": "Inventory",
    "LIABILITY": "Liability",
    "NONCURRENT": "Non-current Asset",
    "OTHERINCOME": "Other Income",
    "OVERHEADS": "Overhead",
    "PREPAYMENT": "Prepayment",
    "REVENUE": "Revenue",
    "SALES": "Sales",
    "TERMLIAB": "Non-current Liability",
}
"""The types as Xero's API calls them."""
_TYPES = {name.casefold(): name for name in XERO_TYPES} | {
    code.casefold(): name for code, name in _XERO_CODES.items()
}


def read_xero_chart(text: str) -> list[TargetAccount]:
    """The accounts of the chart that Xero exports, by code.

    Accounts without a code, such as bank accounts, can't be mapped to and are left out.
    Raises Rejected with all problems, by line and column.
    """
    header, rows = _table(text)
    names = [XERO_COLUMNS.get(name.casefold(), "") for name in header]
    problems = [
        Problem(
            ProblemCode.MISSING,
            f"the column *{name.title()} is missing: this isn't a chart of accounts as"
            " Xero exports it",
            line=1,
        )
        for name in ("code", "name", "type")
        if name not in names
    ]
    if problems:
        raise Rejected(problems)
    accounts: dict[str, TargetAccount] = {}
    for number, row in rows:
        cells = {
            name: cell.strip() for name, cell in zip(names, row, strict=True) if name
        }
        if not cells["code"]:
            continue
        problems += _chart_problems(cells, accounts, number)
        type_ = _TYPES.get(cells["type"].casefold(), cells["type"])
        accounts[cells["code"]] = TargetAccount(
            cells["code"], cells["name"], type_, cells.get("tax_rate", "")
        )
    if not accounts:
        message = "there is no account with a code in this file"
        problems.append(Problem(ProblemCode.MISSING, message))
    if problems:
        raise Rejected(problems)
    return list(accounts.values())


def _chart_problems(
    cells: Mapping[str, str], known: Mapping[str, TargetAccount], number: int
) -> Iterator[Problem]:
    code = cells["code"]
    if len(code) > CODE_LONGEST:
        message = f"code {code!r} has more than {CODE_LONGEST} characters"
        yield Problem(ProblemCode.TOO_LARGE, message, ("code",), number)
    if code in known:
        message = f"code {code!r} is there twice"
        yield Problem(ProblemCode.DUPLICATE, message, ("code",), number)
    for name, cell in cells.items():
        if not cell.isprintable():
            message = f"{name} has characters that can't be printed"
            yield Problem(ProblemCode.INVALID_VALUE, message, (name,), number)
        if name in {"name", "type"} and not cell:
            message = f"{name} is missing"
            yield Problem(ProblemCode.MISSING, message, (name,), number)


def _table(text: str) -> tuple[list[str], list[tuple[int, list[str]]]]:
    """A file's header and its rows with their line numbers; empty lines are skipped.

    Raises Rejected for a file that is no table of this header's width.
    """
    if len(text) > SIZE_MAX:
        message = f"the file is longer than {SIZE_MAX:,} characters"
        raise Rejected([Problem(ProblemCode.TOO_LARGE, message)])
    reader = csv.reader(io.StringIO(text.removeprefix("\ufeff"), newline=""))
    rows: list[tuple[int, list[str]]] = []
    before = 0
    try:
        for row in reader:
            if any(row):
                rows.append((before + 1, row))
            before = reader.line_num
    except csv.Error as error:
        message = f"this isn't CSV: {error}"
        problem = Problem(ProblemCode.UNREADABLE, message, line=before + 1)
        raise Rejected([problem]) from None
    if not rows:
        message = "the file is empty: its first line names the columns"
        raise Rejected([Problem(ProblemCode.MISSING, message)])
    if len(rows) > LINES_MAX:
        message = f"the file has more than {LINES_MAX:,} lines"
        raise Rejected([Problem(ProblemCode.TOO_LARGE, message)])
    (_, header), *body = rows
    header = [name.strip() for name in header]
    return header, [_padded(number, row, header) for number, row in body]


def _padded(
    number: int, row: list[str], header: Sequence[str]
) -> tuple[int, list[str]]:
    if len(row) > len(header) and any(row[len(header) :]):
        columns = counted(len(header), "column")
        message = f"there are {len(row)} cells for {columns}"
        raise Rejected([Problem(ProblemCode.UNREADABLE, message, line=number)])
    cells = row[: len(header)]
    return number, cells + [""] * (len(header) - len(cells))


def _header_problems(
    header: Sequence[str], allowed: Sequence[str], needed: Sequence[str]
) -> Iterator[Problem]:
    for name in needed:
        if name not in header:
            message = f"the column {name} is missing"
            yield Problem(ProblemCode.MISSING, message, line=1)
    for position, name in enumerate(header):
        if name not in allowed:
            near = did_you_mean(name, allowed)
            message = f"the column {name!r} is not one of {', '.join(allowed)}{near}"
            yield Problem(ProblemCode.UNKNOWN_FIELD, message, line=1)
        elif name in header[:position]:
            message = f"the column {name} is there twice"
            yield Problem(ProblemCode.DUPLICATE, message, line=1)
