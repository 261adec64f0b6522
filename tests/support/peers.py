"""Other programs that tests compare with or speak to, each in a virtual environment of its own, pinned by hashes.

`tests/peers/<name>.lock` says what is in it. They run as separate programs and are never imported here.
"""

import fcntl
import hashlib
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def peer_python(name: str) -> Path:
    """Return the interpreter of a peer's environment; it is made when missing, or when its lock has changed."""
    lock = ROOT / "tests" / "peers" / f"{name}.lock"
    folder = ROOT / ".peers" / name
    digest = hashlib.sha256(lock.read_bytes()).hexdigest()
    folder.parent.mkdir(exist_ok=True)
    with (folder.parent / f"{name}.making").open("a") as guard:
        fcntl.flock(guard, fcntl.LOCK_EX)
        stamp, python = folder / "made_from", folder / "bin" / "python"
        if not stamp.exists() or stamp.read_text() != digest:
            subprocess.run([sys.executable, "-m", "venv", "--clear", str(folder)], check=True)
            install = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--require-hashes", "-r", str(lock)]
            subprocess.run([str(python), *install], check=True, capture_output=True)
            stamp.write_text(digest)
    return python
