"""One report at every door: command, download, Parquet, API and page, as plain rows."""

import csv
import io
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any, TypeAlias

import pyarrow.parquet
from starlette.testclient import TestClient

from daybook.db.engine import Database
from daybook_graphql.documents.ids import BillingScheduleId, CreditNoteId, InvoiceId
from daybook_graphql.kit.ids import encode
from daybook_graphql.ledgers.ids import LedgerId
from daybook_graphql.parties.ids import CustomerId, ProductId
from daybook_markup import parse
from daybook_report_pages import rows_of
from daybook_terminal import Terminal

Key: TypeAlias = tuple[str, ...]
Rows: TypeAlias = dict[Key, dict[str, Decimal]]
"""Figures by row; those that are zero are left out, and so are empty rows."""

NOW = "2025-10-15T12:00:00Z"
USD = encode(LedgerId("USD"))
DOCUMENT_IDS = {
    "INVOICE": InvoiceId,
    "CREDIT_NOTE": CreditNoteId,
    "BILLING_SCHEDULE": BillingScheduleId,
}
COMMANDS = {"cohorts": ["waterfall", "--cohorts"]}
KEYS = {
    "deferred-revenue": ("source", "document_id", "customer_id", "product_id"),
    "waterfall": ("customer_id", "product_id", "is_manual"),
    "cohorts": ("cohort",),
    "roll-forward": ("month",),
}
_MONEY = "{ amount }"
_FIGURES = " ".join(
    f"{name} {_MONEY}"
    for name in ("booked", "unbilled", "recognized", "balance", "remaining")
)
_FALLS = (
    f"booked {_MONEY} unbilled {_MONEY} recognized {_MONEY} remaining {_MONEY}"
    f" takenBackLater {_MONEY} months {{ month amount {_MONEY} }} unscheduled {_MONEY}"
)
QUERIES = {
    "deferred-revenue": f"""query($ledgerId: ID!, $on: Date, $asOf: Date,
      $filter: RevenueFilter, $openOnly: Boolean! = false) {{
      found: deferredRevenue(ledgerId: $ledgerId, on: $on, asOf: $asOf,
        filter: $filter, openOnly: $openOnly, first: 100) {{ ties {{ holds }}
        otherManualJournals @skip(if: $openOnly) {{ {_FIGURES} }}
        edges {{ node {{ rows {{ source customer {{ externalId }}
          product {{ externalId }} document {{ externalId }} isManual
          figures {{ {_FIGURES} }} }} }} }} }} }}""",
    "waterfall": f"""query($ledgerId: ID!, $on: Date, $asOf: Date,
      $filter: RevenueFilter, $apart: Boolean! = false) {{
      found: waterfall(ledgerId: $ledgerId, on: $on, asOf: $asOf, filter: $filter,
        apart: $apart, first: 100) {{ ties {{ holds }} edges {{ node {{
          customer {{ externalId }} products {{ isManual product {{ externalId }}
            figures {{ {_FALLS} }} }} }} }} }} }}""",
    "cohorts": f"""query($ledgerId: ID!, $on: Date, $asOf: Date,
      $filter: RevenueFilter) {{
      found: cohorts(ledgerId: $ledgerId, on: $on, asOf: $asOf, filter: $filter) {{
        ties {{ holds }} cohorts {{ month booked {_MONEY}
          unbilled {_MONEY} remaining {_MONEY} unscheduled {_MONEY}
          months {{ month recognized {_MONEY} scheduled {_MONEY} }} }} }} }}""",
    "roll-forward": f"""query($ledgerId: ID!, $on: Date, $asOf: Date,
      $filter: RevenueFilter, $from: Date, $account: AccountRole! = DEFERRED) {{
      found: rollForward(ledgerId: $ledgerId, on: $on, asOf: $asOf, filter: $filter,
        from: $from, account: $account) {{ ties {{ holds }} months {{ month
          opening {_MONEY} closing {_MONEY} amounts {{ column
            amount {_MONEY} }} }} }} }}""",
}


