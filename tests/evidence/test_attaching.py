"""Attaching files and removing them: what is recorded and what is refused."""

import asyncio
import json
from collections.abc import Awaitable
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from daybook.access.organisations import add_organisation
from daybook.activity.models import Activity
from daybook.activity.rules import ActivityKind
from daybook.audit.models import AuditRecord
from daybook.audit.rules import SubjectKind
from daybook.db.engine import Database
from daybook.errors import ProblemCode, Rejected
from daybook.evidence.commands import Keeping, SentFile, attach
from daybook.evidence.files import open_content
from daybook.evidence.models import Attachment, RemovedAttachment
from daybook.evidence.queries import (
    AttachmentFilter,
    bytes_attached,
    count_attachments,
    find_attachments,
)
from daybook.evidence.rules import FILE_BYTES_MAX, EvidenceSubject, lock_subject
from daybook.paging import PageRequest
from daybook.reports.trail.filters import TrailFilter
from daybook.reports.trail.queries import find_records
from daybook_evidence import (
    GOOD,
    INVOICE,
    attached,
    csv,
    files_in,
    is_clean,
    keeping,
    pdf,
    png,
    removed,
)
from daybook_factories import (
    ORGANISATION,
    billing_schedule,
    credit_note,
    invoice,
    lock,
    record,
)
from daybook_people import NOON

