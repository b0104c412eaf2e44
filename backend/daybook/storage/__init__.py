"""Storage of files that Daybook keeps for a while, such as exports and uploads."""
