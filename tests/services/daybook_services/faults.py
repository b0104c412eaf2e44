"""What `make test` leaves to `make faults`, and how many examples each draws."""

import pytest
from hypothesis import settings

ORDINARY = 25
"""Examples of a law in `make test`, the same in each run."""
FAULTS = 500
"""And in `make faults`, others in each run."""

settings.register_profile(
    "ordinary", max_examples=ORDINARY, deadline=None, derandomize=True
)
settings.register_profile("faults", max_examples=FAULTS, deadline=None)
settings.load_profile("ordinary")


def examples(number: int) -> int:
    """How many examples a test draws that draws `number` in `make test`."""
    return number * settings().max_examples // ORDINARY


@pytest.hookimpl(tryfirst=True)  # before tests are selected by their marks
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Leave PostgreSQL to `make faults` where the database makes no difference."""
    for item in items:
        callspec = getattr(item, "callspec", None)
        if callspec is None or item.get_closest_marker("either_database") is None:
            continue
        if "postgresql" in callspec.params.values():
            item.add_marker(pytest.mark.faults)
