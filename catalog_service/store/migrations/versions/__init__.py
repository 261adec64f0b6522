"""Versions of the database schema, one module each."""
