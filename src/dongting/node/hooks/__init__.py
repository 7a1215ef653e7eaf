"""Webhooks: what happens in the ledger or waits for an organisation, sent to where it wants it."""
