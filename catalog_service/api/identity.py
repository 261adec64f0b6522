"""Who asks, for routes of the API: see `web.identity`, where pages and API have it in common."""

from catalog_service.web.identity import PUBLIC, SIGNED_IN, Access, PrincipalDep, declared_access, needs

__all__ = ["PUBLIC", "SIGNED_IN", "Access", "PrincipalDep", "declared_access", "needs"]
