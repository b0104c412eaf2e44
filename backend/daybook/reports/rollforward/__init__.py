"""The roll-forward of Deferred and Unbilled: opening, what moved it, closing."""
