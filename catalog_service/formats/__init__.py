"""Catalog ↔ text and Arrow: documents, workbooks, foreign catalogs.

Here: reading and writing catalog entries in some form, every fault with its place. Not here: storing them (store),
the rules of the law (catalog), rows of data (pipelines).
"""
