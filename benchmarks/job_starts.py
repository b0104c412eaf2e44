"""The order in which exports were started, noted by a trigger of the benchmark's own.

A worker holds a lock from choosing an export until its start is committed, so that the
trigger's numbers are the order of starts.
"""

import time
from collections import Counter
from collections.abc import Iterable
from typing import NamedTuple

import psycopg

from benchmarks.costs import CommandFailed

QUEUED, RUNNING, READY = 1, 2, 3
LOOK_SECONDS = 0.02

WATCH = """
CREATE TABLE job_changes (
    place bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at timestamptz NOT NULL DEFAULT clock_timestamp(),
    organisation bigint NOT NULL,
    status integer NOT NULL
);
CREATE FUNCTION note_job_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' OR NEW.status <> OLD.status THEN
        INSERT INTO job_changes (organisation, status)
        VALUES (NEW.organisation_id, NEW.status);
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER note_job_change AFTER INSERT OR UPDATE ON export_jobs
FOR EACH ROW EXECUTE FUNCTION note_job_change();
"""


class Change(NamedTuple):
    """A job was queued, started or ended: the seconds since some moment."""

    at: float
    organisation: int
    status: int


class Turns(NamedTuple):
    """How a queue of exports was worked off."""

    seconds: float
    """From the first start to the last end."""
    firsts: int
    """The place, among all starts, of the last organisation's first one."""
    first_seconds: float
    """How long after the first start that was."""
    most_ahead: int
    """By how many more started exports one organisation was ahead of another with
    exports waiting, at the most."""


def watch(connection: psycopg.Connection) -> None:
    """Have the database note each change of a job's status from now on."""
    connection.execute(WATCH)


def wait_for_all(connection: psycopg.Connection, count: int) -> Turns:
    """Wait until so many exports are ready; raises CommandFailed if one failed."""
    while True:
        found = connection.execute(
            "SELECT extract(epoch FROM at)::float, organisation, status"
            " FROM job_changes ORDER BY place"
        )
        changes = [Change(*row) for row in found.fetchall()]
        ended = Counter(change.status for change in changes if change.status > RUNNING)
        if set(ended) - {READY}:
            raise CommandFailed("an export of the queue was not made")
        if ended[READY] == count:
            return turns_of(changes)
        time.sleep(LOOK_SECONDS)


def turns_of(changes: Iterable[Change]) -> Turns:
    """Replay the changes of a queue that was worked off."""
    waiting, started = Counter[int](), Counter[int]()
    starts = list[Change]()
    firsts = first_seconds = last = most_ahead = 0.0
    for change in changes:
        its = change.organisation
        if change.status == QUEUED:
            waiting[its] += 1
        elif change.status == RUNNING:
            others = [other for other, count in waiting.items() if count]
            waiting[its] -= 1
            started[its] += 1
            starts.append(change)
            counts = [started[other] for other in others]
            most_ahead = max(most_ahead, max(counts) - min(counts))
            if started[its] == 1:
                firsts, first_seconds = len(starts), change.at - starts[0].at
        else:
            last = change.at
    seconds = last - starts[0].at
    return Turns(seconds, int(firsts), first_seconds, int(most_ahead))
