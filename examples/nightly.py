# ruff: noqa: INP001, S310, T201  (a script of its own, which prints what it does)
"""Sends a file of documents to Daybook, and fetches the month's journals as files.

    DAYBOOK_URL=https://books.example.com DAYBOOK_KEY=daybook_YOUR_KEY \
        python nightly.py invoices.jsonl exports/

docs/nightly.md explains it. It needs Python 3.11 or later and no package. It may be
killed at any point and run again: nothing is doubled. It exits with 0 if all is done,
1 if somebody has to look at it, 75 if it should run again, and 77 if its key isn't
let in or may too little.
"""

import argparse
import gzip
import hashlib
import http.client
import json
import os
import secrets
import sys
import time
import zlib
from collections.abc import Callable
from contextlib import suppress
from datetime import date, timedelta
from functools import partial
from pathlib import Path
from typing import IO, Any, TypeVar
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit
from urllib.request import Request, urlopen

TO_LOOK_AT, TRY_AGAIN, NOT_LET_IN = 1, 75, 77
NEEDED = ("READ", "RECORD", "EXPORT")
KEY = f"daybook key create nightly --may {' --may '.join(NEEDED)}"
"""What makes a key that may all that is needed."""
ANSWER_SECONDS = 3600
"""How long an answer may take: the import of a million documents takes minutes."""
EXPORT_SECONDS = 3600
"""How long an export may take, from its request."""
ATTEMPTS = 3
"""How often an export is requested that fails."""
SHOWN = 3
"""How many notices of a code are printed."""
LEFTOVER_SECONDS = 86_400
"""How old a half is that no run writes to any more."""

IMPORT = """
mutation ($input: ImportDocumentsInput!) {
  importDocuments(input: $input) {
    recorded { count }
    revised { count }
    voided { count }
    unchanged
    ledgers { id currency recording }
    notices { code message path line }
    noticeCount
    userErrors { code message path line }
    userErrorCount
  }
}
"""
LEDGERS = "{ ledgers { id currency recording } }"
VIEWER = "{ viewer { permissions organisation { today } } }"
JOB = "id status failure { message } file { url filename rows sha256 }"
CREATE = f"""
mutation ($input: CreateExportInput!) {{
  createExport(input: $input) {{ job {{ {JOB} }} userErrors {{ code message path }} }}
}}
"""
LOOK = f"query ($id: ID!) {{ exportJob(id: $id) {{ {JOB} }} }}"


Result = TypeVar("Result")


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


class Documents:
    """A file that is sent; that it can't be read is no fault of the connection."""

    def __init__(self, path: Path, file: IO[bytes]) -> None:
        self._path, self._file = path, file
        self.size = os.fstat(file.fileno()).st_size

    def read(self, size: int = -1) -> bytes:
        """The next bytes; raises Failed if the disk doesn't give them."""
        try:
            return self._file.read(size)
        except OSError as failed:
            raise unreadable(self._path, failed) from None


