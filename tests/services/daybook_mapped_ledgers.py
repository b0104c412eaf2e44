"""Ledgers of any history with hostile names, whose accounts are all mapped.

Each account of a ledger has a name of its own wherever it has accounts of its own in
the systems, so that a line of the generic CSV says by its account's name what it has
to get in each of them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from daybook.activity.rules import ActivityKind
from daybook.adjustments.rules import EnteredJournal
from daybook.audit.rules import Action, Subject, SubjectKind
from daybook.calendar import Day, day_text
from daybook.configuration.changing import setting_change
from daybook.db.engine import Database
from daybook.documents.rules import CustomerDetails, Document, ProductDetails
from daybook.errors import ProblemCode, Rejected
from daybook.exports.mapping.commands import update_integration
from daybook.exports.mapping.forms import Integration
from daybook.exports.mapping.mapping_changes import set_mappings
from daybook.exports.mapping.rules import MappingLine, SettingsPatch
from daybook.ledger.models import StoredAccountName
from daybook.ledger.rules import Role
from daybook_adjusting import credit, debit, entered, reversed_journal, submitted
from daybook_choosing import Chooser
from daybook_drawing import CUSTOMERS, PRODUCTS, Drawing
from daybook_drawing_lines import Scope
from daybook_factories import ORGANISATION, invoice, line, lock, noon, record, terms
from daybook_manual import Moved, record_manual
from daybook_model import Model
from daybook_xero_checker import IS_DEBIT_NORMAL

ONE_LINE = (
    *('quotes " and ""', "comma, Inc.", "=1+1", "+49 30", "-5", "@cmd", "semi;colon"),
    *("شركة عربية", "👩 family", "Zürich – “x”", "a b", "a", "b c", "n" * 190, "a%b"),
    *("{customer.name", "a/b", "back\\slash", "Ltd.: b", '="x","y"', "'quoted'"),
)
"""Texts of a line, as names in a target may be."""
TEXTS = (
    *ONE_LINE,
    *("two\nlines", "a\r\nline end", "\ttab", "\rreturn", " spaces ", "\u202eright"),
    *("\u00a0no break", "\ufeffmark", "👩\u200d👩\u200d👧", "\u2028line", "x" * 200),
)
"""Texts that come from outside."""
CATEGORY = 'Care, "and" more'
SCOPES = ("", f"product:{PRODUCTS[0]}", f"category:{CATEGORY}")
CUSTOMER_IDS = ("a", "a b", '=1, "2"', "c/d%")
SCOPE = Scope(file_max=4, enough=3)
"""Documents from January to June 2025."""
LOCKED = ProblemCode.LOCKED
RECEIVABLE = "Accounts receivable (A/R)"
ATTRIBUTES = (
    *("{customer.name}", "{customer.id}"),
    *("{product.name}", "{product.id}", "{product.category}"),
)

Fields = Mapping[str, str]


@dataclass(slots=True)
class MappedLedgers:
    """What lines get in each system, by the name of their account in the ledger."""

    choose: Chooser
    fields: dict[Integration, dict[str, Fields]] = field(
        default_factory=lambda: {integration: {} for integration in Integration}
    )
    customers: dict[str, str] = field(default_factory=dict)
    """The customers' own ids, by their ids in drawings."""

    def hostile(self, document: Document) -> Document:
        """A drawn document with other ids, names and numbers."""
        text = self.choose.one_of(TEXTS)
        customer = CustomerDetails(
            self.customers[document.customer.id], f"{text}.", text
        )
        lines = tuple(
            replace(
                drawn,
                product=drawn.product
                and ProductDetails(
                    drawn.product.id,
                    self.choose.one_of(TEXTS),
                    None if drawn.product.id == PRODUCTS[0] else CATEGORY,
                ),
            )
            for drawn in document.lines
        )
        number = f"{document.id}{self.choose.one_of(TEXTS)}"
        return replace(document, customer=customer, lines=lines, number=number)


