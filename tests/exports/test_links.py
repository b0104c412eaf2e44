"""Links to exports' files: what they say, when they end, and what has none."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import update

from daybook.db.engine import Database
from daybook.errors import ProblemCode, Rejected
from daybook.events.queries import events_after
from daybook.events.rules import EventKind
from daybook.exports.events import EXPIRES_SOON, announce_expiring
from daybook.exports.links import (
    FILES,
    HOURS_MAX,
    NO_LONGER_KEPT,
    REVOKED,
    FileLink,
    has_file,
    make_link,
    note_download,
    read_link,
    revoke_links,
)
from daybook.exports.models import ExportJob
from daybook.jobs.rules import JobId, JobStatus
from daybook.secrets import Secrets, SignaturePurpose
from daybook.settings import Settings
from daybook_factories import ORGANISATION, invoice, record
from daybook_jobs import NOW, ask, job_of
from daybook_site import SECRET

SETTINGS = Settings(secret=SECRET)
SECRETS = Secrets.of(SETTINGS)
KEPT = timedelta(days=7)


def a_job(**columns: object) -> ExportJob:
    """An export whose file is there for a week."""
    given = {
        "organisation_id": 3,
        "number": 12,
        "status": int(JobStatus.READY),
        "file_sha256": bytes(range(32)),
        "expires_at": NOW + KEPT,
        "link_epoch": 0,
        **columns,
    }
    return ExportJob(**given)


def link_to(job: ExportJob, hours: int | None = None) -> FileLink:
    """What a link says that is made for a job."""
    made = make_link(SETTINGS, job, NOW, hours)
    link = read_link(SECRETS, made.path.removeprefix(f"{FILES}/"))
    assert link is not None
    assert link.expires_at == made.expires_at
    return link


def token_of(job: ExportJob) -> str:
    """The last part of a link's path."""
    return make_link(SETTINGS, job, NOW).path.removeprefix(f"{FILES}/")


def test_a_link_names_one_file_of_one_organisation() -> None:
    link = link_to(a_job())

    assert (link.organisation_id, link.number, link.epoch) == (3, 12, 0)
    assert link.sha256 == "0001020304050607"
    assert link.refusal(a_job(), NOW) is None


@pytest.mark.parametrize(
    ("hours", "life"), [(None, KEPT), (1, timedelta(hours=1)), (HOURS_MAX, KEPT)]
)
def test_a_link_never_outlives_its_file(hours: int | None, life: timedelta) -> None:
    link, last = link_to(a_job(), hours), NOW + life - timedelta(seconds=1)

    assert link.expires_at == NOW + life
    assert link.refusal(a_job(), last) is None
    refusal = link.refusal(a_job(), NOW + life)
    assert refusal == (
        f"this link expired on {NOW + life:%Y-%m-%d %H:%M} UTC: ask for a new one"
    )


@pytest.mark.parametrize(
    ("job", "refusal"),
    [
        (None, NO_LONGER_KEPT),
        *(
            (a_job(status=int(status)), NO_LONGER_KEPT)
            for status in JobStatus
            if status is not JobStatus.READY
        ),
        (a_job(file_sha256=bytes(32)), NO_LONGER_KEPT),
        (a_job(expires_at=NOW), NO_LONGER_KEPT),
        (a_job(link_epoch=1), REVOKED),
    ],
)
def test_a_link_ends_with_its_file_and_when_it_is_revoked(
    job: ExportJob | None, refusal: str
) -> None:
    assert link_to(a_job()).refusal(job, NOW) == refusal


@pytest.mark.parametrize("status", [its for its in JobStatus if its != JobStatus.READY])
def test_what_has_no_file_has_no_link(status: JobStatus) -> None:
    with pytest.raises(Rejected) as refused:
        make_link(SETTINGS, a_job(status=int(status)), NOW)

    (problem,) = refused.value.problems
    assert (problem.code, problem.path) == (ProblemCode.WRONG_STATUS, ("id",))
    assert problem.message == (f"export 12 has no file to link to: it is {status.name}")


def test_a_file_that_chores_have_not_expired_yet_has_no_link() -> None:
    with pytest.raises(Rejected, match="it is EXPIRED"):
        make_link(SETTINGS, a_job(), NOW + KEPT)


