"""What moves: intake (signal to ledger), delivery (ledger to target), upkeep."""