class Daybook:
    """A server and a key; requests are repeated while the server can't answer."""

    def __init__(self, url: str, key: str, patience: float) -> None:
        self._url, self._key, self._patience = url.rstrip("/"), key, patience

    def ask(self, query: str, **variables: Any) -> dict[str, Any]:
        """The data of an operation, which must be one that may be repeated."""
        return self.patiently(partial(self.ask_once, query, **variables))

    def ask_once(self, query: str, **variables: Any) -> dict[str, Any]:
        """The data of an operation; raises Failed for errors."""
        body = json.dumps({"query": query, "variables": variables}).encode()
        found = self.json("/graphql", body, "application/json")
        for error in found.get("errors", ()):
            code = error.get("extensions", {}).get("code")
            status = NOT_LET_IN if code == "FORBIDDEN" else TO_LOOK_AT
            raise Failed(f"{code}: {error['message']}", status)
        data: dict[str, Any] = found["data"]
        return data

    def json(self, path: str, body: bytes | Documents, content_type: str) -> Any:
        """The JSON that a request is answered with."""
        with self.open(path, body, content_type) as answer:
            try:
                return json.load(answer)
            except (http.client.HTTPException, OSError, ValueError) as failed:
                raise TryAgain(f"{path}: the answer broke off: {failed}") from None

    def open(
        self,
        path: str,
        body: bytes | Documents | None = None,
        content_type: str = "",
        method: str | None = None,
    ) -> http.client.HTTPResponse:
        """Send a request, and give its answer; raises Failed for any but 2xx."""
        headers = {"Authorization": f"Bearer {self._key}"}
        if body is not None:
            headers["Content-Type"] = content_type
        if isinstance(body, Documents):
            headers["Content-Length"] = str(body.size)
        sent: Any = body  # urllib reads whatever has `read`
        request = Request(self._url + path, sent, headers, method=method)
        try:
            answer: http.client.HTTPResponse = urlopen(request, timeout=ANSWER_SECONDS)
        except HTTPError as refused:
            with refused:
                raise refusal(refused) from None
        except (URLError, OSError, http.client.HTTPException) as failed:
            reason = getattr(failed, "reason", failed)
            raise TryAgain(f"{self._url} can't be reached: {reason}") from None
        return answer

    def patiently(self, action: Callable[[], Result]) -> Result:
        """Run an action, and again while the server can't answer, for some time."""
        end, wait = time.monotonic() + self._patience, 1.0
        while True:
            try:
                return action()
            except TryAgain as failed:
                seconds = failed.seconds or wait
                if time.monotonic() + seconds > end:
                    raise
                print(f"{failed}; again in {seconds:g} s", file=sys.stderr)
                time.sleep(seconds)
                wait = min(wait * 2, 60)


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


def unreadable(path: Path, failed: OSError) -> Failed:
    """That a file can't be read, and why."""
    if isinstance(failed, FileNotFoundError):
        return Failed(f"{path}: there is no such file")
    if isinstance(failed, IsADirectoryError):
        return Failed(f"{path} is a folder: name the file of documents in it")
    return Failed(f"{path} can't be read: {failed.strerror or failed}")


def check_documents(documents: Path, *, may_be_empty: bool) -> None:
    """Raise Failed unless there is something to send."""
    if is_empty(documents) and not may_be_empty:
        way_out = "if there was nothing to send, run with --allow-empty"
        raise Failed(f"{documents} is empty: {way_out}")


def is_empty(documents: Path) -> bool:
    """Whether a file has 0 bytes, also inside of gzip: `export | gzip` that failed.

    Raises Failed for a file that can't be read.
    """
    try:
        with documents.open("rb") as file:
            magic = file.read(2)
    except OSError as failed:
        raise unreadable(documents, failed) from None
    if magic != b"\x1f\x8b":
        return not magic
    with suppress(OSError, EOFError, zlib.error), gzip.open(documents) as file:
        return not file.read(1)
    return False  # the server says what is wrong with it


def push(daybook: Daybook, documents: Path) -> Any:
    """Import a file, and give the ledgers as they are then.

    If an answer is lost, nobody knows whether the upload was imported: the file is
    uploaded again. Documents that are recorded already are unchanged then.
    """
    if is_empty(documents):
        say(f"{documents.name} is empty")
        return daybook.ask(LEDGERS)["ledgers"]
    with documents.open("rb") as file:
        sent = Documents(documents, file)
        upload = daybook.json("/uploads", sent, "application/octet-stream")
    say(f"uploaded {documents.name}: {upload['bytes']} bytes")
    done = daybook.ask_once(IMPORT, input={"uploadId": upload["id"]})["importDocuments"]
    show(documents, done)
    if done["userErrors"]:
        with daybook.open(f"/uploads/{upload['id']}", method="DELETE"):
            pass
        raise Failed(
            f"nothing of {documents.name} was recorded;"
            f" problems: {done['userErrorCount']}"
        )
    counts = {
        what: sum(kind["count"] for kind in done[what])
        for what in ("recorded", "revised", "voided")
    }
    counts["unchanged"] = done["unchanged"]
    say("imported: " + ", ".join(f"{count} {what}" for what, count in counts.items()))
    return done["ledgers"]


