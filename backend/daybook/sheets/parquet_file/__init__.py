"""Parquet's layout: https://parquet.apache.org/docs/file-format/.

Written here, since lines that come in runs are encoded as runs: no value is touched per
line. Arrow's writer takes a value for each, and as much memory as the program itself.
"""
