"""Operations of pages take turns: in the order of arrival, and none holds others up."""

import asyncio

import pytest

from daybook_graphql.execution.turns import Turns

pytestmark = pytest.mark.anyio

A_LONG_TIME = 600.0


async def work(
    turns: Turns, name: str, begun: list[str], done: asyncio.Event | None = None
) -> None:
    """Take a turn, and keep it until `done`."""
    async with turns.turn():
        begun.append(name)
        if done is not None:
            await done.wait()


async def begin(*tasks: "asyncio.Task[None]") -> None:
    """Let tasks go on as far as they can."""
    for _ in range(10 * len(tasks)):
        await asyncio.sleep(0)


async def test_those_who_came_first_are_first() -> None:
    turns, begun, done = Turns(2, A_LONG_TIME), list[str](), asyncio.Event()
    tasks = [asyncio.create_task(work(turns, name, begun, done)) for name in "abcde"]

    await begin(*tasks)
    assert begun == ["a", "b"]

    done.set()
    await asyncio.gather(*tasks)
    assert begun == ["a", "b", "c", "d", "e"]


async def test_slow_work_holds_nobody_up() -> None:
    turns, begun, done = Turns(1, 0.01), list[str](), asyncio.Event()
    slow = asyncio.create_task(work(turns, "slow", begun, done))
    await begin(slow)

    await work(turns, "quick", begun)

    assert not slow.done()
    done.set()
    await slow
    assert begun == ["slow", "quick"]


async def test_a_turn_that_ended_by_its_time_ends_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    turns, begun, done = Turns(1, 0.01), list[str](), asyncio.Event()
    slow = asyncio.create_task(work(turns, "slow", begun, done))
    await begin(slow)
    await work(turns, "quick", begun)
    done.set()
    await slow

    monkeypatch.setattr(turns, "_turn_seconds", A_LONG_TIME)
    held = asyncio.Event()
    tasks = [asyncio.create_task(work(turns, name, begun, held)) for name in "ab"]
    await begin(*tasks)

    assert begun[2:] == ["a"]
    held.set()
    await asyncio.gather(*tasks)


async def test_one_who_leaves_gives_the_turn_to_the_next() -> None:
    turns, begun, done = Turns(1, A_LONG_TIME), list[str](), asyncio.Event()
    first, second = (
        asyncio.create_task(work(turns, name, begun, done)) for name in "ab"
    )
    await begin(first, second)
    first.cancel()
    await begin(first, second)

    assert begun == ["a", "b"]
    done.set()
    await second
