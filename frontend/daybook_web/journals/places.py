"""Where a page is in the list of the report: `1–50 of 210`. Pure."""

from dataclasses import dataclass

from daybook_web.journals.query import ReportQuery
from daybook_web.kit.formats import count
from daybook_web.kit.links import Pager
from daybook_web.kit.results import PageInfo

PAGE_SIZE = 50


@dataclass(frozen=True, slots=True)
class Place:
    """The rows of a page, counted from 1, and how many rows all pages have.

    `first` and `last` are None on a page in the middle whose address doesn't say where.
    """

    first: int | None
    last: int | None
    total: int

    @classmethod
    def of(cls, info: PageInfo, rows: int, total: int, row: str) -> "Place":
        """The place of a page of `rows` rows; `row` counts to any of them, if known.

        At either end of the list the page says by itself where it is: rows may have
        come or gone since its address was made, which is then wrong if it says that
        a page in the middle is at an end.
        """
        first, final = None, total - rows + 1
        if not info.has_previous_page:
            first = 1
        elif not info.has_next_page:
            first = final
        elif row:
            by_row = int(row) - (int(row) - 1) % PAGE_SIZE
            first = by_row if 1 < by_row < final else None
        if first is None or not 1 <= first <= final:
            return cls(None, None, total)
        return cls(first, first + rows - 1, total)

    @property
    def words(self) -> str:
        """The place for people: `1–50 of 210`."""
        if self.first is None:
            return f"{self.total:,} in all"
        if self.total == 0:
            return "0 of 0"
        if self.first == self.last:
            return f"{self.first:,} of {self.total:,}"
        return f"{self.first:,}–{self.last:,} of {self.total:,}"

    def all_words(self, singular: str, plural: str, which: str = "All") -> str:
        """What the sums are of: `All 210 journals`, or `These` of a filtered list."""
        words = count(self.total, singular, plural)
        return f"{which} {words}" if self.total > 1 else words

    def row(self, index: int) -> int | None:
        """The number in the list of the page's first, second … row."""
        return None if self.first is None else self.first + index - 1


def pager(query: ReportQuery, info: PageInfo, place: Place) -> Pager | None:
    """Links to the pages on either side; None if this is the only one."""

    def url(**cursor: str) -> str:
        row = ""
        if place.first is not None and place.last is not None:
            before = max(1, place.first - PAGE_SIZE)
            row = str(before if "before" in cursor else place.last + 1)
        return query.restarted(**cursor, n=row, print=query["print"]).url()

    return Pager.of(info, url)
