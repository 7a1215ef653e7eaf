"""Notices: what waits for an organisation or concerns it, for its people: on a page, by e-mail, by webhook.

They follow from what the applications declare (workflows, parties, deadlines) and are kept at the node; the
ledger knows nothing of them.
"""
