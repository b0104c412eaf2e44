"""The five types of journals, and the kinds of FX journals."""

from enum import IntEnum


class JournalType(IntEnum):
    """Where a journal comes from; stored by its number, in the dataset's order."""

    ACTUAL = 1
    DRAFT_INVOICE = 2
    FORECAST_INVOICE = 3
    FX_EXPOSURE = 4
    FORECAST_BUDGET = 5

    @property
    def label(self) -> str:
        """The type as the dataset's files name it: `DRAFT INVOICE`."""
        return self.name.replace("_", " ")


class ExposureKind(IntEnum):
    """What an FX journal books; stored by its number, in the dataset's order.

    A change of rates on what is open, the turn of such changes where something is paid
    or credited, the gain of a payment, and a change of rates on a bank balance.
    """

    UNREALISED = 1
    REVERSAL = 2
    REALISED = 3
    REVALUATION = 4
