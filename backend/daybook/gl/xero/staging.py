"""Input checked as a whole and written as one columnar file, or refused as a whole.

A journal is known by its number. One that is known already with the same lines brings
nothing; one with other lines is refused, since journals never change. Other documents
are kept as they are read last, so one that is known as it is brings nothing, either.
"""

import csv
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from daybook.columnar.engine import csv_rows, named, quoted
from daybook.errors import Problem, ProblemCode, Rejected
from daybook.gl.kinds import FORMS, Column, Kind, Type
from daybook.gl.rules.lines import FIRST_NUMBERS
from daybook.gl.xero.csv_sources import LINE, SOURCE, Source, csv_statement
from daybook.gl.xero.mapping import KindMapping
from daybook.gl.xero.pages import PROBLEMS_MAX, read_page
from daybook.gl.xero.stored import EXPECTED, is_wrong, stored_types, typed
from daybook.money import decimals_of

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

FILE = "input.parquet"
WRONG = "_is_wrong"
"""Whether any value of a row isn't one of its column."""
ROW_GROUP = 122_880
_CONTENT = (
    "hash(any_value(day), any_value(journal_id))"
    " + sum(CAST(hash(account_id, CAST(net AS VARCHAR)) AS HUGEINT))"
)
"""What tells whether a journal is the same: its day, its ID, accounts and amounts."""


class Staged(NamedTuple):
    """What an input brings: its file, or None if all of it was known.

    `documents` and `rows` are those that are new, `unchanged` documents those that are
    known. `first` and `last` are the numbers of its journals.
    """

    path: Path | None
    documents: int
    rows: int
    unchanged: int
    first: int | None
    last: int | None
    made_at: datetime | None


