"""汇聚 (Art. 15, 17): receive what agencies deliver, keep it, and tell what became of it.

Here: receiving and reporting. Not here: reading the file (pipelines).
"""

import datetime as dt
import hashlib
from pathlib import Path

from catalog_service.catalog.delivery import Delivery
from catalog_service.catalog.errors import InvalidError, NotFoundError, TooLargeError, problem
from catalog_service.catalog.vocabularies import DeliveryState
from catalog_service.services.ids import new_id
from catalog_service.services.platform import Platform
from catalog_service.store.database import Transaction
from lake.landing import FileTooLargeError

_READ = frozenset({DeliveryState.LOADED, DeliveryState.WITHHELD})


def receive(platform: Platform, dataset_id: str, path: Path, file_name: str | None = None) -> tuple[Delivery, bool]:
    """Accept a file for a published data set and keep it in the landing zone.

    Returns:
        The delivery, and whether it is new: the same bytes for the same data set change nothing.

    Raises:
        InvalidError: the catalog has no published entry for the data set, or it is not a delivered one (Art. 15).
        NotFoundError: there is no such file.
        TooLargeError: the file is over the limit.
    """
    name = file_name or path.name
    if not path.is_file():
        raise NotFoundError(problem("no-file", "文件不存在，请检查路径", "there is no such file; check the path", file=name))
    require_published(platform, dataset_id, name)
    limit = platform.settings.max_delivery_bytes
    try:
        sha256, size = platform.lake.landing.store(dataset_id, path, max_bytes=limit)
    except FileTooLargeError as error:
        zh, en = f"文件超过上限 {limit} 字节，请分批报送", f"the file is over the limit of {limit} bytes; deliver it in parts"
        raise TooLargeError(problem("too-large", zh, en, file=name, article=17)) from error
    delivery = Delivery(
        id=new_id(),
        dataset=dataset_id,
        file_name=name,
        sha256=sha256,
        size_bytes=size,
        received_at=dt.datetime.now(dt.UTC),
    )
    with platform.database.transaction() as transaction:
        return transaction.deliveries.add(delivery)


def require_published(platform: Platform, dataset_id: str, file_name: str | None = None) -> None:
    """Refuse a delivery for which there is no published, delivered catalog entry (Art. 15).

    Raises:
        InvalidError: no such entry, or one that is derived from others.
    """
    with platform.database.reading() as transaction:
        dataset = transaction.catalog.snapshot().dataset.get(dataset_id)
    if dataset is None:
        zh = f"目录中没有已发布的数据集 {dataset_id}，不得采集和汇聚；请先编制并发布目录条目"
        en = f"the catalog has no published data set {dataset_id}; compile and publish its entry before delivering"
        raise InvalidError(problem("not-in-catalog", zh, en, file=file_name, article=15))
    if dataset.delivery is None:
        zh = f"{dataset_id} 由其他数据集派生，不接收报送；请向其来源数据集报送"
        en = f"{dataset_id} is derived from other data sets; deliver to its sources instead"
        raise InvalidError(problem("derived", zh, en, file=file_name, article=15))


def landing_path(platform: Platform, delivery: Delivery) -> Path:
    """Return the delivered file; its name is its sha256.

    Raises:
        InvalidError: the kept bytes are missing or no longer have the sha256 under which they were accepted.
    """
    path = platform.lake.landing.path(delivery.dataset, delivery.sha256)
    if path.is_file():
        with path.open("rb") as file:
            if hashlib.file_digest(file, "sha256").hexdigest() == delivery.sha256:
                return path
    zh, en = "落地区中的原始文件缺失或已损坏，请重新报送", "the landed file is missing or damaged; deliver it again"
    raise InvalidError(problem("landing-damaged", zh, en, file=delivery.file_name, article=17))


def pending(platform: Platform, dataset_id: str | None = None) -> list[Delivery]:
    """Return deliveries not read yet, oldest first."""
    with platform.database.reading() as transaction:
        return transaction.deliveries.pending(dataset_id)


def withheld(transaction: Transaction, dataset_id: str) -> Delivery | None:
    """Return the delivery that a version was made of last, where that version is withheld; None where it is not."""
    read = (one for one in transaction.deliveries.list(dataset_id) if one.state in _READ)
    latest = max(read, key=lambda one: (one.received_at, one.id), default=None)
    return latest if latest is not None and latest.state is DeliveryState.WITHHELD else None


def recent(platform: Platform, dataset_id: str | None = None, limit: int = 100) -> list[Delivery]:
    """Return the latest deliveries with their reports, newest first."""
    with platform.database.reading() as transaction:
        return transaction.deliveries.list(dataset_id, limit)
