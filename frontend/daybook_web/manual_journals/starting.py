"""What the form begins with: a saved draft, or a new one that may adjust a journal."""

from collections.abc import Sequence
from datetime import date

from daybook.money import grouped_text
from daybook_graphql.kit.ids import decode
from daybook_graphql.parties.ids import ProductId
from daybook_web.kit.formats import ADJUSTMENT_MODES
from daybook_web.kit.forms import Choice
from daybook_web.kit.results import DEBIT, Party
from daybook_web.manual_journals.entry import Entry, TypedLine
from daybook_web.manual_journals.form_results import (
    Adjusted,
    FormLedger,
    JournalContent,
    SavedLine,
)

SUB_ACCOUNTS_MAX = 40
"""The most sub-accounts that each line offers; where there are more, none."""


def account_choices(ledger: FormLedger) -> list[Choice]:
    """The four accounts, each followed by its sub-accounts for products.

    A sub-account for a category is the lines of its products: their products say so.
    So they do where sub-accounts are too many to choose from.
    """
    choices = []
    offers = len(ledger.account_names) <= SUB_ACCOUNTS_MAX
    for account in ledger.accounts:
        choices.append(Choice(account.role, account.name))
        for name in ledger.account_names:
            is_its = name.role == account.role
            if offers and is_its and name.product_id is not None:
                product = decode(name.product_id)
                assert isinstance(product, ProductId), "a sub-account is a product's"
                value = f"{account.role} {product.external_id}"
                choices.append(Choice(value, name.name))
    return choices


def new_entry(
    ledger: FormLedger, today: date, adjusted: Adjusted | None, mode: str
) -> Entry:
    """An empty form on the first day that is open, not before today."""
    first_open = ledger.first_open_day
    day = max(today, first_open) if first_open else today
    if adjusted is None:
        return Entry(ledger=ledger.currency, date=str(day))
    return Entry(
        ledger=ledger.currency,
        date=str(day),
        customer=own_id_of(adjusted.customer),
        product=own_id_of(adjusted.product),
        adjusts=adjusted.number,
        mode=mode if mode in ADJUSTMENT_MODES else next(iter(ADJUSTMENT_MODES)),
    )


def saved_entry(saved: JournalContent, ledger: FormLedger) -> Entry:
    """The fields of a draft; lines that follow from another journal are not entered."""
    choices = account_choices(ledger)
    lines = tuple(
        typed_line(line, ledger.currency, choices)
        for line in saved.lines
        if not line.is_derived
    )
    return Entry(
        ledger=ledger.currency,
        kind=saved.kind,
        date=str(saved.date),
        reverses_on=str(saved.reverses_on or ""),
        narrative=saved.narrative,
        customer=own_id_of(saved.customer),
        product=own_id_of(saved.product),
        adjusts=saved.adjusts.number if saved.adjusts else "",
        mode=saved.mode or next(iter(ADJUSTMENT_MODES)),
        lines=lines or Entry().lines,
    )


def typed_line(line: SavedLine, currency: str, choices: Sequence[Choice]) -> TypedLine:
    """A saved line; a product with a sub-account of its own is said by the account."""
    product = line.product.external_id if line.product and line.has_own_product else ""
    account = f"{line.account.role} {product}"
    has_account = any(choice.value == account for choice in choices)
    amount = grouped_text(line.amount.minor, currency)
    is_debit = line.direction == DEBIT
    return TypedLine(
        account=account if has_account else line.account.role,
        description=line.description,
        debit=amount if is_debit else "",
        credit="" if is_debit else amount,
        customer=line.customer.external_id
        if line.customer and line.has_own_customer
        else "",
        product="" if has_account else product,
    )


def own_id_of(party: Party | None) -> str:
    """A party's own id; empty without one."""
    return party.external_id if party else ""
