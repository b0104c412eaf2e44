# ruff: noqa: INP001, S310, S608, T201  (a script of its own, which prints its result)
"""Keeps a copy of Daybook's journals, entries and documents in SQLite.

    DAYBOOK_URL=https://books.example.com DAYBOOK_KEY=daybook_YOUR_KEY \
        python warehouse.py warehouse.db

Each run reads what changed since the last one. A ledger is brought up to date in one
transaction, with the recording that it has come to: a run that is killed leaves the
copy as it was, and the next run does it again. One run writes at a time, and readers
never wait: they see the copy as it was before. It exits with 0 if all is done, 1 if
somebody has to look at it, 75 if it should run again, and 77 if its key isn't let in.
docs/warehouse.md explains it.
"""

import argparse
import http.client
import json
import os
import sqlite3
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, suppress
from pathlib import Path
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit
from urllib.request import Request, urlopen

TO_LOOK_AT, TRY_AGAIN, NOT_LET_IN = 1, 75, 77
ANSWER_SECONDS = 60
"""How long an answer may take: a page has 100 items."""
LOCK_SECONDS = 5
"""How long another run, or a reader of a copy that isn't in WAL mode, is waited for."""
PROGRESS_SECONDS = 10
"""How often a long run says how far it is."""

Ask = Callable[[str, dict[str, Any]], dict[str, Any]]
"""Sends a query with its variables, and gives the answer's `data`."""

TABLES = """
CREATE TABLE IF NOT EXISTS ledgers (currency TEXT PRIMARY KEY, recording INTEGER);
CREATE TABLE IF NOT EXISTS accounts (
  currency TEXT, role TEXT, name TEXT, PRIMARY KEY (currency, role));
CREATE TABLE IF NOT EXISTS customers (id TEXT PRIMARY KEY, name TEXT, legal_name TEXT);
CREATE TABLE IF NOT EXISTS products (id TEXT PRIMARY KEY, name TEXT, category TEXT);
CREATE TABLE IF NOT EXISTS documents (
  currency TEXT, kind TEXT, id TEXT, reference TEXT, status TEXT, customer TEXT,
  issued_on TEXT, accounting_date TEXT, total INTEGER,
  PRIMARY KEY (currency, kind, id));
CREATE TABLE IF NOT EXISTS journals (
  currency TEXT, number INTEGER, month TEXT, kind TEXT, document TEXT, customer TEXT,
  product TEXT, PRIMARY KEY (currency, number));
CREATE TABLE IF NOT EXISTS entries (
  id TEXT PRIMARY KEY, currency TEXT, journal INTEGER, date TEXT, debit TEXT,
  credit TEXT, amount INTEGER);
CREATE INDEX IF NOT EXISTS entries_of_journals ON entries (currency, journal);
"""

LEDGERS = "{ ledgers { id currency recording accounts { role name } } }"
LEDGER = """query ($id: ID!) {
  ledger(id: $id) { id currency recording accounts { role name } } }"""

CUSTOMERS = """query ($since: LedgerRecording!, $after: String) {
  customers(changedAfter: $since, first: 100, after: $after) {
    nodes { externalId name legalName } pageInfo { hasNextPage endCursor } } }"""

PRODUCTS = """query ($since: LedgerRecording!, $after: String) {
  products(changedAfter: $since, first: 100, after: $after) {
    nodes { externalId name category } pageInfo { hasNextPage endCursor } } }"""

DOCUMENTS = """query ($ledger: ID!, $mark: BigInt!, $at: BigInt!, $after: String) {
  sources(ledgerId: $ledger, changedAfterRecording: $mark, asOfRecording: $at,
      first: 100, after: $after) {
    nodes { kind externalId reference status customer { externalId } issuedOn date
      total { amount } }
    pageInfo { hasNextPage endCursor } } }"""

JOURNALS = """query ($ledger: ID!, $mark: BigInt!, $at: BigInt!, $after: String) {
  journals(ledgerId: $ledger, filter: { changedAfterRecording: $mark },
      asOfRecording: $at, first: 100, after: $after) {
    nodes { number isSuperseded month source document { externalId }
      customer { externalId } product { externalId } }
    pageInfo { hasNextPage endCursor } } }"""

ENTRY_COUNT = """query ($ledger: ID!, $mark: BigInt!, $at: BigInt!) {
  entries(ledgerId: $ledger, filter: { changedAfterRecording: $mark },
      asOfRecording: $at, first: 1) { totalCount } }"""

ENTRIES = """query ($ledger: ID!, $mark: BigInt!, $at: BigInt!, $after: String) {
  entries(ledgerId: $ledger, filter: { changedAfterRecording: $mark },
      asOfRecording: $at, first: 100, after: $after) {
    nodes { id journalNumber date debit { role } credit { role } amount { amount } }
    pageInfo { hasNextPage endCursor } } }"""


class Failed(Exception):
    """What ended the run; the message is for people."""

    def __init__(self, message: str, status: int = TO_LOOK_AT) -> None:
        super().__init__(message)
        self.status = status


