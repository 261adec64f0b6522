"""Quality: rules derived from the catalog, run as Great Expectations suites, and their results (Art. 25, 32)."""
