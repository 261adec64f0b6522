"""Why a text file is refused whole, in words.

Here: sentences of the byte pass. Not here: the pass (text).
"""

from typing import NoReturn

from catalog_service.catalog.dataset import Encoding
from pipelines.connectors.delivered import refuse
from pipelines.connectors.hints import NAMES


def refuse_cut(encoding: Encoding, line: int) -> NoReturn:
    """Refuse a file that ends inside a character."""
    refuse(
        "wrong-encoding",
        f"文件在一个字符中间结束，不是完整的 {NAMES[encoding]} 文本；请重新导出后提供",
        f"the file ends in the middle of a character and is not complete {NAMES[encoding]}; export it again",
        row=line,
    )


def refuse_utf8(encoding: Encoding) -> NoReturn:
    """Refuse UTF-8 that is declared to be something else."""
    refuse(
        "wrong-encoding",
        f"目录条目声明的编码是 {NAMES[encoding]}，而文件看起来像 UTF-8。请按声明的编码重新导出，或先变更目录条目中的编码",
        f"the catalog entry declares {NAMES[encoding]}, but the file looks like UTF-8. "
        "Export it in the declared encoding, or have the entry changed first",
    )


def refuse_control(character: str, line: int) -> NoReturn:
    """Refuse a control character."""
    point = f"U+{ord(character):04X}"
    refuse(
        "control-character",
        f"含有控制字符 {point}（只允许制表符和换行）；请清除后重新提供",
        f"it holds the control character {point} (only tab and line breaks are allowed); remove it and deliver again",
        row=line,
    )


def refuse_garbled(line: int) -> NoReturn:
    """Refuse text that was once decoded wrongly."""
    refuse(
        "garbled-text",
        "文字是乱码：曾被用错误的编码打开并另存。请从原系统重新导出",
        "the text is garbled: it was once opened with the wrong encoding and saved again. Export it from the original system",
        row=line,
    )
