"""Helpers shared by tests: small catalogs, platforms in temporary folders."""
