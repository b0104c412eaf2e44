"""The programs that other tests build upon answer as themselves."""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
from arq import create_pool
from arq.connections import RedisSettings
from arq.worker import Worker, func
from sqlalchemy import make_url, text
from sqlalchemy.ext.asyncio import create_async_engine


@pytest.mark.anyio
async def test_postgresql_answers_as_the_pinned_version(postgresql_url: str) -> None:
    url = make_url(postgresql_url).set(drivername="postgresql+asyncpg")
    engine = create_async_engine(url)
    async with engine.connect() as connection:
        version = await connection.scalar(text("SELECT version()"))
    await engine.dispose()

    assert version is not None
    assert version.startswith("PostgreSQL 18")


@pytest.mark.anyio
async def test_redis_keeps_what_it_is_told(redis_url: str) -> None:
    redis = await create_pool(RedisSettings.from_dsn(redis_url))

    await redis.set("greeting", "hello")

    assert await redis.get("greeting") == b"hello"
    # The pool was handed to the client, which by itself leaves it open.
    await redis.aclose(close_connection_pool=True)


@pytest.mark.anyio
async def test_a_worker_takes_a_job_and_returns_its_result(redis_url: str) -> None:
    async def double(ctx: dict[Any, Any], *numbers: int) -> int:
        assert ctx["job_try"] == 1
        return 2 * sum(numbers)

    redis = await create_pool(RedisSettings.from_dsn(redis_url))
    job = await redis.enqueue_job("double", 21, _queue_name="test-services")
    assert job is not None

    worker = Worker(
        functions=[func(double, name="double")],
        redis_pool=redis,
        queue_name="test-services",
        burst=True,
        handle_signals=False,
        poll_delay=0.01,
    )
    await worker.async_run()

    assert await job.result(timeout=60) == 42
    await worker.close()


def test_node_runs(node: Path) -> None:
    version = subprocess.check_output([node, "--version"], text=True)

    assert version.startswith("v24.")


def test_the_locked_node_packages_are_installed(node_modules: Path) -> None:
    locked = json.loads((node_modules.parent / "package-lock.json").read_text())
    axe = json.loads((node_modules / "axe-core" / "package.json").read_text())

    assert axe["version"] == locked["packages"]["node_modules/axe-core"]["version"]
    assert (node_modules / "axe-core" / "axe.min.js").is_file()
    assert (node_modules / "graphql" / "index.mjs").is_file()


def test_the_node_lock_names_no_registry(node_modules: Path) -> None:
    lock = (node_modules.parent / "package-lock.json").read_text()

    assert '"resolved"' not in lock
