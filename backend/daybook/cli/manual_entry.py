"""`daybook manual create`: a manual journal from options, or from a JSON file."""

import json
import shlex
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, NamedTuple

import typer

from daybook.adjustments.commands import JournalState, save_draft, submit
from daybook.adjustments.csv_files import OF_JOURNAL, OF_LINE, read_entered
from daybook.cli.manual_options import (
    KINDS,
    MODES,
    Currency,
    Submits,
    ledger_currency,
    state_words,
    with_places,
)
from daybook.cli.running import (
    MADE_BY,
    Failed,
    load_settings,
    out,
    unread,
    with_database,
)
from daybook.clock import now
from daybook.db.engine import Database
from daybook.errors import Rejected, did_you_mean
from daybook.ledger.queries import LedgerNotChosen
from daybook.settings import Settings

SIDES = ("debit", "credit")
OF_WHOLE = (*OF_JOURNAL, "customer", "product")
LINE_OPTIONS = ("customer", "product")
LINE_HELP = (
    "A line: debit or credit, the account, the amount; a description in quotes,"
    " customer=ID and product=ID if you like. Repeat it."
)
FILE_MAX = 10_000_000
"""The longest JSON file, in characters."""


class _Entry(NamedTuple):
    """A journal as it is entered: all values are text."""

    texts: dict[str, str]
    lines: list[dict[str, str]]


def create(
    date: Annotated[
        str | None, typer.Option(help="The day on which it posts, YYYY-MM-DD.")
    ] = None,
    narrative: Annotated[str | None, typer.Option(help="What it is for.")] = None,
    kind: Annotated[str | None, typer.Option(help=f"One of {KINDS}.")] = None,
    lines: Annotated[
        list[str] | None,
        typer.Option("--line", help=LINE_HELP),
    ] = None,
    reverses_on: Annotated[
        str | None, typer.Option(help="The later day on which it takes itself back.")
    ] = None,
    customer: Annotated[
        str | None, typer.Option(help="The customer of lines without one, by its id.")
    ] = None,
    product: Annotated[
        str | None, typer.Option(help="The product of lines without one, by its id.")
    ] = None,
    adjusts: Annotated[
        str | None, typer.Option(help="The number of the journal that it adjusts.")
    ] = None,
    mode: Annotated[
        str | None, typer.Option(help=f"How it adjusts it: one of {MODES}.")
    ] = None,
    currency: Currency = None,
    file: Annotated[
        Path | None,
        typer.Option(
            "--file",
            help="A JSON file with the same, instead of options; - for input.",
            readable=False,
        ),
    ] = None,
    key: Annotated[
        str | None,
        typer.Option(help="Your own key: the same again with it saves nothing new."),
    ] = None,
    is_submitted: Submits = False,
) -> None:
    """Write a manual journal: a draft, or with --submit a submitted one.

    It is posted at once when it is submitted, or waits for another person's approval
    while four eyes is on. Approving is for people, in the pages and by the API.

    Example: `daybook manual create --date 2025-03-31 --kind CORRECTION --narrative
    "Usage that was billed twice" --customer cus_1 --product prod_1
    --line "debit DEFERRED 50.00" --line "credit RECOGNIZED 50.00 'March'" --submit`

    Example: `daybook manual create --file accrual.json --submit`
    """
    options = {
        "date": date,
        "narrative": narrative,
        "kind": kind,
        "reverses_on": reverses_on,
        "customer": customer,
        "product": product,
        "adjusts": adjusts,
        "mode": mode,
        "currency": currency,
    }
    texts = {name: text for name, text in options.items() if text is not None}
    entry = _Entry(texts, [line_of(text) for text in lines or ()])
    if file is not None:
        if entry.lines or set(texts) - {"currency"}:
            raise Failed("give --file, or the journal's options and lines, not both")
        entry = _entry_of_file(file)
        entry.texts.update(texts)
    settings = load_settings()
    words = with_database(
        settings,
        lambda database: _create(
            database, settings, entry, key, is_submitted=is_submitted
        ),
    )
    out.print(words, markup=False)


async def _create(
    database: Database,
    settings: Settings,
    entry: _Entry,
    key: str | None,
    *,
    is_submitted: bool,
) -> str:
    currency = entry.texts.get("currency")
    chosen = await ledger_currency(database, settings, currency)
    at: dict[str, Any] = {"now": now(settings), "made_by": MADE_BY}
    saved: JournalState | None = None
    try:
        entered = read_entered(entry.texts, entry.lines, chosen)
        where = (database, settings.organisation)
        saved = await save_draft(*where, entered, idempotency_key=key, **at)
        state = saved
        if is_submitted and saved.status.is_editable:
            state = await submit(*where, saved.number, version=saved.version, **at)
    except LedgerNotChosen:
        raise
    except Rejected as rejected:
        placed = with_places(rejected)
        if saved is None:
            raise placed from None
        reasons = "; ".join(problem.message for problem in placed.problems)
        draft = await state_words(database, settings, saved)
        raise Failed(f"{draft[:-1]}, and isn't submitted: {reasons}") from None
    return await state_words(database, settings, state)


def line_of(text: str) -> dict[str, str]:
    """A line of an option; raises Failed for text that is none."""
    try:
        words = shlex.split(text)
    except ValueError as error:
        raise Failed(f"--line {text!r}: {error}") from None
    if len(words) < 3 or words[0].lower() not in SIDES:
        example = "debit DEFERRED 100.00 'a description' customer=cus_1"
        raise Failed(f"--line {text!r} is not like {example!r}")
    side, account, amount, *others = words
    line = {"account": account, side.lower(): amount}
    for word in others:
        name, equals, value = word.partition("=")
        if equals and name in LINE_OPTIONS:
            known = line.setdefault(name, value) == value
        else:
            known = line.setdefault("description", word) == word
        if not known:
            raise Failed(f"--line {text!r}: put the description in quotes")
    return line


def _entry_of_file(file: Path) -> _Entry:
    """The journal of a JSON file; raises Failed for a file that holds none."""
    try:
        text = sys.stdin.read() if str(file) == "-" else file.read_text("utf-8-sig")
    except OSError as error:
        raise unread(file, error) from None
    except UnicodeDecodeError:
        raise Failed(f"{file}: this isn't UTF-8") from None
    if len(text) > FILE_MAX:
        raise Failed(f"{file} is longer than {FILE_MAX:,} characters")
    try:
        value = json.loads(text, parse_float=str)
    except (ValueError, RecursionError) as error:
        raise Failed(f"{file}: this isn't JSON: {error}") from None
    if not isinstance(value, dict) or not isinstance(value.get("lines", []), list):
        raise Failed(f"{file}: a journal is an object, and its lines are a list")
    lines = value.pop("lines", [])
    return _Entry(
        _texts(value, OF_WHOLE, f"{file}"),
        [
            _texts(line, OF_LINE, f"{file}: line {place}")
            for place, line in enumerate(lines, 1)
        ],
    )


def _texts(value: Any, allowed: tuple[str, ...], where: str) -> dict[str, str]:
    """The values of an object as text; raises Failed for unknown names."""
    if not isinstance(value, Mapping):
        raise Failed(f"{where}: is not an object")
    texts = {}
    for name, held in value.items():
        if name not in allowed:
            near = did_you_mean(name, allowed)
            raise Failed(f"{where}: {name!r} is not one of {', '.join(allowed)}{near}")
        if held is None:
            continue
        if isinstance(held, bool) or not isinstance(held, str | int):
            raise Failed(f"{where}: {name} is text")
        texts[name] = str(held).strip()
    return texts
