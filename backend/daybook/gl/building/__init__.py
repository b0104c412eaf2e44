"""Making a connection's part of the dataset from its stored inputs alone."""
