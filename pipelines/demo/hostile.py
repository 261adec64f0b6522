"""Deliveries that must not get through, and the one that comes twice: each with what is wrong and what must become of it.

Here: the bad files. Not here: sound deliveries with single bad rows (sources).
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from catalog_service.catalog.catalog import Catalog
from catalog_service.catalog.errors import Text
from pipelines.demo.files import csv_text, encode, file_name, header, write_delivery
from pipelines.demo.world import Row

Expected = Literal["loaded", "rejected", "withheld", "duplicate"]


@dataclass(frozen=True)
class DemoDelivery:
    """A file to deliver, in the order in which it is to be delivered, and what must become of it."""

    dataset_id: str
    path: Path
    expected: Expected
    note: Text


class Hostile:
    """Writes the bad deliveries of one city."""

    def __init__(self, catalog: Catalog, rows: Mapping[str, Sequence[Row]], folder: Path) -> None:
        self._catalog = catalog
        self._rows = rows
        self._folder = folder

    def deliveries(self, good: Mapping[str, Path]) -> Iterator[DemoDelivery]:
        """Write the files and yield them; `good` has the last sound file of each data set."""
        yield self._wrong_encoding("sports_bureau/sports_venues")
        yield self._unnamed_column("liangxi_approval/parks")
        yield self._missing_key("bus_group/bus_routes")
        yield self._truncated("metro_group/metro_ridership")
        yield self._no_rows("meteorology/daily_weather")
        yield self._mojibake("power_supply/charging_piles")
        yield self._repeated_keys("health_commission/hospitals")
        yield self._again("culture_tourism/museums", good)
        yield self._not_in_catalog()

    def _wrong_encoding(self, dataset: str) -> DemoDelivery:
        text = encode(self._catalog.dataset[dataset], self._rows[dataset]).decode()
        note = Text(
            zh="目录条目声明 UTF-8，文件实为 GB 18030 编码", en="the entry declares UTF-8, the file is written in GB 18030"
        )
        return self._bytes(dataset, "编码不符", text.encode("gb18030"), note)

    def _unnamed_column(self, dataset: str) -> DemoDelivery:
        entry = self._catalog.dataset[dataset]
        form = entry.delivery
        assert form is not None  # noqa: S101 - a delivered data set
        lines = encode(entry, self._rows[dataset]).decode(form.encoding).splitlines()
        text = "".join(f"{line}{form.delimiter}{'' if i == 0 else '备注'}\r\n" for i, line in enumerate(lines))
        note = Text(zh="多出一列，没有列名", en="one more column, without a name")
        return self._bytes(dataset, "新增列", text.encode(form.encoding), note)

    def _missing_key(self, dataset: str) -> DemoDelivery:
        entry = self._catalog.dataset[dataset]
        lines = encode(entry, self._rows[dataset]).decode("utf-8-sig").splitlines()
        text = "".join(line.partition(",")[2] + "\r\n" for line in lines)
        note = Text(zh="缺少主键列“线路编号”", en="the key column is missing")
        return self._bytes(dataset, "缺列", text.encode(), note)

    def _truncated(self, dataset: str) -> DemoDelivery:
        content = encode(self._catalog.dataset[dataset], self._rows[dataset])
        note = Text(zh="Parquet 文件传输中断，尾部缺失", en="a Parquet file whose end got lost on the way")
        return self._bytes(dataset, "传输中断", content[: len(content) * 2 // 3], note)

    def _no_rows(self, dataset: str) -> DemoDelivery:
        text = csv_text(header(self._catalog.dataset[dataset]), [])
        return self._bytes(dataset, "空表", text.encode(), Text(zh="只有表头，没有数据行", en="a header and not one row"))

    def _mojibake(self, dataset: str) -> DemoDelivery:
        """Technical names survive, so the header is right; every Chinese value was decoded as Latin-1 on the way."""
        entry = self._catalog.dataset[dataset]
        lines = encode(entry, self._rows[dataset]).decode().split("\r\n")
        lines[0] = ",".join(entry.schema_.names)
        text = "\r\n".join(lines).encode().decode("latin-1")
        note = Text(zh="内容曾被按错误编码转存，已成乱码", en="the texts were once decoded wrongly and saved: mojibake")
        return self._bytes(dataset, "乱码", text.encode(), note)

    def _repeated_keys(self, dataset: str) -> DemoDelivery:
        rows = list(self._rows[dataset])
        path = self._path(dataset, "202407")
        write_delivery(self._catalog.dataset[dataset], rows + rows[: len(rows) // 20 + 1], path)
        note = Text(
            zh="部分医疗机构重复出现，主键不唯一；上一次合格的版本继续开放",
            en="some hospitals occur twice, the key is not unique; the last good version stays open",
        )
        return DemoDelivery(dataset, path, "withheld", note)

    def _again(self, dataset: str, good: Mapping[str, Path]) -> DemoDelivery:
        path = self._path(dataset, "202406（重发）")
        path.write_bytes(good[dataset].read_bytes())
        note = Text(zh="同一文件再次提供，不产生任何变化", en="the same file once more; it changes nothing")
        return DemoDelivery(dataset, path, "duplicate", note)

    def _not_in_catalog(self) -> DemoDelivery:
        path = self._folder / "public_security" / "camera_snapshots" / "卡口抓拍记录_202406.csv"
        path.parent.mkdir(parents=True, exist_ok=True)
        rows = [("锡A00001", "2024-06-01 08:00:00", "太湖大道"), ("锡A00002", "2024-06-01 08:00:03", "太湖大道")]
        path.write_bytes(csv_text(("号牌", "时间", "地点"), rows).encode())
        note = Text(zh="目录中没有该数据集，目录范围外的数据不予汇聚", en="there is no catalog entry for these data (Art. 15)")
        return DemoDelivery("public_security/camera_snapshots", path, "rejected", note)

    def _bytes(self, dataset: str, mark: str, content: bytes, note: Text) -> DemoDelivery:
        path = self._path(dataset, mark)
        path.write_bytes(content)
        return DemoDelivery(dataset, path, "rejected", note)

    def _path(self, dataset: str, mark: str) -> Path:
        path = self._folder / dataset / file_name(self._catalog.dataset[dataset], mark)
        path.parent.mkdir(parents=True, exist_ok=True)
        return path