class ReportDoors:
    """The doors to one database, at noon of 15 October 2025.

    A report is asked by its name and its parameters as texts, as in addresses.
    """

    def __init__(self, database: Database, client: TestClient, folder: Path) -> None:
        self.client = client
        self.terminal = Terminal(folder)
        url = database.url.set(drivername=database.url.get_backend_name())
        self.url = url.render_as_string(hide_password=False)

    def by_command(self, name: str, given: Mapping[str, str]) -> Rows:
        """What the command writes as CSV; it says with its status that ties hold."""
        options = []
        for parameter, text in given.items():
            option = f"--{parameter.replace('_', '-')}"
            options += [option] if text == "yes" else [option, text]
        ended = self.terminal.run(
            *COMMANDS.get(name, [name]),
            *("--currency", "USD", *options, "--format", "csv", "-o", "-"),
            DAYBOOK_DATABASE_URL=self.url,
            DAYBOOK_NOW=NOW,
        )
        assert ended.returncode == 0, ended.stderr
        return _rows_of_csv(name, ended.stdout)

    def by_download(self, name: str, given: Mapping[str, str]) -> Rows:
        """What `/reports/<name>.csv` has."""
        return _rows_of_csv(name, self._download(f"{name}.csv", given).decode())

    def by_parquet(self, name: str, given: Mapping[str, str]) -> Rows:
        """What `/reports/<name>.parquet` has."""
        file = io.BytesIO(self._download(f"{name}.parquet", given))
        table = pyarrow.parquet.read_table(file)
        return rows_by_key(name, table.to_pylist())

    def _download(self, path: str, given: Mapping[str, str]) -> bytes:
        parameters = {"currency": "USD", **given}
        answer = self.client.get(f"/reports/{path}", params=parameters)
        assert answer.status_code == 200, answer.text
        content: bytes = answer.content
        return content

    def by_query(self, name: str, given: Mapping[str, str]) -> Rows:
        """What the API gives; all of its ties hold."""
        body = {"query": QUERIES[name], "variables": _variables(given)}
        answer = self.client.post("/graphql", json=body).json()
        assert "errors" not in answer, answer
        found = answer["data"]["found"]
        assert all(tie["holds"] for tie in found["ties"]), found["ties"]
        return _rows_of_api(name, found)

    def by_page(self, name: str, given: Mapping[str, str]) -> dict[str, list[str]]:
        """The page's rows by their headers."""
        parameters = {"currency": "USD", **given}
        if name in {"deferred-revenue", "waterfall"}:
            parameters["totals"] = "yes"
        answer = self.client.get(f"/reports/{name}", params=parameters)
        assert answer.status_code == 200, answer.text
        page = parse(answer.text)
        assert not page.all(class_="tie-differs")
        return rows_of(page) if page.all("table", class_="report-table") else {}


def rows_by_key(name: str, found: Sequence[Mapping[str, Any]]) -> Rows:
    """Sum rows of a table by the report's key; months of cohorts have their own."""
    rows: dict[Key, Counter[str]] = defaultdict(Counter)
    seen: set[Key] = set()
    for row in found:
        key = tuple(_text(row[column]) for column in KEYS[name])
        for column, value in row.items():
            amount = _amount(value)
            if amount is None or column in {"family", "schedule"}:
                continue
            if name == "cohorts" and column in {"recognized", "scheduled"}:
                rows[key][f"{column} {row['month']}"] += amount  # type: ignore[assignment]
            elif name != "cohorts" or key not in seen:
                rows[key][column] += amount  # type: ignore[assignment]
        seen.add(key)
    return without_nothing(rows)


def without_nothing(rows: Mapping[Key, Mapping[str, Any]]) -> Rows:
    """Rows and figures without what is zero."""
    kept = {
        key: {name: Decimal(amount) for name, amount in row.items() if amount}
        for key, row in rows.items()
    }
    return {key: row for key, row in kept.items() if row}


def without_manual_ids(rows: Rows) -> Rows:
    """Rows of the deferred report as the API has them: it names no manual document."""
    kept: dict[Key, Counter[str]] = defaultdict(Counter)
    for (source, document, *rest), row in rows.items():
        is_manual = source == "STANDALONE"
        kept[source, "" if is_manual else document, *rest].update(row)
    return without_nothing(kept)


