"""One file through every door: the command line, `createExport` and the page."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from daybook.db.engine import Database
from daybook.exports.formats import FORMAT_NAMES
from daybook_doors import Doors, doors_of
from daybook_graphql.kit.ids import encode
from daybook_graphql.parties.ids import CustomerId

pytestmark = pytest.mark.anyio


class Case(NamedTuple):
    """One selection in the terms of each door, and the names of its files."""

    options: str
    filter: dict[str, Any]
    query: str
    name: str


CASES = {
    "a month": Case(
        "--from 2025-10-01 --to 2025-10-31",
        {"posted": {"from": "2025-10-01", "to": "2025-10-31"}},
        "month=2025-10",
        "journals-USD-2025-10-{}{}.csv",
    ),
    "of a customer, from a day on": Case(
        "--from 2025-09-10 --customer cus_2 --source INVOICE",
        {
            "posted": {"from": "2025-09-10"},
            "customerId": encode(CustomerId("cus_2")),
            "source": ["INVOICE"],
        },
        "from=2025-09-10&customer=cus_2&source=INVOICE",
        "journals-USD-from-2025-09-10-{}-filtered{}.csv",
    ),
    "as it was known": Case(
        "--from 2025-01-01 --to 2025-12-31 --as-of 2025-02-28 --on 2025-03-10"
        " --search acme --exclude-fully-recognized",
        {
            "posted": {"from": "2025-01-01", "to": "2025-12-31"},
            "asOf": "2025-02-28",
            "on": "2025-03-10",
            "search": "acme",
            "excludeFullyRecognized": True,
        },
        "from=2025-01-01&to=2025-12-31&as_of=2025-02-28&on=2025-03-10&search=acme"
        "&exclude_fully_recognized=yes",
        "journals-USD-2025-{}-filtered{}-posted-to-2025-03-10-as-of-2025-02-28.csv",
    ),
}


@pytest.fixture(scope="module")
async def doors(
    module_database: Database, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Doors]:
    """The doors to a ledger with a history, for tests that only make files."""
    async with doors_of(module_database, tmp_path_factory.mktemp("doors")) as opened:
        yield opened


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
@pytest.mark.either_database
async def test_every_door_gives_the_same_bytes_and_name(
    doors: Doors, case: Case
) -> None:
    shown = doors.by_page(case.query)
    sizes = {}
    for (is_scheduled, granularity), (text, file) in zip(
        _kinds(), shown.items(), strict=True
    ):
        assert text.endswith(f", {granularity}")
        assert text.startswith("Entries with scheduled") == is_scheduled
        switch = ("--include-scheduled",) if is_scheduled else ()
        options = (*case.options.split(), "--granularity", granularity, *switch)
        its_filter = {**case.filter, **({"includeScheduled": True} if switch else {})}

        written = doors.by_command(*options)
        assert written == file
        if is_scheduled == (granularity == "monthly"):  # a job takes half a second
            wanted = {"granularity": granularity.upper(), "filter": its_filter}
            assert written == doors.by_mutation(**wanted)
        name = case.name.format(granularity, "-with-scheduled" * is_scheduled)
        assert written[0] == name
        sizes[is_scheduled, granularity] = written[1].count(b"\n")

    # Scheduled entries make more lines by day; in months also where some lie ahead.
    assert 1 < sizes[False, "daily"] < sizes[True, "daily"]
    assert 1 < sizes[False, "monthly"] <= sizes[True, "monthly"]


def _kinds() -> Iterator[tuple[bool, str]]:
    """The page's links in their order: posted or all, by day or by month."""
    for is_scheduled in (False, True):
        for granularity in ("daily", "monthly"):
            yield is_scheduled, granularity


async def test_no_filter_is_what_is_posted_and_no_is_the_same_as_nothing(
    doors: Doors,
) -> None:
    said = ("--no-include-scheduled", "--format", "sequence")
    files = [
        doors.by_command(),
        doors.by_command(*said),
        doors.by_mutation(granularity="DAILY"),
        doors.by_mutation(granularity="DAILY", filter={"includeScheduled": None}),
        doors.by_mutation(granularity="DAILY", filter={"includeScheduled": False}),
    ]
    downloads = [
        doors.client.get(f"/journals.csv?currency=USD{more}").content
        for more in ("", "&include_scheduled=no", "&include_scheduled=&format=Sequence")
    ]

    (name, content) = files[0]
    assert name == "journals-USD-all-daily.csv"
    assert set(files) == {(name, content)}
    assert set(downloads) == {content}
    days = [line.split(b",")[1] for line in content.splitlines()[1:]]
    assert (min(days), max(days)) == (b"2025-01-01", b"2025-10-15")


@pytest.mark.parametrize("granularity", ["monthly", "daily"])
@pytest.mark.parametrize(
    ("by", "name"),
    [
        ("customer,product", "by-customer-product"),
        ("document", "by-document"),
        ("none", "by-period"),
    ],
)
@pytest.mark.either_database
async def test_groups_are_the_same_through_every_door(
    doors: Doors, granularity: str, by: str, name: str
) -> None:
    shown = doors.by_page(f"month=2025-10&group_by={by}&granularity={granularity}")
    month = ("--from", "2025-10-01", "--to", "2025-10-31")
    options = (*month, "--granularity", granularity, "--group-by", by)
    names = [] if by == "none" else by.upper().split(",")
    wanted: dict[str, Any] = {
        "granularity": granularity.upper(),
        # In another order, and one of them twice: the same groups.
        "groupBy": [*names[::-1], *names[:1]],
    }
    its_filter = {"posted": {"from": "2025-10-01", "to": "2025-10-31"}}
    every_filter = {**its_filter, "includeScheduled": True}

    posted = doors.by_command(*options)
    every = doors.by_command(*options, "--include-scheduled")

    assert posted == shown[f"Entries posted up to 15 Oct 2025, {granularity}"]
    assert posted == doors.by_mutation(**wanted, filter=its_filter)
    assert every == shown[f"Entries with scheduled, {granularity}"]
    assert every == doors.by_mutation(**wanted, filter=every_filter)
    assert posted[0] == f"journals-USD-2025-10-{granularity}-{name}.csv"
    assert posted[1] != every[1]


async def test_a_job_counts_the_lines_of_sub_accounts(
    database: Database, tmp_path: Path
) -> None:
    name = ("--name", "Deferred p2", "--product", "p2")
    async with doors_of(database, tmp_path) as doors:
        doors.run("account", "DEFERRED", "--currency", "USD", *name)

        written = doors.by_command("--granularity", "monthly", "--group-by", "customer")
        made = doors.by_mutation(granularity="MONTHLY", groupBy=["CUSTOMER"])

    assert written == made
    assert b",Deferred p2," in made[1] and b",Deferred Revenue," in made[1]


async def test_no_door_takes_a_format_that_there_is_not(doors: Doors) -> None:
    wrong = doors.terminal.run("export", "--format", "sage", "-o", "-")
    page = doors.client.get("/journals.csv?currency=USD&format=sage")

    message = f"'sage' is not a format: it is one of {FORMAT_NAMES}"
    assert (wrong.returncode, wrong.stdout) == (2, "")
    assert wrong.stderr == f"daybook: --format {message}\n"
    assert (page.status_code, message in page.text) == (400, True)
