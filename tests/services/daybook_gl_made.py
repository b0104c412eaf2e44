"""Made-up journals and documents of a small connection in euros, and its lines."""

import json
from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

from daybook.calendar import day_of
from daybook.fx.rules import Rates, Series
from daybook.gl.kinds import FORMS, Kind
from daybook.gl.xero.csv_sources import Source
from daybook_gl import Lines, build, pinned, stage_all

TODAY = date(2026, 10, 31)
ACCOUNTS = [
    {
        "AccountID": account_id,
        "Code": code,
        "Name": name,
        "Type": type_,
        "SystemAccount": system,
    }
    for account_id, code, name, type_, system in (
        ("ar", "610", "Receivables", "CURRENT", "DEBTORS"),
        ("ap", "800", "Payables", "CURRLIAB", "CREDITORS"),
        ("sales", "200", "Sales", "REVENUE", ""),
        ("bank", "", "Bank", "BANK", ""),
        ("gst", "820", "GST", "CURRLIAB", "GST"),
        ("realised", "499", "Realised", "EXPENSE", "REALISEDCURRENCYGAIN"),
        ("unrealised", "498", "Unrealised", "EXPENSE", "UNREALISEDCURRENCYGAIN"),
    )
]


def rates(**by_day: str) -> Rates:
    """Dollars for a euro, by days of October 2026 such as `_01`."""
    found = {
        day_of(date(2026, 10, int(day[1:]))): int(Decimal(rate) * 10_000)
        for day, rate in by_day.items()
    }
    usd = Series("USD", 4, [*found], [*found.values()])
    last = max(found)
    return Rates({"USD": usd}, day_of(TODAY), last, last, frozenset({"USD"}))


def journal(
    number: int, day: str, *lines: tuple[str, float], **more: Any
) -> Mapping[str, Any]:
    """A journal of accounts and Xero's nets."""
    return {
        "JournalID": f"j-{number}",
        "JournalNumber": number,
        "JournalDate": day,
        "CreatedDateUTC": f"{day}T12:00:00",
        "JournalLines": [
            {
                "JournalLineID": f"l-{at}",
                "AccountID": account,
                "AccountName": account.title(),
                "AccountType": "BANK",
                "NetAmount": net,
                "GrossAmount": net,
                "TaxAmount": 0,
            }
            for at, (account, net) in enumerate(lines)
        ],
        **more,
    }


def made(
    folder: Path,
    rates_: Rates,
    documents: Mapping[Kind, Sequence[Mapping[str, Any]]],
    **more: Any,
) -> Lines:
    """The lines of a connection in euros."""
    sources = {}
    for kind, found in {Kind.ACCOUNTS: ACCOUNTS, **documents}.items():
        path = folder / f"{kind.name}.json"
        path.write_text(json.dumps({FORMS[kind].root: [*found]}))
        sources[kind] = [Source(path.name, path)]
    inputs = stage_all(folder, sources, "EUR")
    return build(folder / "built", inputs, pinned("EUR", TODAY, **more), rates_)
