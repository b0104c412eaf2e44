"""The dataset of all connections: its lines, sums and files. It writes nothing."""