def show(documents: Path, done: dict[str, Any]) -> None:
    """Print all problems, and of notices the first of each code and their number."""
    notices, problems = done["notices"], done["userErrors"]
    codes: dict[str, list[Any]] = {}
    for notice in notices:
        codes.setdefault(notice["code"], []).append(notice)
    shown = [*problems, *(each for found in codes.values() for each in found[:SHOWN])]
    ids = ids_at(documents, {each["line"] for each in shown})
    for code, found in codes.items():
        for notice in found[:SHOWN]:
            print(f"notice: {in_a_line(documents, notice, ids)}", file=sys.stderr)
        if (more := len(found) - SHOWN) > 0:
            print(f"notice: {documents.name}: {more} more [{code}]", file=sys.stderr)
    if more := done["noticeCount"] - len(notices):
        print(f"notice: {documents.name}: {more} more", file=sys.stderr)
    for problem in problems:
        print(in_a_line(documents, problem, ids), file=sys.stderr)


def in_a_line(documents: Path, found: dict[str, Any], ids: dict[int, str]) -> str:
    """A problem or a notice with its line, its document, its path and its code."""
    line = f":{found['line']}" if found["line"] else ""
    document = f"{ids[found['line']]}: " if found["line"] in ids else ""
    path = f"{'.'.join(found['path'])}: " if found["path"] else ""
    message, code = found["message"], found["code"]
    return f"{documents.name}{line}: {document}{path}{message} [{code}]"


def ids_at(documents: Path, lines: set[int]) -> dict[int, str]:
    """The ids of the documents at some lines of JSON Lines; of other files none."""
    ids: dict[int, str] = {}
    if not lines:
        return ids
    with documents.open("rb") as file:
        is_gzipped = file.read(2) == b"\x1f\x8b"
    with gzip.open(documents) if is_gzipped else documents.open("rb") as file:
        for number, text in enumerate(file, 1):
            if number in lines:
                with suppress(ValueError, LookupError, TypeError):
                    ids[number] = str(json.loads(text)["id"])
    return ids


def export(
    daybook: Daybook, ledger: dict[str, Any], first: str, last: str
) -> dict[str, Any]:
    """The file of a ledger's entries of some days, once it is ready.

    The key names all that the file depends on, the recording too. The same key gives
    the same export, also one that failed or expired, so each attempt has its own.
    """
    currency, recording = ledger["currency"], ledger["recording"]
    job: dict[str, Any] = {}
    for attempt in range(1, ATTEMPTS + 1):
        key = f"nightly {currency} {first} {last} at {recording} attempt {attempt}"
        request = {
            "ledgerId": ledger["id"],
            "asOfRecording": recording,
            "granularity": "MONTHLY",
            "filter": {"posted": {"from": first, "to": last}},
            "idempotencyKey": key,
        }
        created = daybook.ask(CREATE, input=request)["createExport"]
        for error in created["userErrors"]:
            raise Failed(f"{currency}: {error['code']}: {error['message']}")
        say(f"{currency}: requested {first} to {last} at recording {recording}")
        job = ended(daybook, created["job"])
        if job["status"] == "READY":
            say(f"{currency}: rendered {job['file']['rows']} rows")
            file: dict[str, Any] = job["file"]
            return file
    why = (job["failure"] or {}).get("message", job["status"])
    raise Failed(f"{currency}: the export failed: {why}")


def ended(daybook: Daybook, job: dict[str, Any]) -> dict[str, Any]:
    """An export that has ended; it is asked for less and less often."""
    end, wait = time.monotonic() + EXPORT_SECONDS, 0.2
    while job["status"] in {"QUEUED", "RUNNING"}:
        if time.monotonic() > end:
            raise TryAgain(f"the export is still {job['status']}: is a worker running?")
        time.sleep(wait)
        wait = min(wait * 1.5, 30)
        job = daybook.ask(LOOK, id=job["id"])["exportJob"]
    return job