class Staging:
    """One input of a kind on its way into a folder."""

    def __init__(
        self,
        connection: "DuckDBPyConnection",
        kind: Kind,
        base_currency: str,
        folder: Path,
    ) -> None:
        self._connection = connection
        self._kind = kind
        self._form = FORMS[kind]
        self._types = stored_types(self._form, decimals_of(base_currency))
        self._currency = base_currency
        self._folder = folder
        self._made_at: datetime | None = None

    def stage(
        self,
        sources: Sequence[Source],
        known: Sequence[Path],
        mapping: KindMapping | None = None,
    ) -> Staged:
        """Write what is new of some files, whose earlier inputs are `known` in order.

        Raises Rejected with all problems, up to `PROBLEMS_MAX`.
        """
        self._read(sources, mapping)
        self._drop_repeated()
        if self._kind is Kind.JOURNALS:
            self._refuse_journals()
        if self._kind is Kind.ORGANISATION:
            self._refuse_other_currency()
        unchanged = self._drop_known(known)
        return self._written(unchanged)

    def _read(self, sources: Sequence[Source], mapping: KindMapping | None) -> None:
        """The rows with their columns' types, in a table `typed`.

        Files may be large, so they are read once; values that aren't right are looked
        for in a second reading.
        """
        if mapping is None and _is_json(sources[0]):
            texts = self._of_pages(sources)
        else:
            texts = csv_statement(self._kind, sources, mapping)
        wrong = self._wrong_by_column()
        is_wrong_anywhere = " OR ".join(["false", *wrong.values()])
        columns = ", ".join(
            f"{typed(column, self._types[column.name])} AS {named(column.name)}"
            for column in self._form.columns
        )
        import duckdb  # noqa: PLC0415  (as in the engine)

        try:
            self._run(
                f"CREATE TEMP TABLE typed AS SELECT {columns}, {SOURCE}, {LINE},"  # noqa: S608
                f" {WRONG} FROM (SELECT *, coalesce({is_wrong_anywhere}, false)"
                f" AS {WRONG} FROM ({texts}))"
            )
        except duckdb.InvalidInputException as error:
            raise _refused(ProblemCode.UNREADABLE, _csv_words(error)) from None
        if self._run(f"SELECT 1 FROM typed WHERE {WRONG} LIMIT 1"):  # noqa: S608
            self._run("DROP TABLE typed")
            self._run(f"CREATE TEMP TABLE incoming AS {texts}")
            self._refuse_values(wrong, sources)

    def _of_pages(self, sources: Sequence[Source]) -> str:
        """The rows of pages of JSON, through a file that the engine reads at once."""
        path = self._folder / "rows.csv"
        with path.open("w", encoding="utf-8", newline="") as stream:
            writer = csv.writer(stream)
            for number, source in enumerate(sources):
                page = _page(source, self._kind)
                if page.made_at is not None:
                    self._made_at = max(page.made_at, self._made_at or page.made_at)
                writer.writerows(
                    (*row, number, line) for line, row in enumerate(page.rows, 1)
                )
        types = {
            **{column.name: "VARCHAR" for column in self._form.columns},
            SOURCE: "INTEGER",
            LINE: "BIGINT",
        }
        return f"SELECT * FROM {csv_rows(path, types, has_header=False)}"  # noqa: S608

    def _wrong_by_column(self) -> Mapping[Column, str]:
        """The condition under which a text isn't a value of its column, by columns."""
        return {
            column: condition
            for column in self._form.columns
            if (condition := is_wrong(column, self._types[column.name]))
        }

    def _refuse_values(
        self, wrong: Mapping[Column, str], sources: Sequence[Source]
    ) -> None:
        """Raise Rejected for values that are missing, or not of their column's type.

        All rows as text are in a table `incoming`.
        """
        counts = ", ".join(f"count(*) FILTER ({its})" for its in wrong.values())
        (found,) = self._run(f"SELECT {counts} FROM incoming")  # noqa: S608
        problems: list[Problem] = []
        for (column, condition), count in zip(wrong.items(), found, strict=True):
            if count:
                problems += self._wrong_values(column, condition, sources)
        raise Rejected(problems[:PROBLEMS_MAX])

    def _wrong_values(
        self, column: Column, condition: str, sources: Sequence[Source]
    ) -> Iterator[Problem]:
        rows = self._run(
            f"SELECT {SOURCE}, {LINE}, {self._name()}, {named(column.name)}"  # noqa: S608
            f" FROM incoming WHERE {condition}"
            f" ORDER BY {SOURCE}, {LINE} LIMIT {PROBLEMS_MAX}"
        )
        for source, line, name, value in rows:
            if value:
                words = f"{column.header} {value[:40]!r} {self._expected(column)}"
                code = ProblemCode.INVALID_VALUE
            else:
                words, code = f"{column.header} is missing", ProblemCode.MISSING
            message = f"{sources[source].name}: {self._form.name} {name}: {words}"
            # Lines of a file count from its header.
            yield Problem(code, message, (column.header,), line + 1)

    def _expected(self, column: Column) -> str:
        if column.type is Type.AMOUNT:
            decimals = decimals_of(self._currency)
            return (
                f"is not an amount in {self._currency}, which has {decimals} decimals"
            )
        return f"is not {EXPECTED[column.type]}"

    def _drop_repeated(self) -> None:
        """Keep a document of several files once: the last one, of journals the first.

        A journal that two files have with other lines is refused.
        """
        id_ = named(self._form.id.name)
        (several,) = self._run(
            "SELECT count(*) FROM (SELECT 1 FROM typed"  # noqa: S608
            f" GROUP BY {id_} HAVING min({SOURCE}) < max({SOURCE}))"
        )
        if not several[0]:
            return
        if self._kind is Kind.JOURNALS:
            rows = self._run(
                f"SELECT any_value({self._name()}) FROM"  # noqa: S608
                f" (SELECT journal_id, {SOURCE}, any_value(number) AS number,"
                f" {_CONTENT} AS content FROM typed GROUP BY journal_id, {SOURCE})"
                " GROUP BY journal_id HAVING count(DISTINCT content) > 1"
                f" ORDER BY any_value(number) LIMIT {PROBLEMS_MAX}"
            )
            self._refuse(rows, ProblemCode.CHANGED, "is in two files that differ")
        kept = "min" if self._kind is Kind.JOURNALS else "max"
        self._run(
            f"DELETE FROM typed USING (SELECT {id_} AS id, {kept}({SOURCE}) AS kept"  # noqa: S608
            f" FROM typed GROUP BY {id_}) AS best"
            f" WHERE typed.{id_} = best.id AND typed.{SOURCE} <> best.kept"
        )

    def _refuse_other_currency(self) -> None:
        """Raise Rejected for an organisation that keeps its books in another one."""
        rows = self._run(
            "SELECT id, base_currency FROM typed WHERE base_currency <> ''"  # noqa: S608
            f" AND base_currency <> {quoted(self._currency)} LIMIT {PROBLEMS_MAX}"
        )
        if rows:
            raise Rejected(
                [
                    Problem(
                        ProblemCode.MISMATCH,
                        f"organisation {id_} keeps its books in {currency}, and this"
                        f" connection is in {self._currency}: import it into one in"
                        f" {currency}",
                    )
                    for id_, currency in rows
                ]
            )

    def _refuse_journals(self) -> None:
        """Raise Rejected for journals that don't sum to 0, or by their numbers."""
        unnumbered = self._run(
            f"SELECT DISTINCT {self._name()} FROM typed WHERE number < 1"  # noqa: S608
            f" LIMIT {PROBLEMS_MAX}"
        )
        words = "has no number: Xero counts journals from 1"
        self._refuse(unnumbered, ProblemCode.INVALID_VALUE, words)
        first_synthetic = min(FIRST_NUMBERS.values())
        too_high = self._run(
            f"SELECT DISTINCT {self._name()} FROM typed"  # noqa: S608
            f" WHERE number >= {first_synthetic} LIMIT {PROBLEMS_MAX}"
        )
        words = f"has a number of drafts and forecasts, from {first_synthetic:,} on"
        self._refuse(too_high, ProblemCode.INVALID_VALUE, words)
        sums = self._run(
            f"SELECT {self._name()}, sum(net) FROM typed GROUP BY number, journal_id"  # noqa: S608
            f" HAVING sum(net) <> 0 ORDER BY number LIMIT {PROBLEMS_MAX}"
        )
        problems = [
            Problem(
                ProblemCode.UNBALANCED,
                f"journal {name} sums to {total} and not to 0",
            )
            for name, total in sums
        ]
        if problems:
            raise Rejected(problems)
        numbers = self._run(
            "SELECT number FROM typed GROUP BY number"  # noqa: S608
            " HAVING count(DISTINCT journal_id) > 1"
            f" ORDER BY number LIMIT {PROBLEMS_MAX}"
        )
        self._refuse(numbers, ProblemCode.DUPLICATE, "is the number of two journals")
        lines = self._run(
            f"SELECT DISTINCT {self._name()} FROM typed"  # noqa: S608
            " GROUP BY number, journal_id, line_id HAVING count(*) > 1"
            f" LIMIT {PROBLEMS_MAX}"
        )
        self._refuse(lines, ProblemCode.DUPLICATE, "has a line twice")

    def _drop_known(self, known: Sequence[Path]) -> int:
        """Drop documents that are known as they are, and count them."""
        if not known:
            return 0
        paths = ", ".join(quoted(str(path)) for path in known)
        before = f"read_parquet([{paths}], file_row_number = true, filename = true)"
        if self._kind is Kind.JOURNALS:
            return self._drop_known_journals(before)
        return self._drop_known_documents(before, known)

    def _drop_known_journals(self, before: str) -> int:
        """The known journals are dropped; raises Rejected for those that changed."""
        self._run(
            "CREATE TEMP TABLE met AS SELECT number FROM typed"  # noqa: S608
            f" SEMI JOIN {before} AS before USING (number) GROUP BY number"
        )
        content = f"SELECT number, {_CONTENT} AS content FROM"
        met = "WHERE number IN (SELECT number FROM met) GROUP BY number"
        changed = self._run(
            f"SELECT number FROM ({content} typed {met}) AS came"  # noqa: S608
            f" JOIN ({content} {before} {met}) AS stood USING (number)"
            " WHERE came.content <> stood.content"
            f" ORDER BY number LIMIT {PROBLEMS_MAX}"
        )
        words = "was imported before with other lines: journals never change"
        self._refuse(changed, ProblemCode.CHANGED, words)
        self._run("DELETE FROM typed WHERE number IN (SELECT number FROM met)")
        (met_count,) = self._run("SELECT count(*) FROM met")
        return int(met_count[0])

    def _drop_known_documents(self, before: str, known: Sequence[Path]) -> int:
        """The documents are dropped that were read last as they are now."""
        id_ = named(self._form.id.name)
        columns = ", ".join(named(column.name) for column in self._form.columns)
        content = f"sum(CAST(hash({columns}) AS HUGEINT))"
        order = " ".join(
            f"WHEN {quoted(str(path))} THEN {at}" for at, path in enumerate(known)
        )
        self._run(
            f"CREATE TEMP TABLE met AS SELECT came.id FROM"  # noqa: S608
            f" (SELECT {id_} AS id, {content} AS content FROM typed GROUP BY {id_})"
            " AS came JOIN"
            f" (SELECT {id_} AS id, {content} AS content,"
            f" any_value(CASE filename {order} END) AS place"
            f" FROM {before} GROUP BY {id_}, filename"
            f" QUALIFY place = max(place) OVER (PARTITION BY {id_})) AS stood"
            " USING (id) WHERE came.content = stood.content"
        )
        self._run(f"DELETE FROM typed WHERE {id_} IN (SELECT id FROM met)")  # noqa: S608
        (met_count,) = self._run("SELECT count(*) FROM met")
        return int(met_count[0])

    def _written(self, unchanged: int) -> Staged:
        """Write what is left, journals in the order of their numbers."""
        id_ = named(self._form.id.name)
        is_journals = self._kind is Kind.JOURNALS
        numbers = "min(number), max(number)" if is_journals else "NULL, NULL"
        ((rows, documents, first, last),) = self._run(
            f"SELECT count(*), count(DISTINCT {id_}), {numbers} FROM typed"  # noqa: S608
        )
        if not rows:
            return Staged(None, 0, 0, unchanged, None, None, self._made_at)
        path = self._folder / FILE
        columns = ", ".join(named(column.name) for column in self._form.columns)
        # Others keep their order: that of tracking categories is the connection's.
        order = "number, position" if is_journals else f"{SOURCE}, {LINE}"
        self._run(
            f"COPY (SELECT {columns} FROM typed ORDER BY {order}) TO"  # noqa: S608
            f" {quoted(str(path))} (FORMAT parquet, COMPRESSION zstd,"
            f" ROW_GROUP_SIZE {ROW_GROUP})"
        )
        return Staged(path, documents, rows, unchanged, first, last, self._made_at)

    def _refuse(
        self, rows: Sequence[Sequence[Any]], code: ProblemCode, words: str
    ) -> None:
        """Raise Rejected with a problem for each row's first value."""
        if rows:
            raise Rejected(
                [
                    Problem(code, f"{self._form.name} {name} {words}")
                    for name, *_ in rows
                ]
            )

    def _name(self) -> str:
        """A document for people, as an expression: a journal by its number and ID."""
        if self._kind is Kind.JOURNALS:
            return "number || ' (' || journal_id || ')'"
        return named(self._form.id.name)

    def _run(self, statement: str) -> list[Any]:
        return self._connection.execute(statement).fetchall()


def _is_json(source: Source) -> bool:
    """Whether a file is JSON, by its name, else by how it begins."""
    if source.name.lower().endswith(".json"):
        return True
    if source.name.lower().endswith(".csv"):
        return False
    with source.path.open("rb") as stream:
        return stream.read(64).lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{")


def _page(source: Source, kind: Kind) -> Any:
    """A page; what is wrong with it names its file."""
    try:
        return read_page(source.path.read_bytes(), kind)
    except Rejected as rejected:
        raise Rejected(
            [
                Problem(problem.code, f"{source.name}: {problem.message}", problem.path)
                for problem in rejected.problems
            ]
        ) from None


def _refused(code: ProblemCode, message: str) -> Rejected:
    return Rejected([Problem(code, message)])


def _csv_words(error: Exception) -> str:
    """What the engine says about a CSV file, without its advice on its own options."""
    first, *_ = str(error).removeprefix("Invalid Input Error: ").splitlines()
    return f"the CSV can't be read: {first}"
