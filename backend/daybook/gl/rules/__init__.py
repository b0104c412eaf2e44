"""What the dataset's journals are, and how synthetic ones are made. Pure.

Amounts are minor units. The dataset's sign is that of a profit: a credit is positive, a
debit negative, so that income is positive and the lines of a journal sum to 0.
"""
