"""Persistence of the catalog: tables, repositories, migrations.

Here: how agencies, entries, deliveries and publications are kept in SQLite or PostgreSQL. Not here: what may be kept
(catalog), who may do what and when (services), rows of data (lake).
"""
