"""The people of a node: who signs in, for which organisation they act, and what they may do.

All of it is personal data and stays in the node's own database; the ledger knows organisations only.
"""
