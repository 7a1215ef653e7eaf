"""The deterministic machine: check, execute, state tree and log."""