async def make_mapped_ledgers(
    database: Database, choose: Chooser, currencies: Sequence[str], files: int = 3
) -> MappedLedgers:
    """Record files, manual journals and locks, and map all accounts of all ledgers."""
    made = MappedLedgers(choose)
    ids = choose.shuffled(CUSTOMER_IDS)
    made.customers = dict(zip(CUSTOMERS, ids, strict=False))
    drawings = {}
    for currency in currencies:
        await _record(database, made, [_of_both_products(currency)], SCOPE.first)
        drawings[currency] = Drawing(choose, Model(), currency, SCOPE)
    day = SCOPE.first
    for number in range(files):
        currency = currencies[number % len(currencies)]
        drawing = drawings[currency]
        before = drawing.model
        drawing.model = before.copy()
        drawn = drawing.file(f"{currency}{number}")
        if not await _record(database, made, drawn, day):
            drawing.model = before
        day += choose.one_of([0, 20, 45])
        if choose.integer(1, 3) == 1:
            through = day - choose.integer(0, 60)
            drawing.model.lock = through
            on = day_text(day)
            await lock(database, day_text(through), currency=currency, on=on)
    if "USD" in currencies:
        await _record_manual_journals(database, made, day)
    for currency in currencies:
        await _name_accounts(database, currency, day)
    await _map_accounts(database, made, currencies, day)
    return made


def _of_both_products(currency: str) -> Document:
    its_terms = terms("100", ("2025-01-15", "2025-03-14"), currency=currency)
    lines = [
        line(product, product=product, its_terms=its_terms) for product in PRODUCTS
    ]
    return invoice(f"both_{currency}", *lines, customer=CUSTOMERS[0], currency=currency)


async def _record(
    database: Database, made: MappedLedgers, drawn: Sequence[Document], day: Day
) -> bool:
    """Whether the documents were recorded; a few files are refused."""
    customers: dict[str, CustomerDetails] = {}
    products: dict[str, ProductDetails] = {}
    documents = []
    for document in map(made.hostile, drawn):
        # A file tells the same of a customer or a product wherever it names it.
        customer = customers.setdefault(document.customer.id, document.customer)
        lines = tuple(
            replace(
                sold,
                product=sold.product
                and products.setdefault(sold.product.id, sold.product),
            )
            for sold in document.lines
        )
        documents.append(replace(document, customer=customer, lines=lines))
    try:
        await record(database, *documents, on=day_text(day))
    except Rejected:
        return False
    return True


async def _record_manual_journals(
    database: Database, made: MappedLedgers, day: Day
) -> None:
    """Some of no customer, and some from one product to another, in dollars."""
    choose, on = made.choose, day_text(day)
    for number in range(choose.integer(1, 2)):
        posted_on = day_text(choose.integer(SCOPE.first, SCOPE.last))
        debit, credit = choose.one_of(list(Role)), choose.one_of(list(Role))
        products: Any = (choose.one_of([None, *PRODUCTS]), choose.one_of(PRODUCTS))
        if debit is credit:
            products = PRODUCTS
        await record_manual(
            database,
            f"manual_{number}",
            Moved(debit, credit, "12.30", posted_on, *products),
            Moved(Role.RECOGNIZED, Role.RECOGNIZED, "0.07", posted_on, *PRODUCTS),
            customer=choose.one_of([None, *made.customers.values()][:2]),
            on=on,
        )
    for _ in range(choose.integer(1, 2)):
        journal = _entered(choose, next(iter(made.customers.values())))
        try:
            posted = await submitted(database, journal, on=on)
        except Rejected as rejected:
            if {problem.code for problem in rejected.problems} != {LOCKED}:
                raise
            continue
        if choose.integer(1, 2) == 1:
            await reversed_journal(database, posted.number, on=on)


def _entered(choose: Chooser, customer: str) -> EnteredJournal:
    """A journal of several lines on each side, some with words of their own."""
    lines = [
        make(
            role,
            amount,
            description=choose.one_of(["", *ONE_LINE]),
            product=choose.one_of([None, *PRODUCTS]),
        )
        for make, role, amount in (
            (debit, Role.BILLED, "9.00"),
            (debit, Role.DEFERRED, "0.05"),
            (credit, Role.RECOGNIZED, "7.01"),
            (debit, Role.BILLED, "3.30"),
            (credit, Role.UNBILLED, "5.34"),
        )
    ]
    posted_on = choose.integer(SCOPE.first, SCOPE.last)
    day, later = day_text(posted_on), day_text(posted_on + choose.integer(1, 20))
    return entered(
        *lines,
        day=day,
        narrative=choose.one_of(ONE_LINE),
        customer=choose.one_of([None, customer]),
        product=choose.one_of([None, PRODUCTS[0]]),
        reverses_on=choose.one_of([None, later]),
    )


