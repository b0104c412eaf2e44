"""The files that the options of `daybook export` ask for."""

from dataclasses import dataclass
from typing import NamedTuple, Protocol

from daybook.calendar import Day
from daybook.cli import filter_options
from daybook.cli.export_form import FileForm
from daybook.db.engine import Database, ReadSession
from daybook.exports.facts import with_refresh
from daybook.exports.file_spec import FileOptions, FileSpec, Groupings
from daybook.exports.rules import Granularity
from daybook.reports.journals.filters import Purpose
from daybook.reports.journals.selection import selection_text
from daybook.settings import Settings


class Chosen(NamedTuple):
    """A file of a ledger.

    `filters` are those that were given, as `selection_text` writes them.
    """

    spec: FileSpec
    filters: str
    as_of: Day | None


class Choice(Protocol):
    """What a command was given of a file."""

    @property
    def is_compressed(self) -> bool | None:
        """Whether the file is compressed; None if that has to be looked up."""
        ...

    async def chosen(self, database: Database) -> list[Chosen]:
        """Look up the ledgers and what is selected of each; raises Failed."""
        ...


@dataclass(frozen=True, slots=True)
class FileChoice:
    """What a command was given of a file, before anything is looked up."""

    settings: Settings
    currency: str | None
    filter_values: filter_options.FilterValues
    granularity: Granularity | None
    by: Groupings
    form: FileForm
    options: FileOptions

    @property
    def is_compressed(self) -> bool:
        """Whether the file is compressed."""
        return self.form.compression is not None

    async def chosen(self, database: Database) -> list[Chosen]:
        """Look up the ledgers and what is selected of each; raises Failed."""
        async with database.reads() as session:
            ledgers = await filter_options.select(
                session,
                *(self.settings, self.currency, self.filter_values, Purpose.EXPORT),
            )
            return [await self._chosen(session, selected) for selected in ledgers]

    async def _chosen(
        self, session: ReadSession, selected: filter_options.Selected
    ) -> Chosen:
        """The file of one ledger."""
        pin, journal_filter, selection = selected
        file_format, compression = self.form
        options = await with_refresh(session, pin, file_format, self.options)
        granularity = self.granularity or file_format.granularity
        spec = FileSpec(
            *(pin, journal_filter, granularity, self.by),
            *(file_format, compression, options),
        )
        return Chosen(spec, selection_text(selection), selection.as_of)
