"""What a page was told last, as it says it when it listens again.

The text is the `id` of each event: a browser sends the last one back (`Last-Event-ID`).
It is for one reader in one organisation; what another reader was told counts nothing.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace

from daybook.access.rules import Caller
from daybook.exports.lately import ChangedExport, LateExports
from daybook.reports.newest import Newest

_TEXT = re.compile(
    r"(?P<reader>[0-9.]{3,40})~(?P<ledgers>(?:[A-Z]{3}\.[0-9]{1,18}-)*)"
    r"~(?P<manual>[0-9.]{1,120})~(?P<activity>[0-9.]{1,60})"
    r"~(?P<general_ledger>[0-9.]{1,60}\.[0-9a-f]{16})"
    r"~(?P<exports>[0-9a-f]{16})~(?P<last_export>[0-9]{1,18})"
    r"~(?P<unfinished>(?:[0-9]{1,18}\.)*)",
    re.ASCII,
)


@dataclass(frozen=True, slots=True)
class Told:
    """How far a reader's page has come.

    `recordings` are ledgers' last ones by currency, `unfinished` the reader's own
    exports that had not ended; later ones than `last_export` were not there yet.
    """

    reader: str
    recordings: Mapping[str, int]
    manual: str
    activity: str
    general_ledger: str
    exports: str
    last_export: int
    unfinished: frozenset[int]

    @classmethod
    def of(
        cls, caller: Caller, newest: Newest, late: LateExports, general_ledger: str
    ) -> "Told":
        """A page that was told all there is."""
        return cls(
            reader=reader_of(caller),
            recordings={name: head.recording for name, head in newest.ledgers.items()},
            manual=".".join(map(str, newest.manual)),
            activity=".".join(map(str, newest.activity)),
            general_ledger=general_ledger,
            exports=late.mark,
            last_export=max((export.number for export in late.exports), default=0),
            unfinished=frozenset(
                export.number
                for export in late.exports
                if export.is_unfinished and export.requested_by == caller.name
            ),
        )

    @classmethod
    def read(cls, text: str, caller: Caller) -> "Told | None":
        """What this reader's page says; None for anything else."""
        found = _TEXT.fullmatch(text)
        if found is None or found["reader"] != reader_of(caller):
            return None
        ledgers = (pair.split(".") for pair in found["ledgers"].split("-") if pair)
        return cls(
            reader=found["reader"],
            recordings={currency: int(number) for currency, number in ledgers},
            manual=found["manual"],
            activity=found["activity"],
            general_ledger=found["general_ledger"],
            exports=found["exports"],
            last_export=int(found["last_export"]),
            unfinished=frozenset(
                map(int, filter(None, found["unfinished"].split(".")))
            ),
        )

    def text(self) -> str:
        """What `read` reads: one line of ASCII."""
        ledgers = "".join(f"{name}.{at}-" for name, at in self.recordings.items())
        unfinished = "".join(f"{number}." for number in sorted(self.unfinished))
        parts = (self.reader, ledgers, self.manual, self.activity)
        its_exports = (self.exports, str(self.last_export), unfinished)
        return "~".join((*parts, self.general_ledger, *its_exports))

    def with_recording(self, currency: str, recording: int) -> "Told":
        """The same, of a page that shows a ledger at a recording."""
        return replace(self, recordings={**self.recordings, currency: recording})

    def after(self, present: "Told") -> "Told":
        """What is `present`, without going back: it may have been read a moment ago."""
        recordings = {
            currency: max(recording, self.recordings.get(currency, 0))
            for currency, recording in present.recordings.items()
        }
        return replace(present, recordings=recordings)

    def is_behind(self, currency: str, other: "Told") -> bool:
        """Whether the other knows a later recording of a ledger."""
        return other.recordings[currency] > self.recordings.get(currency, 0)

    def has_ended_since(self, export: ChangedExport) -> bool:
        """Whether an export of the reader's came to a file, or failed, since then."""
        is_later = export.number > self.last_export or export.number in self.unfinished
        return is_later and (export.is_ready or export.has_failed)


def reader_of(caller: Caller) -> str:
    """A caller in an organisation, by numbers; 0 is a key."""
    return f"{caller.organisation_id}.{caller.user_id or 0}"
