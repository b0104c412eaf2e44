"""What a file holds and how it is written: the value that all of exporting takes."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, NamedTuple, TypeAlias

from daybook.calendar import Day
from daybook.exports.formats import DEFAULT, Format
from daybook.exports.formats.contract import Opens
from daybook.exports.mapping.forms import DateForm, Integration, Preset
from daybook.exports.writing.compression import Compression
from daybook.ledger.pins import Pin
from daybook.reports.journals.filters import JournalFilter
from daybook.reports.journals.group_keys import Granularity, Grouping

Groupings: TypeAlias = tuple[Grouping, ...] | None
"""What journals are grouped by; None for journals, empty for one group a period."""


class FileOptions(NamedTuple):
    """What was asked of a file beside its selection; None for the default.

    `preset` and `date_form` stand before the integration's settings. `converts` asks
    for the target's base currency; `currency` is that, fixed when it is requested.
    `max_rows` is the most rows of a part, 0 for a single file. `default_account` is
    used where nothing is mapped. `refresh` is the newest refresh of exchange rates that
    the file may use, fixed when it is requested. `since` is the export record whose
    difference to now the file holds. `opens` says which accounts a file opens where its
    format has that.
    """

    preset: Preset | None = None
    date_form: DateForm | None = None
    converts: bool = False
    max_rows: int | None = None
    default_account: str | None = None
    refresh: int | None = None
    since: int | None = None
    currency: str | None = None
    opens: Opens = Opens.USED

    def differing(self) -> dict[str, Any]:
        """The options that differ from the defaults, by their names."""
        return {
            name: value
            for name, value in self._asdict().items()
            if value != getattr(DEFAULT_OPTIONS, name)
        }


DEFAULT_OPTIONS = FileOptions()


@dataclass(frozen=True, slots=True)
class FileSpec:
    """A file: the ledger at a moment, what is selected of it, and the file's form."""

    pin: Pin
    journal_filter: JournalFilter
    granularity: Granularity
    by: Groupings = None
    file_format: Format = DEFAULT
    compression: Compression | None = None
    options: FileOptions = DEFAULT_OPTIONS
    is_compared: bool = False
    """Whether units have one date each and lines by product, to compare two files."""

    @property
    def is_read_first(self) -> bool:
        """Whether the file's units are read once before it is made.

        The totals of other files are counted by the database.
        """
        return self.integration is not None or self.options.since is not None

    @property
    def has_status(self) -> bool:
        """Whether lines say that they are posted or scheduled.

        Those of generic files with both do. What changed since a file has no status: a
        month's change may be posted on some days and scheduled on others.
        """
        return (
            self.file_format.status_version is not None
            and self.journal_filter.include_scheduled
            and self.options.since is None
            and not self.is_compared
        )

    @property
    def divides_on(self) -> Day | None:
        """The last day of posted lines; None if lines have no status."""
        if not self.has_status:
            return None
        return self.journal_filter.divides_on(self.pin)

    @property
    def renderer(self) -> int:
        """The version of the format's renderer that makes the file."""
        if self.has_status and self.file_format.status_version is not None:
            return self.file_format.status_version
        return self.file_format.version

    def by_status(self) -> Iterator["FileSpec"]:
        """The file's posted part and then its scheduled one, if they have any days.

        Sums over days, as those of months, hold either posted entries or scheduled
        ones. A file without a status is its only part.
        """
        on, its = self.divides_on, self.journal_filter
        if on is None:
            yield self
            return
        if its.first_day() <= on:
            yield replace(self, journal_filter=replace(its, include_scheduled=False))
        if its.last_day(self.pin) > on:
            first = max(its.first_day(), on + 1)
            scheduled = replace(its, posted_from=first, on=on)
            yield replace(self, journal_filter=scheduled)

    @property
    def integration(self) -> Integration | None:
        """The accounting system that the file is for, if it is for one."""
        return self.file_format.integration
