"""What the cells of a column would be, for messages about those that are refused."""

from dataclasses import dataclass, field, replace

from daybook.documents.reading import date_forms, number_forms
from daybook.documents.reading.mixed_forms import WAY_OUT, WRITE_IT
from daybook.documents.reading.number_forms import NumberForm
from daybook.errors import Problem, ProblemCode, quoted

KEPT_MAX = 32_768
"""How many different cells of a column are kept."""
_UNKNOWN_MAX = 100
"""After so many cells of no known form, no form is looked for."""


@dataclass(slots=True)
class SeenCells:
    """The different cells of a column of dates or numbers, the first `KEPT_MAX`."""

    is_of_dates: bool
    texts: set[str] = field(default_factory=set)

    def note(self, text: str) -> None:
        """Keep a cell's text."""
        if len(self.texts) < KEPT_MAX:
            self.texts.add(text)


class Hints:
    """What a mapping could say about one column, by its cells."""

    def __init__(self, cells: SeenCells, declared: NumberForm) -> None:
        self._cells = cells
        self._declared = declared
        self._known: set[str | None] | None = None
        self._dates: list[str] = []
        self._numbers: list[NumberForm] = []
        self._mixed: list[str] = []
        self._fits_several: str | None = None

    def explained(self, problem: Problem) -> Problem:
        """A problem with what the mapping could say, if the column tells that."""
        words = self._words(problem)
        return replace(problem, message=problem.message + words) if words else problem

    def _words(self, problem: Problem) -> str:
        code = ProblemCode.INVALID_DATE
        if not self._cells.is_of_dates:
            code = ProblemCode.INVALID_AMOUNT
        if problem.code is not code or problem.value is None:
            return ""
        if problem.message.endswith(WRITE_IT):
            return ""
        if self._known is None:
            self._look()
        if self._cells.is_of_dates:
            forms = self._dates if problem.value in (self._known or ()) else []
            text = problem.value.strip("'")
            return date_forms.way_out(forms, text) or self._words_of_mixed(text)
        if problem.value not in (self._known or ()):
            return ""
        if self._numbers:
            return number_forms.way_out(self._numbers)
        return self._words_of_mixed(problem.value.strip("'"))

    def _words_of_mixed(self, text: str) -> str:
        """What to do about a cell that is written in another form than others."""
        if not self._mixed or quoted(text) not in (self._known or ()):
            return ""
        if self._fits_several is None:
            forms_of = date_forms if self._cells.is_of_dates else number_forms
            self._fits_several = forms_of.way_out_of_mixed(self._mixed)
        if self._fits_several:
            return self._fits_several
        if self._cells.is_of_dates:
            forms = date_forms.forms_that_fit([text])
            form = " or ".join(f'"{form}"' for form in forms)
        else:
            form = f"like {number_forms.forms_that_fit([text])[0].example}"
        return f"; it is {form}, and other cells of the column aren't: {WAY_OUT}"

    def _look(self) -> None:
        """Find the forms that fit all cells that are dates or numbers in any form."""
        known: list[str] = []
        left = list(date_forms.KNOWN_FORMS)
        unknown = 0
        for text in sorted(self._cells.texts):
            if self._cells.is_of_dates:
                fitting = [form for form in left if date_forms.fits(text, form)]
                is_known = bool(fitting or date_forms.forms_that_fit([text]))
                left = fitting if is_known else left
            else:
                is_known = bool(number_forms.forms_that_fit([text]))
            if is_known:
                known.append(text)
            else:
                unknown += 1
            if unknown > _UNKNOWN_MAX:
                break
        self._known = {quoted(text) for text in known}
        if self._cells.is_of_dates:
            self._dates = left if known else []
            self._mixed = [] if left else known
        else:
            forms = number_forms.forms_that_fit(known) if known else []
            self._numbers = [form for form in forms if form != self._declared]
            self._mixed = [] if forms else known
