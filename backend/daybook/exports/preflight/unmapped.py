"""Lines without an account of the target, and what a selection lacks. Pure."""

from collections.abc import Iterator, Sequence

from daybook.exports.mapping.forms import FORMS, Integration
from daybook.exports.mapping.rules import Missing
from daybook.exports.preflight.findings import Examples, Finding, FindingCode
from daybook.exports.preflight.watches import EntryWatch
from daybook.exports.rules import ExportGroup
from daybook.ledger.rules import AccountNames
from daybook.money import grouped_text
from daybook.numbers import counted

NAMED_MAX = 10
"""How many accounts a message names; a finding's places are all of them."""
PLACES_MAX = 1_000
MAP_THEM = "map them on the integration's page"
MAP = "daybook mapping set"


class Unmapped(EntryWatch):
    """Lines without an account of the target."""

    def __init__(self, integration: Integration) -> None:
        self._title = FORMS[integration].title
        self._accounts = Examples()

    @property
    def is_any(self) -> bool:
        """Whether there is such a line."""
        return bool(self._accounts.count)

    def see_entry(self, entry: ExportGroup) -> None:
        """Look for lines without a target."""
        for line in entry.lines:
            if line.target is None:
                of = f" of {entry.product_name}" if entry.product_name else ""
                self._accounts.add(f"{line.account}{of}")

    def findings(self) -> Iterator[Finding]:
        """The accounts, where nothing more is known of them."""
        if self._accounts.count:
            yield Finding(
                FindingCode.UNMAPPED,
                blocks=True,
                title=f"{counted(self._accounts.count, 'line')} not mapped in"
                f" {self._title}",
                message=self._accounts.words,
                way_out=MAP_THEM,
                command=MAP,
                count=self._accounts.count,
                places=tuple(self._accounts.places),
            )


def unmapped_finding(
    gaps: Sequence[Missing],
    names: AccountNames,
    integration: Integration,
    currency: str,
    default: str | None,
) -> Finding:
    """What a selection lacks, account by account; it blocks unless there's a default.

    `gaps` are one or more.
    """
    title = FORMS[integration].title
    places = [_words(gap, names, currency) for gap in gaps]
    more = len(places) - NAMED_MAX
    message = "; ".join(places[:NAMED_MAX])
    if more > 0:
        message += f"; and {more:,} more"
    what = _counted_gaps(gaps)
    if default is not None:
        return Finding(
            FindingCode.UNMAPPED,
            blocks=False,
            title=f"{what} not mapped in {title}: the lines get {default}",
            message=message,
            way_out=f"{MAP_THEM}, if they should have accounts of their own",
            command=MAP,
            count=len(gaps),
            places=tuple(places[:PLACES_MAX]),
        )
    return Finding(
        FindingCode.UNMAPPED,
        blocks=True,
        title=f"{what} not mapped in {title}",
        message=message,
        way_out=f"{MAP_THEM}; or choose a default account for all of them",
        command=MAP,
        count=len(gaps),
        places=tuple(places[:PLACES_MAX]),
    )


def _counted_gaps(gaps: Sequence[Missing]) -> str:
    """`1 account and 3 products are`, each product once."""
    accounts = sum(gap.product_id is None for gap in gaps)
    products = len({gap.product_id for gap in gaps if gap.product_id is not None})
    words = [
        *([counted(accounts, "account")] if accounts else []),
        *([counted(products, "product")] if products else []),
    ]
    return f"{' and '.join(words)} {'is' if accounts + products == 1 else 'are'}"


def _words(gap: Missing, names: AccountNames, currency: str) -> str:
    """`Recognized Revenue of Onboarding (p2): 3 journals, 12.00 USD`."""
    account = names.of(gap.role, gap.product_id, gap.category).name
    of = "" if gap.product_id is None else f" of {gap.product_name} ({gap.product_id})"
    amount = f"{grouped_text(gap.amount, currency)} {currency}"
    return f"{account}{of}: {counted(gap.journals, 'journal')}, {amount}"
