"""Secret keys of the platform in files under `<home>/keys`: made when first needed, durably, readable by the service only."""

import os
import secrets
from pathlib import Path

from lake.durable import fsync_directory, make_directory

_KEY_BYTES = 32


def secret_key(path: Path) -> bytes:
    """Return the key in a file; the first who asks makes it, and never over one that another process has just made."""
    make_directory(path.parent)
    if not path.exists():
        made = path.with_name(f".{secrets.token_hex(8)}")
        with os.fdopen(os.open(made, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(secrets.token_bytes(_KEY_BYTES))
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(made, path)
        except FileExistsError:
            pass
        finally:
            made.unlink()
        fsync_directory(path.parent)
    return path.read_bytes()
