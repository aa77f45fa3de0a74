"""The logs that AI agents leave on disk, read as they grow."""
