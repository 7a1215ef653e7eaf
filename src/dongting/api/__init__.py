"""HTTP and OpenAPI, derived from what the applications declare."""