class TryAgain(Failed):
    """The server can't answer now; it may say after how many seconds it can."""

    def __init__(self, message: str, seconds: float | None = None) -> None:
        super().__init__(message, TRY_AGAIN)
        self.seconds = seconds


def sync(warehouse: sqlite3.Connection, ask: Ask) -> None:
    """Bring the copies of all ledgers up to date."""
    warehouse.execute("PRAGMA journal_mode = WAL")  # so that readers go on reading
    warehouse.executescript(TABLES)
    for ledger_id in [its["id"] for its in ask(LEDGERS, {})["ledgers"]]:
        with warehouse:  # all of it, or nothing
            warehouse.execute("BEGIN IMMEDIATE")  # fails while another run writes
            # Asked for now: a run that has just ended may have come further.
            sync_ledger(warehouse, ask, ask(LEDGER, {"id": ledger_id})["ledger"])


def sync_ledger(
    warehouse: sqlite3.Connection, ask: Ask, ledger: dict[str, Any]
) -> None:
    """Bring the copy of one ledger from its mark to the ledger's recording."""
    currency, at = ledger["currency"], int(ledger["recording"])
    mark = mark_of(warehouse, currency)
    if mark == at:
        return
    if mark > at:
        message = "was restored from a backup: remove the copy, and run again"
        raise Failed(f"the {currency} ledger {message}")
    since = {"ledgerId": ledger["id"], "recording": mark}
    span = {"ledger": ledger["id"], "mark": mark, "at": at}
    for account in ledger["accounts"]:
        put(warehouse, "accounts", currency, account["role"], account["name"])
    for customer in pages(ask, CUSTOMERS, {"since": since}):
        id_, name = customer["externalId"], customer["name"]
        put(warehouse, "customers", id_, name, customer["legalName"])
    for product in pages(ask, PRODUCTS, {"since": since}):
        id_, name = product["externalId"], product["name"]
        put(warehouse, "products", id_, name, product["category"])
    for document in pages(ask, DOCUMENTS, span):
        put_document(warehouse, currency, document)
    for journal in pages(ask, JOURNALS, span):
        put_journal(warehouse, currency, journal)
    entries = pages(ask, ENTRIES, span)

    def total() -> int:
        counted: int = ask(ENTRY_COUNT, span)["entries"]["totalCount"]
        return counted

    for entry in telling(entries, f"{currency}: {{:,}} of {{:,}} entries", total):
        put_entry(warehouse, currency, entry)
    put(warehouse, "ledgers", currency, at)


def put_document(
    warehouse: sqlite3.Connection, currency: str, document: dict[str, Any]
) -> None:
    """Put a document in the place of what it was."""
    put(
        *(warehouse, "documents", currency, document["kind"], document["externalId"]),
        *(document["reference"], document["status"], id_of(document, "customer")),
        *(document["issuedOn"], document["date"], minor_units(document["total"])),
    )


def put_journal(
    warehouse: sqlite3.Connection, currency: str, journal: dict[str, Any]
) -> None:
    """Put a journal without entries in the place of what it was, if any of it is left.

    Its entries follow.
    """
    key = (currency, int(journal["number"]))
    warehouse.execute("DELETE FROM entries WHERE currency = ? AND journal = ?", key)
    warehouse.execute("DELETE FROM journals WHERE currency = ? AND number = ?", key)
    if not journal["isSuperseded"]:
        refers_to = (
            id_of(journal, name) for name in ("document", "customer", "product")
        )
        put(
            warehouse, "journals", *key, journal["month"], journal["source"], *refers_to
        )


def put_entry(
    warehouse: sqlite3.Connection, currency: str, entry: dict[str, Any]
) -> None:
    """Add an entry of a journal that changed."""
    put(
        *(warehouse, "entries", entry["id"], currency, int(entry["journalNumber"])),
        *(entry["date"], entry["debit"]["role"], entry["credit"]["role"]),
        minor_units(entry["amount"]),
    )


def put(warehouse: sqlite3.Connection, table: str, *values: object) -> None:
    """Put a row in the place of the one with its key, if there is one."""
    places = ", ".join("?" * len(values))
    warehouse.execute(f"INSERT OR REPLACE INTO {table} VALUES ({places})", values)


def mark_of(warehouse: sqlite3.Connection, currency: str) -> int:
    """The recording that a ledger's copy has come to; 0 before the first run."""
    found = warehouse.execute(
        "SELECT recording FROM ledgers WHERE currency = ?", (currency,)
    ).fetchone()
    return found[0] if found else 0


