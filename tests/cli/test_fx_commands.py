"""`daybook fx` in a terminal."""

import csv
import io
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

from daybook_terminal import Terminal

FILE = "Date,USD,JPY,GBP,\n2026-11-02,1.1172,175.7,0.8338,\n"


@pytest.fixture
def terminal(tmp_path: Path) -> Terminal:
    (tmp_path / "rates.csv").write_text(FILE)
    return Terminal(tmp_path)


def at(terminal: Terminal, *arguments: str) -> str:
    ended = terminal.run(*arguments, DAYBOOK_NOW="2026-11-05T12:00:00Z")
    assert (ended.returncode, ended.stderr) == (0, ""), ended.stderr
    return ended.stdout


def refused(terminal: Terminal, *arguments: str) -> str:
    ended = terminal.run(*arguments, DAYBOOK_NOW="2026-11-05T12:00:00Z")
    assert (ended.returncode, ended.stdout) == (2, "")
    return ended.stderr


def test_a_rate_is_shown_with_what_it_is_made_of(terminal: Terminal) -> None:
    said = at(terminal, "fx", "rate", "USD", "GBP", "--on", "2025-02-02")
    as_csv = at(terminal, "fx", "rate", "USD", "GBP", "--on", "2025-02-02", "--csv")

    assert said.startswith("1 USD = 0.80446454 GBP on 2025-02-02\n")
    lines = [line.rstrip().split(maxsplit=3) for line in said.splitlines()]
    assert ["USD", "1.0393", "2025-01-31", "shipped with Daybook"] in lines
    assert ["GBP", "0.83608", "2025-01-31", "shipped with Daybook"] in lines
    (row,) = csv.DictReader(io.StringIO(as_csv))
    assert row == {
        "from": "USD",
        "to": "GBP",
        "on": "2025-02-02",
        "rate": "0.80446454",
        "from_per_euro": "1.0393",
        "from_day": "2025-01-31",
        "from_source": "shipped with Daybook",
        "to_per_euro": "0.83608",
        "to_day": "2025-01-31",
        "to_source": "shipped with Daybook",
    }


def test_the_euro_s_own_cells_are_empty(terminal: Terminal) -> None:
    said = at(terminal, "fx", "rate", "EUR", "USD", "--on", "1999-01-04", "--csv")

    assert said.splitlines()[1] == (
        "EUR,USD,1999-01-04,1.17890000,,,,1.1789,1999-01-04,shipped with Daybook"
    )


def test_a_file_is_added_once_and_its_rates_name_it(terminal: Terminal) -> None:
    added = at(terminal, "fx", "refresh", "rates.csv")
    again = at(terminal, "fx", "refresh", "rates.csv")
    said = at(terminal, "fx", "rate", "USD", "EUR")

    assert added == (
        "rates.csv: added 3 rates of 3 currencies, 2026-11-02 (refresh 1).\n"
    )
    assert again == "rates.csv: nothing added, all of its 3 rates are known.\n"
    assert "refresh 1 of 2026-11-05, rates.csv" in said
    assert "REFRESH_RATES" in at(terminal, "audit", "list")
    assert "holds: 1 record" in at(terminal, "audit", "verify")


def test_a_refused_file_names_its_places_and_adds_nothing(terminal: Terminal) -> None:
    wrong = terminal.folder / "wrong.csv"
    wrong.write_text(FILE.replace("1.1172", "1,1172"))
    other = terminal.folder / "other.csv"
    other.write_text(FILE.replace("175.7", "x"))
    at(terminal, "fx", "refresh", "rates.csv")
    differs = terminal.folder / "differs.csv"
    differs.write_text(FILE.replace("175.7", "175.8"))

    assert "wrong.csv: line 2: has 6 cells" in refused(
        terminal, "fx", "refresh", "wrong.csv"
    )
    assert refused(terminal, "fx", "refresh", "other.csv") == (
        "other.csv: line 2, column JPY: 'x' is neither a rate such as 1.1172 nor N/A"
        " [INVALID_VALUE]\ndaybook: other.csv: 1 problem, nothing was added\n"
    )
    assert "2026-11-02: the file has 175.8, and 175.7 was added by refresh 1" in (
        refused(terminal, "fx", "refresh", "differs.csv")
    )


