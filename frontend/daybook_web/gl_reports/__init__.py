"""Pages of the general ledger's dataset: profit and loss, lines, exposure."""