@pytest.mark.parametrize("hours", [0, -1, HOURS_MAX + 1])
def test_hours_are_within_reason(hours: int) -> None:
    with pytest.raises(Rejected, match="must be from 1 to 876,000"):
        make_link(SETTINGS, a_job(), NOW, hours)


@given(st.data())
def test_a_changed_link_is_none(data: st.DataObject) -> None:
    token = token_of(a_job())
    at = data.draw(st.integers(0, len(token) - 1))
    other = data.draw(st.characters(codec="utf-8").filter(lambda c: c != token[at]))

    changed = data.draw(
        st.sampled_from(
            [
                f"{token[:at]}{other}{token[at + 1 :]}",
                f"{token[:at]}{token[at + 1 :]}",
                f"{token[:at]}{other}{token[at:]}",
                f"{token}{other}",
            ]
        )
    )

    assert read_link(SECRETS, changed) is None


@given(
    st.integers(1, 2**63 - 1),
    st.integers(1, 2**63 - 1),
    st.integers(0, 2**31),
    st.binary(min_size=32, max_size=32),
)
def test_what_is_signed_is_read_again(
    organisation: int, number: int, epoch: int, digest: bytes
) -> None:
    job = a_job(
        organisation_id=organisation,
        number=number,
        link_epoch=epoch,
        file_sha256=digest,
    )

    link = link_to(job)

    until = int((NOW + KEPT).timestamp())
    assert link == (organisation, number, epoch, digest.hex()[:16], until)
    assert link.refusal(job, NOW) is None


def test_a_signature_of_another_purpose_or_secret_is_none() -> None:
    text = SECRETS.verify(SignaturePurpose.LINK, token_of(a_job()))
    assert text is not None
    others = Secrets(["another-secret-0123456789-abcdefghijklmnopqrs"])

    for purpose in set(SignaturePurpose) - {SignaturePurpose.LINK}:
        assert read_link(SECRETS, SECRETS.sign(purpose, text)) is None
    assert read_link(SECRETS, others.sign(SignaturePurpose.LINK, text)) is None


async def ready(database: Database) -> ExportJob:
    """An export that is ready, without its file."""
    await record(database, invoice())
    await ask(database)
    async with database.runtime.writes() as session:
        columns = {
            "status": int(JobStatus.READY),
            "file_sha256": bytes(32),
            "finished_at": NOW,
            "expires_at": NOW + KEPT,
        }
        await session.execute(update(ExportJob).values(columns))
    return await job_of(database)


@pytest.mark.anyio
async def test_revoking_ends_what_was_made_before(database: Database) -> None:
    job = await ready(database)
    first = link_to(job)

    revoked = await revoke_links(database.runtime, job.job_id)
    nothing = await revoke_links(database.runtime, JobId(ORGANISATION + 1, 1))

    assert revoked is not None
    assert revoked.changes == job.changes + 1
    assert nothing is None
    assert first.refusal(await job_of(database), NOW) == REVOKED
    second = link_to(await job_of(database))
    assert second.refusal(await job_of(database), NOW) is None
    assert has_file(await job_of(database), NOW)


@pytest.mark.anyio
async def test_the_first_download_is_noted_once(database: Database) -> None:
    job = await ready(database)

    for hours in (1, 2):
        moment = NOW + timedelta(hours=hours)
        await note_download(database.runtime, job.job_id, moment)

    noted = (await job_of(database)).first_downloaded_at
    assert noted == datetime(2025, 10, 15, 13, tzinfo=UTC)


@pytest.mark.anyio
@pytest.mark.parametrize("is_fetched", [False, True])
async def test_only_files_that_nobody_fetched_are_announced_to_expire(
    database: Database, *, is_fetched: bool
) -> None:
    job = await ready(database)
    if is_fetched:
        await note_download(database.runtime, job.job_id, NOW)

    await announce_expiring(database.runtime, now=NOW + KEPT - EXPIRES_SOON)

    async with database.runtime.reads() as session:
        events = await events_after(session, ORGANISATION, 0, 10)
    kinds = [EventKind(event.kind) for event in events]
    assert kinds == ([] if is_fetched else [EventKind.EXPORT_EXPIRING])
