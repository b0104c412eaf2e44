"""`daybook attach` and `daybook attachments`: files that are kept as evidence."""

import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, BinaryIO, NamedTuple

import typer

from daybook.audit.rules import SubjectKind
from daybook.cli.choices import attachment_number
from daybook.cli.command_groups import Commands, is_for_subcommand
from daybook.cli.manual_options import manual_number
from daybook.cli.running import (
    MADE_BY,
    Failed,
    load_settings,
    out,
    unread,
    unwritten,
    with_database,
    writing,
)
from daybook.cli.sheets import IsCsv, Limit, NumberedList, show_list
from daybook.cli.terminal_tables import plain_table
from daybook.clock import now
from daybook.configuration.lock_history import last_lock
from daybook.db.engine import Database
from daybook.evidence.commands import (
    Attached,
    Keeping,
    SentFile,
    remove_attachment,
    unknown_attachment,
)
from daybook.evidence.commands import attach as attach_file
from daybook.evidence.files import open_content, wrong_content
from daybook.evidence.queries import (
    ATTACHMENTS,
    AttachmentFilter,
    ListedAttachment,
    count_attachments,
    find_attachments,
    get_attachment,
)
from daybook.evidence.rules import (
    EvidenceSubject,
    lock_subject,
    manual_journal_subject,
)
from daybook.evidence.subjects import words_of
from daybook.ledger.queries import choose_ledger
from daybook.numbers import counted, read_number
from daybook.settings import Settings
from daybook.storage.places import evidence_storage

DESCRIPTION = "What the file shows, in a line of up to 500 characters."
LAST = "last"
HASH_DIGITS = 12
"""How many digits of a hash the table shows."""

Invoice = Annotated[str | None, typer.Option(metavar="ID", help="An invoice.")]
BillingSchedule = Annotated[
    str | None, typer.Option(metavar="ID", help="A billing schedule.")
]
CreditNote = Annotated[str | None, typer.Option(metavar="ID", help="A credit note.")]
ManualJournal = Annotated[
    str | None, typer.Option(metavar="MJ-7", help="A manual journal.")
]
Lock = Annotated[
    str | None,
    typer.Option(
        metavar="RECORDING",
        help="A change of a ledger's lock, by its recording; `last` for the last one.",
    ),
]
Currency = Annotated[
    str | None,
    typer.Option(help="The lock's ledger, by its currency, if there are several."),
]
Number = Annotated[
    int,
    typer.Argument(
        metavar="NUMBER",
        parser=attachment_number,
        help="The attachment, as `daybook attachments` lists it.",
    ),
]

app = typer.Typer(cls=Commands, invoke_without_command=True)


class _Named(NamedTuple):
    """What evidence is of, as the options name it."""

    invoice: str | None
    billing_schedule: str | None
    credit_note: str | None
    manual_journal: str | None
    lock: str | None
    currency: str | None

    @property
    def things(self) -> int:
        """How many things they name."""
        return sum(its is not None for its in self[:5])

    def check_currency(self) -> None:
        """Raise Failed for a currency of something that isn't a lock."""
        if self.currency is not None and self.lock is None:
            raise Failed("--currency goes with --lock, whose ledger it names")

    async def subject(
        self, database: Database, settings: Settings
    ) -> EvidenceSubject | None:
        """The one that they name, if any; raises Failed, and Rejected for a ledger."""
        for kind, id_ in (
            (SubjectKind.INVOICE, self.invoice),
            (SubjectKind.BILLING_SCHEDULE, self.billing_schedule),
            (SubjectKind.CREDIT_NOTE, self.credit_note),
        ):
            if id_ is not None:
                return EvidenceSubject(kind, id_)
        if self.manual_journal is not None:
            return manual_journal_subject(manual_number(self.manual_journal))
        if self.lock is None:
            return None
        async with database.reads() as session:
            ledger = await choose_ledger(session, settings.organisation, self.currency)
            if self.lock != LAST:
                return lock_subject(ledger.currency, _recording(self.lock))
            found = await last_lock(session, ledger.id)
        if found is None:
            raise Failed(f"the lock of the {ledger.currency} ledger was never changed")
        return lock_subject(ledger.currency, found.recording)


