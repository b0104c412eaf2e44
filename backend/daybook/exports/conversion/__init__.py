"""Conversion."""

from daybook.exports.conversion.families import Amounts
from daybook.exports.conversion.rates import check_rates
from daybook.exports.conversion.reading import Conversion

__all__ = ["Amounts", "Conversion", "check_rates"]