def download(daybook: Daybook, file: dict[str, Any], folder: Path) -> None:
    """Write the file; it gets its name when it is whole, and not before."""
    target = folder / Path(file["filename"]).name
    if target.exists():
        with target.open("rb") as present:
            found = hashlib.file_digest(present, "sha256").hexdigest()
        if found == file["sha256"]:
            say(f"{target} is there already")
            return
    part = target.with_name(f".{target.name}.{secrets.token_hex(8)}.part")
    try:
        if fetch(daybook, file["url"], part) != file["sha256"]:
            raise TryAgain(f"{file['url']} arrived otherwise than it was exported")
        part.replace(target)
    finally:
        part.unlink(missing_ok=True)
    say(f"wrote {target}")


def fetch(daybook: Daybook, url: str, part: Path) -> str:
    """Write what is at an address to a new file, and give its SHA-256."""
    digest = hashlib.sha256()
    with daybook.open(url) as answer, part.open("xb") as written:
        try:
            while chunk := answer.read(2**16):
                digest.update(chunk)
                written.write(chunk)
        except (http.client.HTTPException, ConnectionError, TimeoutError) as failed:
            raise TryAgain(f"{url} broke off: {failed}") from None
        written.flush()
        os.fsync(written.fileno())
    return digest.hexdigest()


def remove_leftovers(folder: Path) -> None:
    """Remove the halves that killed runs left behind."""
    for part in folder.glob(".journals-*.part"):
        with suppress(FileNotFoundError):  # another run removed it
            if part.stat().st_mtime < time.time() - LEFTOVER_SECONDS:
                part.unlink()


def is_address(url: str) -> bool:
    """Whether a text is the address of a server."""
    with suppress(ValueError):
        parts = urlsplit(url)
        is_whole = parts.hostname is not None and parts.port != 0
        return parts.scheme in {"http", "https"} and is_whole and " " not in url
    return False


def say(line: str) -> None:
    """Tell what was done; cron and systemd keep it."""
    print(line, flush=True)


def run(daybook: Daybook, documents: Path, folder: Path) -> None:
    """Push, then export and download each ledger's month up to yesterday."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except FileExistsError:
        raise Failed(f"{folder} is a file: name a folder") from None
    remove_leftovers(folder)
    viewer = daybook.ask(VIEWER)["viewer"]
    if lacking := [what for what in NEEDED if what not in viewer["permissions"]]:
        raise Failed(
            f"the key lacks {' and '.join(lacking)}: make another one ({KEY})",
            NOT_LET_IN,
        )
    today = date.fromisoformat(viewer["organisation"]["today"])
    yesterday = today - timedelta(days=1)
    first, last = yesterday.replace(day=1).isoformat(), yesterday.isoformat()
    ledgers = daybook.patiently(partial(push, daybook, documents))
    for ledger in ledgers:
        file = export(daybook, ledger, first, last)
        daybook.patiently(partial(download, daybook, file, folder))


def main() -> int:
    """Run with the arguments, and give the exit status."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("documents", type=Path, help="JSON Lines or CSV, also gzipped")
    parser.add_argument("folder", type=Path, help="where the files go")
    parser.add_argument(
        "--allow-empty",
        action="store_true",
        help="take a file of 0 bytes, plain or gzipped, for a night without documents",
    )
    parser.add_argument(
        "--patience",
        type=float,
        default=900,
        help="for how many seconds a server that can't answer is asked again",
    )
    arguments = parser.parse_args()
    url = os.environ.get("DAYBOOK_URL", "http://127.0.0.1:8000")
    key = os.environ.get("DAYBOOK_KEY", "")
    if not is_address(url):
        parser.error(f"DAYBOOK_URL is no address such as https://host: {url!r}")
    if not key:
        parser.error(f"set DAYBOOK_KEY to a key ({KEY})")
    try:
        check_documents(arguments.documents, may_be_empty=arguments.allow_empty)
        daybook = Daybook(url, key, arguments.patience)
        run(daybook, arguments.documents, arguments.folder)
    except Failed as failed:
        print(failed, file=sys.stderr)
        return failed.status
    except OSError as failed:  # of the folder
        print(f"{failed.filename}: {failed.strerror or failed}", file=sys.stderr)
        return TO_LOOK_AT
    return 0


if __name__ == "__main__":
    sys.exit(main())
