"""Schema migrations: the only way in which tables come to be."""