@contextmanager
def published(content: bytes, status: int = 200) -> Iterator[str]:
    """The address of the ECB's file on a server of its own."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_arguments: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/fx/eurofxref.csv"
        finally:
            server.shutdown()
            thread.join()


def downloaded(terminal: Terminal, address: str) -> tuple[int, str, str]:
    """What `fx refresh` without a file ends with and says."""
    ended = terminal.run(
        *("fx", "refresh"),
        DAYBOOK_NOW="2026-11-05T12:00:00Z",
        DAYBOOK_ECB_URL=address,
    )
    return ended.returncode, ended.stdout, ended.stderr


def test_without_a_file_the_ecb_s_is_downloaded(terminal: Terminal) -> None:
    with published(FILE.encode()) as address:
        first, again = downloaded(terminal, address), downloaded(terminal, address)
    said = at(terminal, "fx", "rate", "USD", "EUR")

    words = "added 3 rates of 3 currencies, 2026-11-02 (refresh 1)."
    assert first == (0, f"eurofxref.csv: {words}\n", "")
    assert again == (
        *(0, "eurofxref.csv: nothing added, all of its 3 rates are known.\n", ""),
    )
    assert "refresh 1 of 2026-11-05, eurofxref.csv" in said


def test_what_cant_be_downloaded_is_told_with_the_way_out(terminal: Terminal) -> None:
    with published(b"Not found", 404) as address:
        missing = downloaded(terminal, address)
    gone = downloaded(terminal, address)
    with published(b"<html>") as other:
        unreadable = downloaded(terminal, other)

    way_out = "download the file in a browser and name it: `daybook fx refresh FILE`"
    for (status, said, words), reason in (
        (missing, "the server answered 404"),
        (gone, ""),
    ):
        assert (status, said) == (2, "")
        assert words.startswith(f"daybook: {address} can't be downloaded: {reason}")
        assert words.endswith(f"; {way_out}\n")
    assert unreadable[0] == 2
    assert "eurofxref.csv: line 1, column 1: the header begins" in unreadable[2]
    assert "nothing was added" in unreadable[2]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("rate", "HRK", "EUR", "--on", "2023-06-01"), "stopped quoting it on 2022-12"),
        (("rate", "", ""), "the ECB publishes no rate of ''"),
        (("rate", "usd", "usd"), "no rate of 'usd'; did you mean USD?"),
        (("rate", "usd", "EUR"), "no rate of 'usd'; did you mean USD?"),
        (("rate", "USD", "EUR", "--on", "1998-01-01"), "outside 1999-01-04 … 2099"),
        (("rate", "USD", "EUR", "--on", "31.1.2025"), "not a date YYYY-MM-DD"),
        (("refresh", "nothing.csv"), "nothing.csv can't be read: No such file"),
        (("refresh", "."), "can't be read: Is a directory"),
    ],
)
def test_bad_input_says_what_is_wrong(
    terminal: Terminal, arguments: tuple[str, ...], words: str
) -> None:
    assert words in refused(terminal, "fx", *arguments)


def test_a_rate_of_one_s_own_until_it_is_withdrawn(terminal: Terminal) -> None:
    add = ("fx", "manual", "add", "KES", "2026-09-30")
    why = ("--reason", "Central bank")

    assert at(terminal, *add, "151.20", *why) == (
        "The rate of KES for 2026-09-30 is entered.\n"
    )
    assert at(terminal, *add, "151.2", *why) == (
        "The rate of KES for 2026-09-30 is as before.\n"
    )
    assert at(terminal, "fx", "manual", "list", "--csv") == (
        "currency,day,per_euro,reason,entered_by,entered_at\n"
        "KES,2026-09-30,151.2,Central bank,command line,2026-11-05T12:00:00Z\n"
    )
    assert "KES        2026-09-30   151.2" in at(terminal, "fx", "manual", "list")
    gone = ("fx", "manual", "withdraw", "KES", "2026-09-30", "--reason", "Another's")
    assert at(terminal, *gone) == "The rate of KES for 2026-09-30 is withdrawn.\n"
    assert "no rate of KES was entered for 2026-09-30" in refused(terminal, *gone)
    assert "KES" not in at(terminal, "fx", "manual", "list")
    assert "is after today" in refused(
        terminal, "fx", "manual", "add", "KES", "2026-11-06", "1", *why
    )
    assert "'2026-09-31' is no day of a rate" in refused(
        terminal, "fx", "manual", "add", "KES", "2026-09-31", "1", *why
    )
    trail = at(terminal, "audit", "list")
    assert "Entered the rate of KES for 30 Sep 2026" in trail
    assert "Withdrew the rate of KES for 30 Sep 2026" in trail