async def _name_accounts(database: Database, currency: str, day: Day) -> None:
    """Name all accounts, in one recording: a command names one, and takes longer."""
    changing = setting_change(
        *(database, ORGANISATION, ActivityKind.SETTINGS),
        now=noon(day),
        made_by="test",
    )
    async with changing as change:
        ledger = await change.ledger(currency)
        recording = await change.start_recording(ledger, "all accounts named")
        change.session.add_all(
            StoredAccountName(
                ledger_id=ledger.id,
                role=int(role),
                scope=scope,
                recorded_in=recording.number,
                name=_name_of(role, scope),
                code=None,
            )
            for role in Role
            for scope in SCOPES
        )
        await change.log(
            Action.RENAME_ACCOUNT,
            Subject(SubjectKind.LEDGER_ACCOUNT, currency),
            {},
            message="all accounts named",
            recorded=[(ledger, recording)],
        )


def _name_of(role: Role, scope: str) -> str:
    """An account's name in the ledgers: no two have the same."""
    place = 3 * int(role) + SCOPES.index(scope)
    return f"{ONE_LINE[place % len(ONE_LINE)]} {place}"[-200:].strip()


async def _map_accounts(
    database: Database, made: MappedLedgers, currencies: Sequence[str], day: Day
) -> None:
    """Map all accounts in all systems, in all ledgers alike."""
    rest: Any = {"now": noon(day), "made_by": "test"}
    for integration in Integration:
        lines = []
        for role in Role:
            for place, scope in enumerate(SCOPES):
                number = 3 * int(role) + place
                fields = _FIELDS[integration](made.choose, role, number)
                made.fields[integration][_name_of(role, scope)] = fields
                lines.append(MappingLine(role, scope, fields))
        await set_mappings(database, ORGANISATION, integration, lines, **rest)
        for currency in currencies:
            # Xero's manual journals are in the currency of its books.
            base = currency if integration is Integration.XERO else "EUR"
            patch = SettingsPatch(is_enabled=True, base_currency=base)
            where = (database, ORGANISATION, currency, integration)
            await update_integration(*where, patch, **rest)


def _xero_fields(choose: Chooser, _role: Role, number: int) -> Fields:
    fields = {
        "code": choose.one_of(
            [f"{number}", f"={number}", f'{number},"é', f"٣ {number}"]
        ),
        "type": choose.one_of(sorted(IS_DEBIT_NORMAL)),
        "tax_rate": choose.one_of(["Tax Exempt (0%)", '20% "VAT", on Income']),
    }
    for pair in range(1, choose.integer(0, 2) + 1):
        fields[f"tracking_name_{pair}"] = f"Category {pair}"
        option = choose.one_of([*ATTRIBUTES, 'North, "East"'])
        fields[f"tracking_option_{pair}"] = option
    return fields


def _quickbooks_fields(choose: Chooser, role: Role, number: int) -> Fields:
    parent = choose.one_of(["", "Income:", 'In, "come":Sub:'])
    fields = {"account": f"{parent}{choose.one_of(ONE_LINE[:6])} {number}"}
    fields["name"] = choose.one_of(["{customer.name}", "{customer.name}", "A, B"])
    if role is Role.UNBILLED and choose.integer(1, 3) == 1:
        fields["type"] = RECEIVABLE
    for name in ("class", "location"):
        fields[name] = choose.one_of([*ATTRIBUTES, "Fixed, and so", ""])
    return fields


def _netsuite_fields(choose: Chooser, _role: Role, number: int) -> Fields:
    fields = {
        "account": f"{number} {choose.one_of(ONE_LINE)}",
        "subsidiary": 'Parent : "Daybook", Inc.',
    }
    for name in ("department", "class", "location", "name"):
        fields[name] = choose.one_of([*ATTRIBUTES, "Fixed : Sub, and so", ""])
    return fields


_FIELDS = {
    Integration.XERO: _xero_fields,
    Integration.QUICKBOOKS: _quickbooks_fields,
    Integration.NETSUITE: _netsuite_fields,
}