def _recording(text: str) -> int:
    try:
        return read_number(text)
    except ValueError:
        message = f"--lock: {text!r} is not a recording's number, and not `{LAST}`"
        raise Failed(message) from None


def attach(
    what: Annotated[
        list[str],
        typer.Argument(
            metavar="[MJ-7] FILE",
            help="The file, after the manual journal that it is evidence of, if any.",
        ),
    ],
    invoice: Invoice = None,
    billing_schedule: BillingSchedule = None,
    credit_note: CreditNote = None,
    lock: Lock = None,
    currency: Currency = None,
    name: Annotated[
        str | None,
        typer.Option(help="The name to keep it under, if it isn't the file's own."),
    ] = None,
    description: Annotated[str | None, typer.Option(help=DESCRIPTION)] = None,
) -> None:
    """Attach a file to a document, a manual journal or a lock, as evidence.

    PDF, PNG, JPEG, CSV and XLSX files of up to 20 MiB are taken, by their content. The
    file is copied and kept for good, with its hash in the audit trail. What is attached
    already stays as it is.

    Example: `daybook attach contract.pdf --invoice inv_1 --description "signed"`

    Example: `daybook attach MJ-7 acceptance.pdf`

    Example: `daybook attach close.xlsx --lock last --currency EUR`
    """
    settings = load_settings()
    *journals, file_text = what
    journal = journals[0] if len(journals) == 1 else None
    named = _Named(invoice, billing_schedule, credit_note, journal, lock, currency)
    if named.things != 1 or len(journals) > 1:
        raise Failed(
            "say what the file is evidence of, one thing: a manual journal before the"
            " file, or --invoice, --billing-schedule, --credit-note or --lock"
        )
    named.check_currency()
    file = Path(file_text)

    async def work(database: Database) -> Attached:
        subject = await named.subject(database, settings)
        assert subject is not None, "one is named"
        storage = evidence_storage(database, settings)
        with _opened(file) as stream:
            return await attach_file(
                database,
                Keeping(storage, settings.evidence_bytes_max),
                settings.organisation,
                subject,
                SentFile(stream, name or file.name, description),
                now=now(settings),
                made_by=MADE_BY,
            )

    listed, is_new = with_database(settings, work)
    its, about = listed.attachment, words_of(listed.subject)
    as_before = "" if is_new else ", as before"
    out.print(
        f"Attachment {its.number}: {its.file_name} ({counted(its.file_bytes, 'byte')})"
        f" is attached to {about}{as_before}.",
        markup=False,
    )


def _opened(file: Path) -> BinaryIO:
    try:
        return file.open("rb")
    except OSError as failed:
        raise unread(file, failed) from None


@app.callback()
def attachments(
    context: typer.Context,
    invoice: Invoice = None,
    billing_schedule: BillingSchedule = None,
    credit_note: CreditNote = None,
    manual_journal: ManualJournal = None,
    lock: Lock = None,
    currency: Currency = None,
    with_removed: Annotated[
        bool, typer.Option("--removed", help="Also attachments that were removed.")
    ] = False,
    limit: Limit = None,
    is_csv: IsCsv = False,
) -> None:
    """Show the files that are kept as evidence, of one thing or of all.

    Newest first. The table shows the first digits of hashes; --csv shows all of them.

    Example: `daybook attachments --invoice inv_1 --removed`

    Example: `daybook attachments --manual-journal MJ-7`

    Example: `daybook attachments --csv > attachments.csv`
    """
    if is_for_subcommand(context):
        return
    named = _Named(
        *(invoice, billing_schedule, credit_note, manual_journal, lock, currency)
    )
    if named.things > 1:
        raise Failed("name one document, manual journal or lock, not several")
    named.check_currency()
    settings = load_settings()
    subject = None
    if named.things:
        subject = with_database(
            settings, lambda database: named.subject(database, settings)
        )
    only = AttachmentFilter(subject, with_removed)
    listed = NumberedList(
        ATTACHMENTS,
        "attachment",
        lambda session, id_, request: find_attachments(session, id_, request, only),
        lambda session, id_: count_attachments(session, id_, only),
        lambda row: row.attachment.number,
    )
    show_list(listed, _show, limit=limit, is_csv=is_csv)


