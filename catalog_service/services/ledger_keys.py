"""The key that signs the ledger's heads, and the file of signed heads outside the database. Not here: the chain."""

import os
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from pydantic import ValidationError

from catalog_service.catalog.errors import CorruptError, Problem, problem
from catalog_service.catalog.ledger import Checkpoint
from catalog_service.services.ids import new_id
from catalog_service.settings import Settings
from lake.durable import fsync_directory, make_directory

_PRIVATE_TO_OWNER = 0o600


def signing_key(settings: Settings) -> Ed25519PrivateKey:
    """Return the key of this platform; made when it is first needed, readable by its owner only.

    Raises:
        CorruptError: the file is no Ed25519 key, or others may read it.
    """
    path = settings.home_path / "keys" / "ledger.pem"
    if not path.exists():
        _make(path)
    if path.stat().st_mode & 0o077:
        raise _unfit(path, "其他用户可读，请先 chmod 600", "others may read it; chmod 600 it first")
    try:
        key = serialization.load_pem_private_key(path.read_bytes(), password=None)
    except ValueError:
        key = None
    if not isinstance(key, Ed25519PrivateKey):
        raise _unfit(path, "不是 Ed25519 私钥", "it is no Ed25519 key")
    return key


def public_hex(key: Ed25519PrivateKey) -> str:
    """Return the public key, hexadecimal; its first 16 digits are the key's id."""
    return key.public_key().public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw).hex()


def is_signed(checkpoint: Checkpoint, public_key: str) -> bool:
    """Tell whether the holder of the key signed this head."""
    try:
        Ed25519PublicKey.from_public_bytes(bytes.fromhex(public_key)).verify(
            bytes.fromhex(checkpoint.signature), checkpoint.signed_bytes
        )
    except (InvalidSignature, ValueError):
        return False
    return checkpoint.key_id == public_key[:16]


def append_head(settings: Settings, checkpoint: Checkpoint) -> None:
    """Write a signed head to the file outside the database; it is on disk when this returns. One caller at a time."""
    path = heads_path(settings)
    make_directory(path.parent)
    with path.open("ab+") as file:
        # What a machine that stopped left half written was never acknowledged.
        file.seek(0)
        file.truncate(file.read().rfind(b"\n") + 1)
        file.write(checkpoint.model_dump_json().encode() + b"\n")
        file.flush()
        os.fsync(file.fileno())
    fsync_directory(path.parent)


def heads(settings: Settings) -> tuple[list[Checkpoint], list[Problem]]:
    """Return the signed heads of the file, and what cannot be read of it."""
    path, found, unreadable = heads_path(settings), list[Checkpoint](), list[Problem]()
    lines = path.read_bytes().split(b"\n")[:-1] if path.exists() else []
    for number, line in enumerate(lines, start=1):
        try:
            found.append(Checkpoint.model_validate_json(line))
        except ValidationError:
            zh, en = "检查点文件的这一行无法解读", "this line of the file of signed heads cannot be read"
            unreadable.append(problem("head-unreadable", zh, en, article=34, file=path.name, row=number))
    return found, unreadable


def heads_path(settings: Settings) -> Path:
    """Return where signed heads are kept outside the database."""
    return settings.home_path / "ledger" / "heads.jsonl"


def _make(path: Path) -> None:
    """Write a new key beside its place and link it there: whoever comes first, all use the same one."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    text = Ed25519PrivateKey.generate().private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    draft = path.with_name(f".{new_id()}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _PRIVATE_TO_OWNER)
    try:
        os.write(descriptor, text)
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    try:
        path.hardlink_to(draft)
    except FileExistsError:
        pass
    finally:
        draft.unlink()
    fsync_directory(path.parent)


def _unfit(path: Path, zh: str, en: str) -> CorruptError:
    return CorruptError(problem("ledger-key", f"台账签名密钥 {path.name} 不可用：{zh}", f"the ledger's key {path.name}: {en}"))
