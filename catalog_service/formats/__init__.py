"""Catalog to text and back, pure: YAML, JSON, XLSX, CSV, Arrow schemas."""
