"""How the lines of a product are recognized."""

from enum import Enum

import strawberry

from daybook.recognition.rules import Method

value = strawberry.enum_value


@strawberry.enum(description="When an amount is earned.")
class RecognitionMethod(Enum):
    STRAIGHT_LINE = value(
        Method.STRAIGHT_LINE, description="Evenly over the service period."
    )
    USAGE = value(Method.USAGE, description="As it was used.")
    POINT_IN_TIME = value(Method.POINT_IN_TIME, description="All of it on one day.")
    MILESTONE = value(Method.MILESTONE, description="When each milestone is completed.")


def method_or_none(number: int | None) -> RecognitionMethod | None:
    """A stored method, if there is one."""
    return None if number is None else RecognitionMethod(Method(number))
