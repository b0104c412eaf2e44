"""Answers of the API's reports, made short for comparing."""

from typing import Any


def plain(answer: Any) -> Any:
    """The answer with each amount of money as its text, in dollars."""
    if isinstance(answer, list):
        return [plain(item) for item in answer]
    if not isinstance(answer, dict):
        return answer
    if answer.keys() == {"amount", "currency"}:
        assert answer["currency"] == "USD"
        return answer["amount"]
    return {name: plain(value) for name, value in answer.items()}


def figures(
    booked: str, unbilled: str, recognized: str, balance: str, remaining: str
) -> dict[str, str]:
    """The figures of a row of the deferred revenue report."""
    return {
        "booked": booked,
        "unbilled": unbilled,
        "recognized": recognized,
        "balance": balance,
        "remaining": remaining,
    }


async def failed(ask: Any, document: str, **variables: Any) -> tuple[str, str]:
    """The code and the message of the one error of a document."""
    answer = await ask(document, variables)
    (error,) = answer["errors"]
    return error["extensions"]["code"], error["message"]
