"""Passwords: argon2id hashes, their verification, and what a password must have. Not here: accounts."""

from functools import cache

from argon2 import PasswordHasher, profiles
from argon2.exceptions import InvalidHashError, VerificationError

from catalog_service.catalog.errors import InvalidError, problem

MIN_LENGTH, MAX_LENGTH = 12, 256
_HASHER = PasswordHasher.from_parameters(profiles.RFC_9106_LOW_MEMORY)


def make(password: str) -> str:
    """Return the hash of a password, with its own salt and parameters in it."""
    return _HASHER.hash(password)


def verify(stored: str | None, password: str) -> bool:
    """Tell whether the password is the one; takes as long where there is none to compare with."""
    try:
        return _HASHER.verify(stored or _nobodys(), password[:MAX_LENGTH]) and stored is not None
    except (VerificationError, InvalidHashError):
        return False


def is_outdated(stored: str) -> bool:
    """Tell whether a hash was made with other parameters than today's."""
    return _HASHER.check_needs_rehash(stored)


def require_good(password: str, login: str) -> None:
    """Refuse a password that is short or the login name.

    Raises:
        InvalidError: it is.
    """
    if not MIN_LENGTH <= len(password) <= MAX_LENGTH or password.lower() == login or len(set(password)) < 5:
        zh = f"密码应为 {MIN_LENGTH} 至 {MAX_LENGTH} 个字符，至少含 5 种不同字符，且不得与登录名相同"
        en = f"a password has {MIN_LENGTH} to {MAX_LENGTH} characters, 5 different ones at least, and is not the login name"
        raise InvalidError(problem("weak-password", zh, en, field="password"))


@cache
def _nobodys() -> str:
    return make("nobody has this password")
