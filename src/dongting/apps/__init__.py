"""The applications, one module each; they know nothing of one another."""