pytestmark = pytest.mark.anyio


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The folder of evidence."""
    return tmp_path / "evidence"


@pytest.fixture
async def ledger(database: Database) -> Database:
    """A document of each kind, and a lock (recording 2) that moved (recording 3)."""
    documents = (invoice("inv_1"), billing_schedule("bs_1"), credit_note("cn_1"))
    await record(database, *documents, on="2025-01-01")
    await lock(database, "2025-01-31", on="2025-02-03")
    await lock(database, "2025-02-28", on="2025-03-03")
    return database


async def refusal(doing: Awaitable[Any]) -> tuple[ProblemCode, str, tuple[str, ...]]:
    """The one problem for which something is refused."""
    with pytest.raises(Rejected) as rejected:
        await doing
    (problem,) = rejected.value.problems
    return problem.code, problem.message, problem.path


async def rows(database: Database, *models: type[Any]) -> list[int]:
    """How many rows the tables have."""
    async with database.reads() as session:
        return [len((await session.scalars(select(its))).all()) for its in models]


async def test_a_file_is_kept_with_its_record(ledger: Database, folder: Path) -> None:
    its = await attached(
        ledger,
        folder,
        name="../Signed contract.pdf",
        description=" Signed by both. ",
        made_by="ada@example.com",
    )
    again = await attached(ledger, folder, name="other.pdf")

    attachment = its.listed.attachment
    with open_content(keeping(folder).storage, attachment) as stream:
        assert stream.read() == pdf()
    async with ledger.reads() as session:
        records = (await session.scalars(select(AuditRecord))).all()
        line = (await session.scalars(select(Activity))).all()[-1]
        about = TrailFilter(kind=SubjectKind.INVOICE, id="inv_1")
        listed = await find_records(session, ORGANISATION, PageRequest(10), about)
    last = records[-1]
    assert (its.is_new, again.is_new) == (True, False)
    assert again.listed.attachment.number == attachment.number == 1
    assert attachment.file_name == "Signed contract.pdf"
    assert attachment.description == "Signed by both."
    assert attachment.record == last.number == len(records)
    assert (last.action, last.made_by) == ("ATTACH_EVIDENCE", "ada@example.com")
    assert (last.subject_kind, last.subject_id) == ("INVOICE", "inv_1")
    assert json.loads(last.details) == {
        "attachment": 1,
        "bytes": len(pdf()),
        "description": "Signed by both.",
        "file": "Signed contract.pdf",
        "mediaType": "application/pdf",
        "sha256": sha256(pdf()).hexdigest(),
    }
    assert line.kind == ActivityKind.EVIDENCE
    assert line.message == "Signed contract.pdf attached to invoice inv_1"
    assert listed.items[0].record.number == last.number
    assert await is_clean(ledger, folder)


@pytest.mark.parametrize(
    ("subject", "words", "audited"),
    [
        (INVOICE, "invoice inv_1", ("INVOICE", "inv_1")),
        (
            EvidenceSubject(SubjectKind.BILLING_SCHEDULE, "bs_1"),
            "billing schedule bs_1",
            ("BILLING_SCHEDULE", "bs_1"),
        ),
        (
            EvidenceSubject(SubjectKind.CREDIT_NOTE, "cn_1"),
            "credit note cn_1",
            ("CREDIT_NOTE", "cn_1"),
        ),
        (
            lock_subject("USD", 3),
            "the lock of the USD ledger, recording 3",
            ("LEDGER", "USD"),
        ),
    ],
)
async def test_documents_and_locks_have_evidence(
    ledger: Database,
    folder: Path,
    subject: EvidenceSubject,
    words: str,
    audited: tuple[str, str],
) -> None:
    await attached(ledger, folder, subject=subject)

    async with ledger.reads() as session:
        last = (await session.scalars(select(AuditRecord))).all()[-1]
        line = (await session.scalars(select(Activity))).all()[-1]
        only = AttachmentFilter(subject)
        assert await count_attachments(session, ORGANISATION, only) == 1
    assert (last.subject_kind, last.subject_id) == audited
    assert line.message == f"contract.pdf attached to {words}"
    assert await is_clean(ledger, folder)


@pytest.mark.parametrize(
    "subject",
    [
        EvidenceSubject(SubjectKind.INVOICE, "cn_1"),
        EvidenceSubject(SubjectKind.INVOICE, "nothing"),
        EvidenceSubject(SubjectKind.USER, "ada@example.com"),
        lock_subject("USD", 1),
        lock_subject("USD", 9),
        lock_subject("EUR", 3),
        EvidenceSubject(SubjectKind.LEDGER, "USD"),
    ],
)
@pytest.mark.either_database
async def test_what_is_not_there_has_no_evidence(
    ledger: Database, folder: Path, subject: EvidenceSubject
) -> None:
    code, message, path = await refusal(attached(ledger, folder, subject=subject))

    assert (code, path) == (ProblemCode.NOT_FOUND, ("subjectId",))
    assert subject.id in message
    assert files_in(folder) == []
    assert await rows(ledger, Attachment) == [0]
    assert await is_clean(ledger, folder)


@pytest.mark.either_database
async def test_each_kind_is_kept_byte_for_byte(ledger: Database, folder: Path) -> None:
    different = {sha256(content).digest() for content in GOOD.values()}
    for name, content in GOOD.items():
        await attached(ledger, folder, content, name=name)

    kept = {file.read_bytes() for file in files_in(folder)}
    assert kept == set(GOOD.values()) and len(kept) == len(different)
    assert await is_clean(ledger, folder)


@pytest.mark.either_database
async def test_a_file_is_attached_to_several_things(
    ledger: Database, folder: Path
) -> None:
    first = await attached(ledger, folder)
    second = await attached(ledger, folder, subject=lock_subject("USD", 2))

    assert first.is_new and second.is_new
    assert len(files_in(folder)) == 2


async def test_sent_many_times_at_once_it_is_attached_once(
    ledger: Database, folder: Path
) -> None:
    done = await asyncio.gather(*(attached(ledger, folder) for _ in range(5)))

    assert sorted(its.is_new for its in done) == [False] * 4 + [True]
    assert {its.listed.attachment.number for its in done} == {1}
    assert await is_clean(ledger, folder)


async def test_a_file_is_removed_with_a_reason_and_kept(
    ledger: Database, folder: Path
) -> None:
    await attached(ledger, folder)
    await attached(ledger, folder, png(), name="scan.png")

    gone = await removed(ledger, 1, " of another customer ", made_by="bob@example.com")
    again = await removed(ledger, 1, "something else")

    assert gone.removed is not None and again.removed is not None
    assert gone.removed.reason == again.removed.reason == "of another customer"
    assert gone.removed.removed_by == "bob@example.com"
    async with ledger.reads() as session:
        present = await find_attachments(session, ORGANISATION, PageRequest(10))
        every = await find_attachments(
            session, ORGANISATION, PageRequest(10), AttachmentFilter(with_removed=True)
        )
        last = (await session.scalars(select(AuditRecord))).all()[-1]
        line = (await session.scalars(select(Activity))).all()[-1]
    assert [its.attachment.number for its in present.items] == [2]
    assert [its.attachment.number for its in every.items] == [2, 1]
    assert last.action == "REMOVE_EVIDENCE"
    assert json.loads(last.details)["sha256"] == sha256(pdf()).hexdigest()
    assert json.loads(last.details)["reason"] == "of another customer"
    assert (
        line.message == "contract.pdf removed from invoice inv_1: of another customer"
    )
    assert len(files_in(folder)) == 2
    assert await is_clean(ledger, folder)


@pytest.mark.either_database
async def test_what_was_removed_can_be_attached_again(
    ledger: Database, folder: Path
) -> None:
    await attached(ledger, folder)
    await removed(ledger)

    again = await attached(ledger, folder)

    assert again.is_new and again.listed.attachment.number == 2
    assert await is_clean(ledger, folder)


@pytest.mark.either_database
async def test_a_removal_needs_a_reason_and_an_attachment(
    ledger: Database, folder: Path
) -> None:
    await attached(ledger, folder)

    code, _, path = await refusal(removed(ledger, 1, " "))
    assert (code, path) == (ProblemCode.MISSING, ("reason",))
    code, message, path = await refusal(removed(ledger, 2))
    assert (code, path) == (ProblemCode.NOT_FOUND, ("attachmentId",))
    assert message == "there is no attachment 2"
    assert await rows(ledger, RemovedAttachment) == [0]


@pytest.mark.either_database
async def test_a_refused_file_leaves_nothing_but_a_line_of_the_log(
    ledger: Database, folder: Path
) -> None:
    records = await rows(ledger, AuditRecord)

    code, _, path = await refusal(attached(ledger, folder, b"MZ", name="a.pdf"))
    assert (code, path) == (ProblemCode.UNREADABLE, ("file",))

    async with ledger.reads() as session:
        line = (await session.scalars(select(Activity))).all()[-1]
    assert line.kind == ActivityKind.EVIDENCE and line.is_failed
    assert await rows(ledger, AuditRecord, Attachment) == [*records, 0]
    assert files_in(folder) == []
    assert await is_clean(ledger, folder)


@pytest.mark.either_database
async def test_all_that_is_wrong_with_names_is_said_at_once(
    ledger: Database, folder: Path
) -> None:
    with pytest.raises(Rejected) as rejected:
        await attached(ledger, folder, name="contract", description="x" * 501)

    assert [its.path for its in rejected.value.problems] == [
        ("name",),
        ("description",),
    ]


@pytest.mark.either_database
async def test_a_file_has_20_mebibytes_at_most(ledger: Database, folder: Path) -> None:
    largest = pdf("x" * (FILE_BYTES_MAX - len(pdf("")) - 2))
    rest = FILE_BYTES_MAX - len(largest)
    largest = pdf("x" * (FILE_BYTES_MAX - len(pdf("")) - 2 + rest))
    assert len(largest) == FILE_BYTES_MAX

    its = await attached(ledger, folder, largest)
    code, message, path = await refusal(attached(ledger, folder, largest + b"\n"))

    assert its.listed.attachment.file_bytes == FILE_BYTES_MAX
    assert (code, path) == (ProblemCode.TOO_LARGE, ("file",))
    assert message == "a file has at most 20,971,520 bytes (20 MiB)"
    assert await is_clean(ledger, folder)


@pytest.mark.either_database
async def test_an_empty_file_is_refused(ledger: Database, folder: Path) -> None:
    sent = SentFile(BytesIO(), "contract.pdf")
    code, message, _ = await refusal(
        attach(
            *(ledger, keeping(folder), ORGANISATION, INVOICE, sent),
            now=NOON,
            made_by="test",
        )
    )

    assert (code, message) == (ProblemCode.MISSING, "the file is empty")
    assert files_in(folder) == []


async def test_an_organisation_has_a_quota_that_counts_what_was_removed(
    ledger: Database, folder: Path
) -> None:
    other = await add_organisation(ledger, "Other", now=NOON, made_by="test")
    where = Keeping(keeping(folder).storage, len(pdf()) + len(png()) - 1)
    await attached(ledger, where)
    await removed(ledger)

    code, message, path = await refusal(attached(ledger, where, png(), name="scan.png"))
    await attached(ledger, where, csv(), name="list.csv")

    assert (code, path) == (ProblemCode.TOO_LARGE, ("file",))
    assert "DAYBOOK_EVIDENCE_BYTES_MAX" in message
    async with ledger.reads() as session:
        assert await bytes_attached(session, ORGANISATION) == len(pdf()) + len(csv())
        assert await bytes_attached(session, other) == 0
    assert await is_clean(ledger, folder)


async def test_another_organisation_s_documents_and_files_are_not_there(
    ledger: Database, folder: Path
) -> None:
    other = await add_organisation(ledger, "Other", now=NOON, made_by="test")
    await attached(ledger, folder)

    code, *_ = await refusal(attached(ledger, folder, organisation_id=other))
    assert code is ProblemCode.NOT_FOUND
    code, *_ = await refusal(
        attached(ledger, folder, organisation_id=other, subject=lock_subject("USD", 2))
    )
    assert code is ProblemCode.NOT_FOUND
    async with ledger.reads() as session:
        only = AttachmentFilter(with_removed=True)
        assert await count_attachments(session, other, only) == 0


async def test_lists_are_paged_newest_first(ledger: Database, folder: Path) -> None:
    for number in range(1, 6):
        await attached(ledger, folder, pdf(f"{number}"), name=f"{number}.pdf")

    async with ledger.reads() as session:
        first = await find_attachments(session, ORGANISATION, PageRequest(2))
        after = PageRequest(2, (4,))
        second = await find_attachments(session, ORGANISATION, after)
        before = PageRequest(2, (3,), is_backward=True)
        back = await find_attachments(session, ORGANISATION, before)
    numbers = [
        [its.attachment.number for its in page.items] for page in (first, second, back)
    ]
    assert numbers == [[5, 4], [3, 2], [5, 4]]
    assert (first.has_next, second.has_next) == (True, True)
