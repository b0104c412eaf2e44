"""What an accounting system has booked by manual journals, from stored inputs."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING

from daybook.calendar import day_of
from daybook.exports.formats.xero import key_in
from daybook.gl.rules.matching import BookedJournal
from daybook.money import decimals_of

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

MANUAL = "MANJOURNAL"
"""The source type of a manual journal, as an imported file makes one."""
_LINES = f"""
    SELECT j.*, coalesce(
        nullif(j.account_code, ''), nullif(a.code, ''), j.account_name
    ) AS shown_code
    FROM journals AS j LEFT JOIN (
        SELECT account_id, any_value(code) AS code FROM accounts GROUP BY account_id
    ) AS a USING (account_id)
    WHERE j.source_type = '{MANUAL}' AND j.source_id <> ''
"""  # noqa: S608  (a constant of ours)


def booked_journals(
    connection: "DuckDBPyConnection", currency: str, numbers: Collection[str]
) -> list[BookedJournal]:
    """Manual journals by their sources, each with its corrections; oldest first.

    `connection` has the views of `create_inputs`, whose amounts are in `currency`. The
    number of one is that of `numbers` which its narration, reference or description
    begins with. Narrations are in the manual journals' own pages alone.
    """
    amounts: dict[str, dict[str, int]] = defaultdict(dict)
    for source_id, code, net in connection.execute(
        "SELECT source_id, shown_code, sum(-net) AS amount"  # noqa: S608
        f" FROM ({_LINES}) GROUP BY ALL HAVING amount <> 0 ORDER BY 1, 2"
    ).fetchall():
        amounts[source_id][code] = int(net.scaleb(decimals_of(currency)))
    rows = connection.execute(
        "SELECT source_id, arg_max(l.day, l.number), list(DISTINCT l.number),"  # noqa: S608
        " any_value(m.narration), arg_max(l.reference, l.number),"
        f" arg_min(l.description, (-l.number, l.position)) FROM ({_LINES}) AS l"
        " LEFT JOIN (SELECT id, any_value(narration) AS narration FROM manual_journals"
        " GROUP BY id) AS m ON m.id = l.source_id"
        " GROUP BY source_id ORDER BY min(l.number)"
    ).fetchall()
    return [
        BookedJournal(
            source_id,
            _number([text for text in texts if text], numbers),
            day_of(day),
            amounts.get(source_id, {}),
            tuple(sorted(journals)),
        )
        for source_id, day, journals, *texts in rows
    ]


def _number(texts: Sequence[str], numbers: Collection[str]) -> str:
    """The first known number that a text begins with, else what the first does."""
    keys = [key_in(text) for text in texts]
    return next((key for key in keys if key in numbers), keys[0] if keys else "")
