"""The storage layer: zones, Delta tables, read-only DuckDB sessions, exports. It knows nobody."""
