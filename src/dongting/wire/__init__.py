"""What all parties agree on byte for byte; pure functions, no input or output."""
