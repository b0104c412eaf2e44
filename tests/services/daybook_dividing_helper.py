"""`python -m daybook_dividing_helper`: helps with jobs of `daybook_dividing`."""

from typing import Any

from daybook.db.failures import DatabaseOutage, OutageKind
from daybook.jobs.part_process import PartOrder, Refused, help_with
from daybook.jobs.process import Unusable
from daybook_dividing import Task, is_first, perform


async def work(order: PartOrder) -> Any:
    """Do what the task of a part says."""
    task: Task = order.task
    await perform(task)
    if any(is_first(path) for path in task.get("away_at", ())):
        raise DatabaseOutage(OutageKind.UNREACHABLE, "it restarts")
    if task.get("refuses"):
        raise Refused("it is of another version")
    if task.get("fails"):
        raise Unusable("INDIVISIBLE", "this part can't be divided")
    return {"index": order.index}


def main() -> None:
    """Work on the parts that standard input names."""
    help_with(work)


if __name__ == "__main__":
    main()
