"""Fields that are taken from each line's customer or product. Pure.

What is fixed in a mapping was checked when it was set; these are known with the lines.
"""

from collections.abc import Iterable, Iterator

from daybook.exports.mapping.forms import FORMS, Integration
from daybook.exports.preflight.findings import Examples, Finding, FindingCode
from daybook.exports.preflight.watches import EntryWatch
from daybook.exports.rules import ExportGroup
from daybook.numbers import counted

SHOWN = 40
"""How many characters of a long text are shown."""


class Attributes(EntryWatch):
    """Such fields that stay empty, or are longer than the target reads.

    `fields` are pairs of a mapped account and a field that some mapping to it takes
    from its lines.
    """

    def __init__(
        self, integration: Integration, fields: Iterable[tuple[str, str]]
    ) -> None:
        form = FORMS[integration]
        self._title = form.title
        self._longest = {field.name: field.longest for field in form.fields}
        self._titles = {field.name: field.title for field in form.fields}
        self._places: dict[str, list[tuple[str, int]]] = {}
        for account, name in sorted(fields):
            place = form.names.index(name)
            self._places.setdefault(account, []).append((name, place))
        self._missing: dict[str, Examples] = {}
        self._long: dict[str, Examples] = {}

    def see_entry(self, entry: ExportGroup) -> None:
        """Look at the fields of an entry's lines."""
        if not self._places:
            return
        for line in entry.lines:
            if line.target is None or not line.target.values:
                continue
            for name, place in self._places.get(line.target.account, ()):
                text = line.target.values[place]
                if not text:
                    self._missing.setdefault(name, Examples()).add(entry.key)
                elif len(text) > self._longest[name]:
                    long = self._long.setdefault(name, Examples())
                    long.add(f"“{text[:SHOWN]}…” in {entry.key}")

    def findings(self) -> Iterator[Finding]:
        """What can't be loaded, and what stays empty."""
        for name, found in sorted(self._long.items()):
            yield Finding(
                FindingCode.FIELD_TOO_LONG,
                blocks=True,
                title=f"{self._titles[name]} of {counted(found.count, 'line')} has more"
                f" than {self._longest[name]} characters, the most that {self._title}"
                " takes",
                message=found.words,
                way_out="take it from another attribute in the mapping, such as an own"
                " id, or give a fixed one",
                count=found.count,
            )
        for name, found in sorted(self._missing.items()):
            yield Finding(
                FindingCode.ATTRIBUTE_MISSING,
                blocks=False,
                title=f"{self._titles[name]} stays empty in"
                f" {counted(found.count, 'line')}",
                message=f"there is nothing to take it from: {found.words}",
                way_out="choose journals, or groups by customer and product, if it"
                " should be there",
                count=found.count,
            )
