"""Scheduled entries: shown in every list where nothing is said of them."""

from typing import Any

import pytest

from daybook.db.engine import Database
from daybook_factories import invoice, record
from daybook_graphql.kit.ids import encode
from daybook_graphql.ledgers.ids import LedgerId

pytestmark = pytest.mark.anyio

Ask = Any  # a fixture's type, see conftest

USD = encode(LedgerId("USD"))
LISTS = f"""query($filter: JournalFilter) {{
  journals(ledgerId: "{USD}", filter: $filter) {{ totalCount }}
  journalGroups(ledgerId: "{USD}", filter: $filter, by: [],
    granularity: DAILY) {{ totalCount }}
  entries(ledgerId: "{USD}", filter: $filter) {{ totalCount }}
}}"""


async def counts(ask: Ask, wanted: dict[str, Any] | None) -> dict[str, int]:
    """How much each list has with a filter."""
    data = (await ask(LISTS, {"filter": wanted}))["data"]
    return {name: one["totalCount"] for name, one in data.items()}


@pytest.mark.parametrize(
    "wanted",
    [None, {}, {"includeScheduled": None}, {"includeScheduled": True}],
)
async def test_lists_show_them_unless_told_not_to(
    database: Database, ask: Ask, wanted: dict[str, Any] | None
) -> None:
    await record(database, invoice())

    shown = await counts(ask, wanted)
    posted = await counts(ask, {"includeScheduled": False})

    # 15 June is the 166th day of the year, and 1 January has the invoice's entry too.
    assert shown == {"journals": 12, "journalGroups": 365, "entries": 366}
    assert posted == {"journals": 6, "journalGroups": 166, "entries": 167}
