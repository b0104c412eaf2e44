"""DuckDB as the peer: `load FOLDER`, then `copy` or `parquet FOLDER FILE`."""

import json
import sys
import time
from contextlib import closing
from pathlib import Path

import duckdb

from benchmarks.peer_tables import COLUMNS_OF, LINES, SHARE

THREADS = 2

# DuckDB keeps such a decimal as a 64-bit integer, so amounts need no arithmetic.
AMOUNT = "DECIMAL(18, 2)"

FILL = f"""
CREATE TABLE entries AS
SELECT * FROM (
    SELECT 1::INTEGER AS ledger, journal, movement,
        DATE '1970-01-01' + day::INTEGER AS date, schedule, debit, credit,
        ({SHARE})::{AMOUNT} AS amount
    FROM (
        SELECT *, unnest(generate_series(first_day, last_day)) AS day FROM movements
    )
)
WHERE amount <> 0
ORDER BY journal, movement, date
"""  # noqa: S608  (constants)

SIDES = """
CROSS JOIN (VALUES (1, 'DEBIT'), (2, 'CREDIT')) AS side (place, direction)
JOIN accounts a ON a.id = CASE side.place WHEN 1 THEN e.debit ELSE e.credit END
"""

SELECT = LINES.format(amount="e.amount", sides=SIDES)


FORMS = {"copy": "FORMAT csv, HEADER", "parquet": "FORMAT parquet"}
"""The tasks that write a file."""


def main() -> None:
    """Do what the arguments say, and print what was measured as JSON."""
    task, folder, *rest = sys.argv[1:]
    database = Path(folder) / "entries.duckdb"
    with closing(duckdb.connect(str(database), config={"threads": THREADS})) as peer:
        if task == "load":
            measured = _load(peer, Path(folder))
        else:
            measured = _copy(peer, rest[0], FORMS[task])
    print(json.dumps({**measured, "version": duckdb.__version__}))


def _load(peer: duckdb.DuckDBPyConnection, tables: Path) -> dict[str, object]:
    for name, columns in COLUMNS_OF.items():
        file = tables / f"{name}.csv"
        peer.execute(f"CREATE TABLE {name} ({columns})")
        peer.execute(f"COPY {name} FROM '{file}' (FORMAT csv, HEADER false)")
    for column in ("amount", "daily"):
        peer.execute(
            f"ALTER TABLE movements ALTER {column} TYPE {AMOUNT}"
            f" USING ({column} * 0.01)::{AMOUNT}"
        )
    peer.execute(FILL)
    peer.execute("DROP TABLE movements")
    peer.execute("CHECKPOINT")
    row = peer.execute("SELECT count(*) FROM entries").fetchone()
    return {"entries": row[0] if row else 0}


def _copy(peer: duckdb.DuckDBPyConnection, file: str, form: str) -> dict[str, object]:
    start = time.perf_counter()
    peer.execute(f"COPY ({SELECT}) TO '{file}' ({form})")
    return {"seconds": time.perf_counter() - start}


if __name__ == "__main__":
    main()
