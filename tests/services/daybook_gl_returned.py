"""What Xero makes of an imported file: manual journals, and the journals they post."""

import csv
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any


@dataclass(slots=True)
class Xero:
    """An organisation's journals, numbered without gaps."""

    journals: list[Mapping[str, Any]] = field(default_factory=list)
    manual_journals: list[Mapping[str, Any]] = field(default_factory=list)

    def take(self, content: bytes) -> list[str]:
        """Import a file of the preset vendor; the IDs of its manual journals."""
        rows = csv.DictReader(io.StringIO(content.decode("utf-8-sig")))
        return [
            self.book(
                narration, day, [(row["*AccountCode"], row["*Amount"]) for row in its]
            )
            for (narration, day), its in groupby(
                rows, key=lambda row: (row["*Narration"], row["*Date"])
            )
        ]

    def book(
        self,
        narration: str,
        day: str,
        lines: Sequence[tuple[str, str]],
        source: str = "",
    ) -> str:
        """Post a manual journal, or a correction of a `source`; its ID.

        Lines are accounts and amounts, debits positive.
        """
        id_ = source or f"mj-{len(self.manual_journals) + 1}"
        if not source:
            self.manual_journals.append(
                {
                    "ManualJournalID": id_,
                    "Narration": narration,
                    "Status": "POSTED",
                    "Date": day,
                }
            )
        number = len(self.journals) + 1
        self.journals.append(
            {
                "JournalID": f"j-{number}",
                "JournalNumber": number,
                "JournalDate": day,
                "CreatedDateUTC": f"{day}T12:00:00",
                "SourceID": id_,
                "SourceType": "MANJOURNAL",
                "JournalLines": [
                    {
                        "JournalLineID": f"l-{number}-{at}",
                        "AccountID": f"a-{code}",
                        "AccountCode": code,
                        "Description": f"Line {at}",
                        "NetAmount": amount,
                    }
                    for at, (code, amount) in enumerate(lines)
                ],
            }
        )
        return id_

    def reverse(self, source: str) -> None:
        """Take back all that is posted of a source."""
        for journal in [its for its in self.journals if its["SourceID"] == source]:
            self.book("", journal["JournalDate"], list(_turned(journal)), source)

    def lines_of(self, source: str) -> list[tuple[str, str]]:
        """The lines that its first journal has."""
        journal = next(its for its in self.journals if its["SourceID"] == source)
        return [
            (line["AccountCode"], line["NetAmount"]) for line in journal["JournalLines"]
        ]


def lines_of(rows: Iterable[Mapping[str, str]]) -> list[tuple[str, str]]:
    """Accounts and amounts of a file's rows."""
    return [(row["*AccountCode"], row["*Amount"]) for row in rows]


def _turned(journal: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for line in journal["JournalLines"]:
        amount = line["NetAmount"]
        turned = amount.removeprefix("-") if amount.startswith("-") else f"-{amount}"
        yield line["AccountCode"], turned
