"""Readers of delivered files: hostile until read, text only, schema from the catalog (Art. 17).

Here: a delivered file becomes Arrow batches of text, or is refused with its reasons. Not here: types, nulls, codes and dates
(pipelines.transforms), storage (lake), Dagster.
"""
