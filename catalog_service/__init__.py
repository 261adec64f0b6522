"""The data-catalog metadata service: the catalog of Article 13, its services, and its thin faces (API, pages, CLI)."""