def deferred_of(journals: str) -> Decimal:
    """What Deferred grew by in a file of journals."""
    lines = csv.DictReader(io.StringIO(journals, newline=""))
    return sum(
        (
            Decimal(line["Amount"]) * (1 if line["Direction"] == "CREDIT" else -1)
            for line in lines
            if line["Ledger account name"] == "Deferred Revenue"
        ),
        Decimal(),
    )


def _rows_of_csv(name: str, text: str) -> Rows:
    return rows_by_key(name, list(csv.DictReader(io.StringIO(text, newline=""))))


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return str(value or "")


def _amount(value: Any) -> Decimal | None:
    if isinstance(value, Decimal):
        return value
    is_money = isinstance(value, str) and value[-3:-2] == "."
    return Decimal(value) if is_money else None


def _variables(given: Mapping[str, str]) -> dict[str, Any]:
    variables: dict[str, Any] = {"ledgerId": USD}
    narrow: dict[str, str] = {}
    for name, text in given.items():
        if name == "customer":
            narrow["customerId"] = encode(CustomerId(text))
        elif name == "product":
            narrow["productId"] = encode(ProductId(text))
        elif name == "document":
            kind, _, id_ = text.partition(":")
            narrow["documentId"] = encode(DOCUMENT_IDS[kind](id_))
        elif name == "from":
            variables["from"] = f"{text}-01"
        elif name == "account":
            variables["account"] = text.upper()
        else:
            its = {"as_of": "asOf", "open_only": "openOnly"}.get(name, name)
            variables[its] = True if text == "yes" else text
    return {**variables, "filter": narrow}


def _rows_of_api(name: str, found: Any) -> Rows:
    made = {
        "deferred-revenue": _deferred_rows,
        "waterfall": _waterfall_rows,
        "cohorts": _cohort_rows,
        "roll-forward": _months_rows,
    }[name](found)
    return rows_by_key(name, list(made))


def _deferred_rows(found: Any) -> Iterator[dict[str, Any]]:
    for edge in found["edges"]:
        for row in edge["node"]["rows"]:
            yield {
                "source": row["source"],
                "document_id": _own_id(row["document"]),
                "customer_id": _own_id(row["customer"]),
                "product_id": _own_id(row["product"]),
                **_figures(row["figures"]),
            }
    others = _figures(found.get("otherManualJournals", {}))
    if any(others.values()):
        names = dict.fromkeys(("document_id", "customer_id", "product_id"), "")
        yield {"source": "STANDALONE", **names, **others}


def _waterfall_rows(found: Any) -> Iterator[dict[str, Any]]:
    for edge in found["edges"]:
        for row in edge["node"]["products"]:
            yield {
                "customer_id": _own_id(edge["node"]["customer"]),
                "product_id": _own_id(row["product"]),
                "is_manual": row["isManual"],
                **_figures(row["figures"]),
            }


def _cohort_rows(found: Any) -> Iterator[dict[str, Any]]:
    for row in found["cohorts"]:
        head = {"cohort": (row["month"] or "")[:7], **_figures(row)}
        for month in row["months"] or [{"month": ""}]:
            yield {**head, "month": month["month"][:7], **_figures(month)}


def _months_rows(found: Any) -> Iterator[dict[str, Any]]:
    for row in found["months"]:
        columns = {
            amount["column"].lower(): Decimal(amount["amount"]["amount"])
            for amount in row["amounts"]
        }
        yield {"month": row["month"][:7], **_figures(row), **columns}


def _own_id(party: Mapping[str, str] | None) -> str:
    return party["externalId"] if party else ""


def _figures(found: Mapping[str, Any]) -> dict[str, Decimal]:
    figures = {
        {"takenBackLater": "taken_back_later"}.get(name, name): Decimal(its["amount"])
        for name, its in found.items()
        if isinstance(its, dict) and "amount" in its
    }
    months = found.get("months") or []
    return figures | {
        month["month"][:7]: Decimal(month["amount"]["amount"])
        for month in months
        if "amount" in month
    }
