"""The company on which the commands of docs run: in one currency, and in several."""

import gzip
import json
import zipfile
from pathlib import Path
from typing import Any

from daybook_docs_commands import ROOT
from daybook_evidence import pdf, xlsx
from daybook_gl_imports import journal, page
from daybook_terminal import Terminal

NOW = "2026-11-20T12:00:00Z"
RECORDED = "2026-01-31T12:00:00Z"
"""When what is there from the beginning was recorded."""
ONE = ("GBP",)
SEVERAL = ("EUR", "GBP", "USD")
CHART = (
    "*Code,Report Code,*Name,*Type,*Tax Code,Description,Dashboard,Expense Claims,"
    "Enable Payments,Balance\n"
    "200,REV,Sales,Revenue,No VAT,,No,No,No,\n"
    "250,REV,Recognized,Revenue,No VAT,,No,No,No,\n"
    "640,ASS,Accrued Income,Current Asset,No VAT,,No,No,No,\n"
    "840,LIA,Deferred Income,Current Liability,No VAT,,No,No,No,\n"
    "841,LIA,Deferred Support,Current Liability,No VAT,,No,No,No,\n"
)
MAPPED = (
    "role,code,type\n"
    "BILLED,200,Revenue\n"
    "UNBILLED,640,Current Asset\n"
    "DEFERRED,840,Current Liability\n"
    "RECOGNIZED,250,Revenue\n"
)
"""The four accounts in Xero, for every ledger."""
RETAIL = (
    "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,"
    "Country\n"
    "536365,85123A,WHITE HOLDER,6,2010-12-01 08:26:00,2.55,17850.0,United Kingdom\n"
    "C536379,D,Discount,-1,2010-12-01 09:41:00,27.50,14527.0,United Kingdom\n"
)
ACCRUAL = {
    "date": "2026-10-31",
    "kind": "MANUAL_RECOGNITION",
    "narrative": "Support that isn't invoiced yet",
    "lines": [
        {"account": "UNBILLED", "debit": "7.00"},
        {"account": "RECOGNIZED", "credit": "7.00"},
    ],
}
DRAFTS = "journal,date,kind,narrative,account,debit,credit\n" + "".join(
    f"{number},2026-10-31,ONE_OFF,Draft {number},UNBILLED,{number}.00,\n"
    f"{number},,,,RECOGNIZED,,{number}.00\n"
    for number in range(1, 10)
)
DEFERRED = "220.00"
"""What is in Deferred at the end of October 2026."""


def documents(currencies: tuple[str, ...]) -> list[dict[str, Any]]:
    """What every ledger has, with ids of its own but in the last one."""
    found = []
    for currency in currencies:
        suffix = "" if currency == currencies[-1] else f"_{currency.lower()}"
        found += _of_ledger(currency, suffix)
    return found


def _of_ledger(currency: str, suffix: str) -> list[dict[str, Any]]:
    year = _invoice(currency, suffix, "inv_1", "2026-01-01", "prod_1", "1200.00")
    support = _invoice(currency, suffix, "inv_2", "2025-03-01", "prod_2", "360.00")
    support["customer"] = {"id": "cus_2", "name": "Brio"}
    credited = {
        "type": "credit_note",
        "id": f"cn_1{suffix}",
        "number": "CN-1",
        "status": "FINAL",
        "currency": currency,
        "customer": year["customer"],
        "invoice_id": year["id"],
        "issued_on": "2026-10-01",
        "lines": [{"id": "1", "invoice_line_id": "1", "amount": "60.00"}],
    }
    earlier = _invoice(currency, suffix, "inv_3", "2024-01-01", "prod_1", "2400.00")
    return [year, support, credited, earlier]


def _invoice(  # noqa: PLR0913, PLR0917  (an invoice's parts)
    currency: str, suffix: str, id_: str, day: str, product: str, amount: str
) -> dict[str, Any]:
    name = {"prod_1": "Platform", "prod_2": "Support"}[product]
    ends = {"inv_1": "2026-12-31", "inv_2": "2027-02-28", "inv_3": "2025-12-31"}
    return {
        "type": "invoice",
        "id": f"{id_}{suffix}",
        "number": id_.upper().replace("_", "-"),
        "status": "FINAL",
        "currency": currency,
        "customer": {"id": "cus_1", "name": "Acme"},
        "issued_on": day,
        "lines": [
            {
                "id": "1",
                "product": {"id": product, "name": name, "category": name},
                "amount": amount,
                "service_from": day,
                "service_to": ends[id_],
            }
        ],
    }


def furnish(folder: Path, currencies: tuple[str, ...]) -> None:
    """Put into a folder what a reader of the docs has at hand."""
    lines = "".join(f"{json.dumps(its)}\n" for its in documents(currencies))
    for name in ("invoices.jsonl", "documents.jsonl"):
        (folder / name).write_text(lines)
    (folder / "invoices.jsonl.gz").write_bytes(gzip.compress(lines.encode()))
    (folder / "online_retail.csv.gz").write_bytes(gzip.compress(RETAIL.encode()))
    (folder / "ChartOfAccounts.csv").write_text(CHART)
    (folder / "xero.csv").write_text(MAPPED)
    (folder / "accrual.json").write_text(
        json.dumps({**ACCRUAL, "currency": currencies[-1]})
    )
    (folder / "trial-balance.csv").write_text(
        f"account,date,balance,label\nDEFERRED,2026-10-31,{DEFERRED},\n"
    )
    (folder / "drafts.csv").write_text(DRAFTS)
    for number in (1, 2):
        page(folder, "Journals", journal(number, "0"), name=f"journals-{number}.json")
    (folder / "accounts.csv").write_text("AccountID,Name,Type\na-1,Bank,BANK\n")
    (folder / "xero_contact_data.csv").write_text("contact_id,name\nc-1,Acme\n")
    (folder / "contract.pdf").write_bytes(pdf())
    (folder / "acceptance.pdf").write_bytes(pdf("accepted"))
    (folder / "close.xlsx").write_bytes(xlsx())
    rates = (ROOT / "tests" / "fx" / "eurofxref-sample.csv").read_text()
    header, newest, *_ = rates.splitlines()
    newer = "\n".join([header, newest.replace("2026-10-30", NOW[:10]), ""])
    with zipfile.ZipFile(folder / "eurofxref-hist.zip", "w") as archive:
        archive.writestr("eurofxref-hist.csv", newer)
    (folder / "examples").symlink_to(ROOT / "examples")


def empty_in_one(terminal: Terminal) -> None:
    """Nothing is recorded yet; the files are of one currency."""
    _start(terminal, ONE)


def empty_in_several(terminal: Terminal) -> None:
    """Nothing is recorded yet; the files are of several currencies."""
    _start(terminal, SEVERAL)


def filled_in_one(terminal: Terminal) -> None:
    """The files of one currency are recorded."""
    _start(terminal, ONE)
    _import(terminal)


def filled_in_several(terminal: Terminal) -> None:
    """The files of several currencies are recorded."""
    _start(terminal, SEVERAL)
    _import(terminal)


def _start(terminal: Terminal, currencies: tuple[str, ...]) -> None:
    furnish(terminal.folder, currencies)
    assert terminal.run("settings", DAYBOOK_NOW=RECORDED).returncode == 0


def _import(terminal: Terminal) -> None:
    ended = terminal.run("import", "invoices.jsonl", DAYBOOK_NOW=RECORDED)
    assert ended.returncode == 0, ended.stderr
