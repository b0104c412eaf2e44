"""Where files lie that Daybook keeps for a while: exports' and uploads'."""
