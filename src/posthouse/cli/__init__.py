"""The command line: one file per noun, each a thin client of the API."""
