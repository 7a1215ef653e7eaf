"""Who orders blocks, and the machine that every engine drives."""
