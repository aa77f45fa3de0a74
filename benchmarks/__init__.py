"""What Posthouse promises in numbers, measured: `python -m benchmarks` (see `__main__`)."""
