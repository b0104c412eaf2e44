"""Columns with cells of several forms: which form has which cells. Pure."""

from collections.abc import Callable, Iterable, Sequence
from typing import Generic, NamedTuple, TypeVar

Form = TypeVar("Form")

WRITE_IT = "write it in one form in the sheet"
"""What to do about a cell that two declared forms read in two ways."""
WAY_OUT = (
    "write them in one form in the sheet, or split it into a file for each form: first"
    " those of invoices, then those of their credit notes"
)
"""What to do about a column of several forms that a mapping can't tell apart."""
_CLEAR = (
    "so that only one of the forms fits, or split the sheet into a file for each form:"
    " first those of invoices, then those of their credit notes"
)


def way_out_of_unclear(shown: str, count: int) -> str:
    """What to do about cells that several forms read in different ways.

    `shown` names the cells, `count` is how many there are.
    """
    if not count:
        return WAY_OUT
    cells = "that cell" if count == 1 else "those cells"
    return f"{shown} may be of either: write {cells} {_CLEAR}"


class Mixed(NamedTuple, Generic[Form]):
    """A column's texts by form, and those that no form fits."""

    by_form: list[tuple[Form, list[str]]]
    rest: list[str]


def by_forms(
    texts: Iterable[str], forms: Sequence[Form], fits: Callable[[str, Form], bool]
) -> Mixed[Form]:
    """As few forms as fit all the texts: the one of the most texts first."""
    fitting = {text: {form for form in forms if fits(text, form)} for text in texts}
    left = [text for text, found in fitting.items() if found]
    by_form = []
    while left:
        best = max(forms, key=lambda form: sum(form in fitting[text] for text in left))
        by_form.append((best, [text for text in left if best in fitting[text]]))
        left = [text for text in left if best not in fitting[text]]
    return Mixed(by_form, [text for text, found in fitting.items() if not found])
