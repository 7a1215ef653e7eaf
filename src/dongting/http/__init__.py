"""What the API and the console share of HTTP: signatures, limits, problem details."""