def save(
    number: Number,
    to: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Where to; else under its own name in this folder.",
            readable=False,
        ),
    ] = None,
) -> None:
    """Save the content of an attachment into a file, also that of a removed one.

    It is compared with its hash first. A file that exists is never overwritten.

    Example: `daybook attachments save 4`

    Example: `daybook attachments save 4 --to contract.pdf`
    """
    settings = load_settings()

    async def work(database: Database) -> Path:
        async with database.reads() as session:
            found = await get_attachment(session, settings.organisation, number)
        if found is None:
            raise unknown_attachment(number)
        storage = evidence_storage(database, settings)
        problem = wrong_content(storage, found.attachment)
        if problem is not None:
            raise Failed(f"the file of attachment {number} {problem}", status=1)
        target = to or Path(found.attachment.file_name)
        with open_content(storage, found.attachment) as content:
            _save(content, target)
        return target

    out.print(f"Attachment {number} is saved as {with_database(settings, work)}.")


def _save(content: BinaryIO, target: Path) -> None:
    try:
        with target.open("xb") as file:
            shutil.copyfileobj(content, file)
    except FileExistsError:
        message = f"{target} exists and is not overwritten: name another file by --to"
        raise Failed(message) from None
    except OSError as failed:
        raise Failed(unwritten(target, failed), 1) from None


def remove(
    number: Number,
    reason: Annotated[str, typer.Option(help="Why, for the audit trail.")],
) -> None:
    """Remove an attachment from what it is evidence of; its content is kept.

    What is removed already stays as it is.

    Example: `daybook attachments remove 4 --reason "of another customer"`
    """
    settings = load_settings()

    async def work(database: Database) -> ListedAttachment:
        return await remove_attachment(
            *(database, settings.organisation, number),
            reason=reason,
            now=now(settings),
            made_by=MADE_BY,
        )

    listed = with_database(settings, work)
    name, about = listed.attachment.file_name, words_of(listed.subject)
    message = f"Attachment {number} ({name}) is removed from {about}; its file is kept."
    out.print(message, markup=False)


app.command("save")(save)
app.command("remove")(writing(remove))


def _show(found: Sequence[ListedAttachment]) -> None:
    table = plain_table("No.", "When (UTC)", "Who")
    table.add_column("About", overflow="fold")
    table.add_column("Bytes", justify="right", no_wrap=True)
    table.add_column("SHA-256", no_wrap=True)
    table.add_column("File", overflow="fold")
    for listed in found:
        its = listed.attachment
        table.add_row(
            str(its.number),
            f"{its.attached_at:%Y-%m-%d %H:%M:%S}",
            its.attached_by or "",
            words_of(listed.subject),
            f"{its.file_bytes:,}",
            its.file_sha256.hex()[:HASH_DIGITS],
            "\n".join(filter(None, (its.file_name, its.description, _removal(listed)))),
        )
    out.print(table, markup=False)


def _removal(listed: ListedAttachment) -> str | None:
    """How an attachment was removed, in words."""
    removed = listed.removed
    if removed is None:
        return None
    by = f" by {removed.removed_by}" if removed.removed_by else ""
    return f"removed {removed.removed_at:%Y-%m-%d}{by}: {removed.reason}"
