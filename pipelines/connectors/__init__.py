"""Readers of delivered files: hostile until read, text only, schema from the catalog (Art. 17)."""