def pages(ask: Ask, query: str, variables: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The items of all pages of a list."""
    after = None
    while True:
        (page,) = ask(query, {**variables, "after": after}).values()
        yield from page["nodes"]
        if not page["pageInfo"]["hasNextPage"]:
            return
        after = page["pageInfo"]["endCursor"]


def telling(
    items: Iterable[dict[str, Any]], words: str, total: Callable[[], int]
) -> Iterator[dict[str, Any]]:
    """The items; says now and then how many of how many there were."""
    due = time.monotonic() + PROGRESS_SECONDS
    whole: int | None = None
    for number, item in enumerate(items, 1):
        yield item
        if time.monotonic() >= due:
            whole = total() if whole is None else whole
            print(words.format(number, whole), file=sys.stderr, flush=True)
            due = time.monotonic() + PROGRESS_SECONDS


def id_of(item: dict[str, Any], name: str) -> str | None:
    """The own id of what an item refers to, if anything."""
    return item[name] and item[name]["externalId"]


def minor_units(money: dict[str, str]) -> int:
    """An amount as a whole number, such as cents: it has all its decimals."""
    return int(money["amount"].replace(".", ""))


def asking(url: str, key: str, patience: float) -> Ask:
    """Queries to a server; asked again, for some seconds, while it can't answer."""
    address = f"{url}/graphql"
    headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}

    def ask(query: str, variables: dict[str, Any]) -> dict[str, Any]:
        body = json.dumps({"query": query, "variables": variables}).encode()
        end, wait = time.monotonic() + patience, 1.0
        while True:
            try:
                return answer_to(Request(address, body, headers))
            except TryAgain as failed:
                seconds = failed.seconds or wait
                if time.monotonic() + seconds > end:
                    raise
                print(f"{failed}; again in {seconds:g} s", file=sys.stderr)
                time.sleep(seconds)
                wait = min(wait * 2, 60)

    return ask


def answer_to(request: Request) -> dict[str, Any]:
    """The data of a query; raises Failed for errors."""
    address = request.full_url
    try:
        with urlopen(request, timeout=ANSWER_SECONDS) as answer:
            found = json.load(answer)
    except HTTPError as refused:
        with refused:
            raise refusal(refused) from None
    except (URLError, OSError, http.client.HTTPException) as failed:
        reason = getattr(failed, "reason", failed)
        raise TryAgain(f"{address} can't be reached: {reason}") from None
    except ValueError:
        raise Failed(f"{address}: the answer isn't JSON") from None
    for error in found.get("errors", ()):
        code = error.get("extensions", {}).get("code")
        status = NOT_LET_IN if code == "FORBIDDEN" else TO_LOOK_AT
        raise Failed(f"{code}: {error['message']}", status)
    data: dict[str, Any] = found["data"]
    return data


def refusal(refused: HTTPError) -> Failed:
    """What an answer with another status than 2xx means for the run."""
    text = "not an answer of Daybook; DAYBOOK_URL is the server's address, no more"
    with suppress(ValueError, LookupError, TypeError, OSError):  # such as a page
        text = json.loads(refused.read())["errors"][0]["message"]
    message = f"{refused.url}: HTTP {refused.code}: {text}"
    if refused.code in {401, 403}:
        return Failed(message, NOT_LET_IN)
    if refused.code in {429, 500, 502, 503, 504}:
        after = refused.headers.get("Retry-After", "")
        return TryAgain(message, float(after) if after.isdigit() else None)
    return Failed(message)


def is_address(url: str) -> bool:
    """Whether a text is the address of a server."""
    with suppress(ValueError):
        parts = urlsplit(url)
        is_whole = parts.hostname is not None and parts.port != 0
        return parts.scheme in {"http", "https"} and is_whole and " " not in url
    return False


def main() -> int:
    """Run once, and give the exit status."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("warehouse", help="the file of the SQLite database")
    parser.add_argument(
        "--patience",
        type=float,
        default=900,
        help="for how many seconds a server that can't answer is asked again",
    )
    arguments = parser.parse_args()
    url = os.environ.get("DAYBOOK_URL", "http://127.0.0.1:8000").rstrip("/")
    key = os.environ.get("DAYBOOK_KEY", "")
    if not is_address(url):
        parser.error(f"DAYBOOK_URL is no address such as https://host: {url!r}")
    if not key:
        parser.error("set DAYBOOK_KEY to a key that may READ")
    folder = Path(arguments.warehouse).parent
    if not folder.is_dir():
        print(f"{arguments.warehouse}: there is no folder {folder}", file=sys.stderr)
        return TO_LOOK_AT
    try:
        connected = sqlite3.connect(arguments.warehouse, timeout=LOCK_SECONDS)
        with closing(connected) as warehouse:
            sync(warehouse, asking(url, key, arguments.patience))
            for row in warehouse.execute("SELECT * FROM ledgers ORDER BY 1"):
                print("{}: up to recording {}".format(*row))
    except Failed as failed:
        print(failed, file=sys.stderr)
        return failed.status
    except sqlite3.OperationalError as failed:
        is_locked = failed.sqlite_errorcode & 0xFF == sqlite3.SQLITE_BUSY
        why = "another run or reader has it open: run again" if is_locked else failed
        print(f"{arguments.warehouse}: {why}", file=sys.stderr)
        return TRY_AGAIN if is_locked else TO_LOOK_AT
    except sqlite3.Error as failed:  # no database, or another program's
        print(f"{arguments.warehouse}: {failed}", file=sys.stderr)
        return TO_LOOK_AT
    return 0


if __name__ == "__main__":
    sys.exit(main())
