"""The server's log: a line is a record, whatever it quotes."""

import asyncio
import logging

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daybook.cli.server_log import LogLine, NoStops


def line_of(message: str, quoted: str, *, has_failed: bool = False) -> str:
    """A record as the server logs it, of an error that quotes the same text."""
    error = (ValueError, ValueError(quoted), None)
    return LogLine().format(
        logging.LogRecord(
            *("arq.worker", logging.WARNING, __file__, 1, message, (quoted,)),
            error if has_failed else None,
        )
    )


@given(st.text())
def test_a_record_is_one_line(quoted: str) -> None:
    line = line_of("job %s expired", quoted)

    assert line.isprintable()
    assert " WARNING arq.worker: job " in line


@given(st.text() | st.just("a\n2026-11-29T00:00:00Z ERROR daybook: forged"))
def test_lines_of_a_traceback_are_indented(quoted: str) -> None:
    first, *others = line_of("it failed: %s", quoted, has_failed=True).split("\n")

    assert first.isprintable()
    assert others
    assert all(line.startswith("  ") and line.isprintable() for line in others)


def test_what_people_write_stays_readable() -> None:
    line = line_of("no %s", "Bücher – 前受収益\N{RIGHT-TO-LEFT OVERRIDE}")

    assert line.endswith(r"no Bücher – 前受収益\u202e")


@pytest.mark.parametrize("error", [asyncio.CancelledError(), ValueError()])
def test_an_answer_that_a_stopping_server_broke_off_is_left_out(
    error: BaseException,
) -> None:
    what = ("uvicorn.error", logging.ERROR, "", 0, "Exception in ASGI application")
    record = logging.LogRecord(*what, (), (type(error), error, None))

    assert NoStops().filter(record) is isinstance(error, ValueError)
