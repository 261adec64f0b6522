"""The command line `wuxi-data`: one module per group of commands, thin over services and pipelines.

Commands import what they need when they run, so that `--help` answers at once. Exit codes: 0 done; 1 refused, or a person
must look (something was rejected, withheld or failed its checks); 2 wrong usage.
"""

from catalog_service.cli.main import app, main

__all__ = ["app", "main"]
