"""`python -m catalog_service.cli`, for the processes that `demo` starts."""

from catalog_service.cli.main import main

main()
