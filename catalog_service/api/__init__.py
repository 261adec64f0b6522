"""The HTTP API, thin."""
