"""`daybook export --since`: the difference between a recorded file and now."""

from dataclasses import dataclass
from pathlib import Path

from daybook.cli import filter_options
from daybook.cli.choices import record_number
from daybook.cli.export_beside import AS_OF
from daybook.cli.export_choice import Chosen
from daybook.cli.export_form import STANDARD_OUTPUT, form_of
from daybook.cli.export_places import plain_name
from daybook.cli.running import Failed
from daybook.clock import today
from daybook.db.engine import Database, ReadSession
from daybook.errors import Rejected
from daybook.exports.differences.since import since_spec
from daybook.exports.file_spec import FileSpec
from daybook.exports.formats import DEFAULT
from daybook.exports.manifests.claims import MANIFEST_BYTES_MAX
from daybook.exports.manifests.manifest import MEMBER
from daybook.exports.manifests.unpacking import member_of
from daybook.exports.queries import (
    ListedRecord,
    record_with_manifest,
    records_by_number,
)
from daybook.ledger.queries import pin_ledger, time_zone_of
from daybook.settings import Settings


@dataclass(frozen=True, slots=True)
class SinceChoice:
    """A record's number, or a path to its manifest or archive, as it was given."""

    settings: Settings
    record: str
    output: str
    filter_values: filter_options.FilterValues

    @property
    def is_compressed(self) -> None:
        """As the recorded file."""
        return

    async def chosen(self, database: Database) -> list[Chosen]:
        """The difference; raises Failed if there is none to such a record."""
        async with database.reads() as session:
            listed = await self._listed(session)
            as_of = filter_options.selection_of(
                {AS_OF: self.filter_values.get(AS_OF)}
            ).as_of
            record, organisation = listed.record, self.settings.organisation
            the_day = today(self.settings, await time_zone_of(session, organisation))
            pin = await pin_ledger(
                session, organisation, record.ledger_id, the_day, as_of
            )
            assert pin is not None, "the record is of one of its ledgers"
            try:
                spec = await since_spec(session, pin, record.number)
            except Rejected as rejected:
                raise Failed(f"--since: {rejected.problems[0].message}") from None
        _check_name(self.output, spec)
        _check_other_file(self.record, self.output)
        return [Chosen(spec, record.filters or "", as_of)]

    async def _listed(self, session: ReadSession) -> ListedRecord:
        organisation = self.settings.organisation
        if self.record.isascii() and self.record.isdecimal():
            number = record_number(self.record)
            found = await records_by_number(session, organisation, [number])
            if not found:
                raise Failed(f"--since: there is no export record {self.record}")
            return found[0]
        text = _manifest(Path(self.record))
        listed = await record_with_manifest(session, organisation, text)
        if listed is None:
            raise Failed(f"--since {self.record}: no export record has this manifest")
        return listed


def _check_name(output: str, spec: FileSpec) -> None:
    """Raise Failed if the file's name says that it is in another form."""
    if output == STANDARD_OUTPUT or Path(output).is_dir():
        return
    named = form_of(plain_name(output), None, None)
    is_other = named.file_format is not DEFAULT and (
        named.file_format is not spec.file_format
    )
    is_compressed = named.compression not in {None, spec.compression}
    if is_other or is_compressed:
        compressed = "" if spec.compression is None else spec.compression.suffix
        raise Failed(
            f"-o {output}: the recorded file is {spec.file_format.name}, so its"
            f" difference is, too: end the name with"
            f" .{spec.file_format.suffix}{compressed}"
        )


def _check_other_file(record: str, output: str) -> None:
    """Raise Failed if the difference would replace the file that it is made from."""
    written = Path(output)
    if written.is_file() and Path(record).is_file() and written.samefile(record):
        raise Failed(
            f"-o {output}: --since reads this file, and it would be replaced: name"
            " another"
        )


def _manifest(path: Path) -> str:
    """The manifest in a file or an archive; raises Failed if there is no such file."""
    if not path.is_file():
        raise Failed(
            f"--since {path}: it is neither the number of a record (daybook exports"
            " lists them) nor a manifest"
        )
    text = member_of(path, MEMBER, MANIFEST_BYTES_MAX)
    if text is not None:
        return text
    with path.open("rb") as stream:
        return stream.read(MANIFEST_BYTES_MAX).decode(errors="replace")
