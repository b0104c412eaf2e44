"""Problems of one kind, told together."""

from hypothesis import given
from hypothesis import strategies as st

from daybook.errors import Problem, ProblemCode
from daybook.problem_groups import grouped

AMOUNT = ProblemCode.INVALID_AMOUNT


def amount(value: str, line: int) -> Problem:
    message = f"amount {value!r} is not a decimal number"
    return Problem(AMOUNT, message, ("Total",), line, repr(value))


def told(*problems: Problem) -> list[str]:
    return [str(group) for group in grouped(problems)]


def test_one_problem_is_told_as_it_is() -> None:
    problem = amount("12,000.00", 2)

    assert told(problem) == [str(problem)]


def test_problems_that_differ_in_their_value_are_one_line() -> None:
    problems = [amount(f"{at},000.00", at) for at in range(1, 19)]

    assert told(*problems) == [
        (
            "18 times (lines 1, 2, 3, …): Total: amount '1,000.00', '2,000.00', "
            "'3,000.00', … is not a decimal number [INVALID_AMOUNT]"
        )
    ]


def test_a_value_that_occurs_again_is_shown_once() -> None:
    assert told(amount("x", 4), amount("x", 9)) == [
        (
            "2 times (lines 4, 9): Total: amount 'x' is not a decimal number"
            " [INVALID_AMOUNT]"
        )
    ]
    assert told(amount("x", 4), amount("x", 4)) == [
        "2 times (line 4): Total: amount 'x' is not a decimal number [INVALID_AMOUNT]"
    ]


def test_a_value_that_only_the_message_quotes_counts_as_one() -> None:
    dates = [
        Problem(ProblemCode.INVALID_DATE, f"{text!r} is not a date", ("date",), line)
        for line, text in ((2, "soon"), (3, "later"))
    ]

    assert told(*dates) == [
        "2 times (lines 2, 3): date: 'soon', 'later' is not a date [INVALID_DATE]"
    ]


def test_other_codes_fields_and_messages_are_told_apart() -> None:
    problems = [
        amount("x", 1),
        Problem(ProblemCode.INVALID_VALUE, "amount 'x' is odd", ("Total",), 2),
        Problem(AMOUNT, "amount 'x' is not a decimal number", ("Net",), 3),
        Problem(AMOUNT, "amount 'x' is too large", ("Total",), 4),
        Problem(AMOUNT, "amount 'y'; did you mean z?", ("Total",), 5),
        Problem(AMOUNT, "amount 'x'; did you mean w?", ("Total",), 6),
    ]

    assert told(*problems) == [str(problem) for problem in problems]


def test_items_of_lists_and_numbers_of_lines_do_not_tell_problems_apart() -> None:
    problems = [
        Problem(AMOUNT, f"differs from line {line}", ("lines", str(line), "amount"))
        for line in (4, 5)
    ]

    assert told(*problems) == [
        "2 times: lines.*.amount: differs from line 4 [INVALID_AMOUNT]"
    ]


@given(st.lists(st.tuples(st.sampled_from("ab'\\é"), st.integers(1, 5)), max_size=30))
def test_each_problem_is_in_one_group(values: list[tuple[str, int]]) -> None:
    problems = [amount(value, line) for value, line in values]

    groups = grouped(problems)

    assert sum(group.count for group in groups) == len(problems)
    assert len(groups) == bool(problems)
