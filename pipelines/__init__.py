"""Pipelines: from delivered files to published tables (Art. 11, 15, 17, 18), run by Dagster."""
