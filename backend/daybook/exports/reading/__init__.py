"""What a file holds, read from the ledger in slices of units."""
