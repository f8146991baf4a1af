"""Data behind their pointers: sources, packed splits, the data contract."""
