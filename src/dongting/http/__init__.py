"""What the API and the console share: messages, limits, request signatures, problem details, language."""
