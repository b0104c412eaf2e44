"""docs/reports.md and docs/tie-out.md: what they show comes out, and sums are right."""

import re
from decimal import Decimal
from pathlib import Path

import pytest
from sqlalchemy import URL

from daybook_worked_month import DOCS, Month

MINUS = "\N{MINUS SIGN}"
AMOUNT = r"\d[\d,]*\.\d\d"
SUM = re.compile(
    rf"((?<!\S){MINUS}?{AMOUNT}(?:\s[+{MINUS}]\s{AMOUNT})+)\s=\s({MINUS}?{AMOUNT})"
)
PAGES = ("reports.md", "tie-out.md")


@pytest.mark.either_database
@pytest.mark.parametrize("name", PAGES)
def test_every_command_is_answered_as_the_page_says(
    database_url: URL, tmp_path: Path, name: str
) -> None:
    text = (DOCS / name).read_text("utf-8")

    assert Month(tmp_path, database_url).told(text) == text


@pytest.mark.parametrize(("name", "least"), [("reports.md", 12), ("tie-out.md", 3)])
def test_the_sums_in_the_text_are_right(name: str, least: int) -> None:
    sums = SUM.findall((DOCS / name).read_text("utf-8"))

    assert len(sums) >= least
    for terms, total in sums:
        parts = re.findall(rf"[+-]?{AMOUNT}", plain(terms))
        assert sum(Decimal(part.replace(",", "")) for part in parts) == Decimal(
            plain(total).replace(",", "")
        ), terms


def plain(text: str) -> str:
    """A sum without spaces, with the minus sign of programs."""
    return re.sub(r"\s", "", text.replace(MINUS, "-"))
