"""Relation to relation, compiled to SQL: standardise, resolve. No Dagster here."""
