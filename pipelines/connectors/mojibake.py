"""Text that was decoded with the wrong encoding and saved again (乱码).

Here: does a text undo to sensible UTF-8? Not here: the pass over a file.
"""

import codecs
import re
from collections.abc import Callable

REPLACED = "锟斤拷"
"""What U+FFFD becomes when UTF-8 is read as GBK."""

_RUN = re.compile(r"[^\x00-\x7f]{2,}")
_LATIN_PAIR = re.compile(rb"\xc3[\x82\x83]\xc2[\xa0-\xbf]")


def find_mojibake(text: str) -> int | None:
    """Return the position of the first run of characters that are wrongly decoded UTF-8, or None."""
    for run in _RUN.finditer(text):
        if _undoes(run.group()):
            return run.start()
    return None


def find_latin_mojibake(block: bytes | bytearray, end: int) -> int:
    """Return the byte position, before `end`, of `Ã` or `Â` followed by a symbol, as in `Ã¤`, or -1."""
    found = _LATIN_PAIR.search(block, 0, end)
    return -1 if found is None else found.start()


def _undoes(run: str) -> bool:
    """Tell whether the run, encoded as GBK or Windows-1252, is UTF-8 of common scripts.

    Three Chinese characters that happen to be the six GBK bytes of two others in UTF-8 do not occur by chance: each begins
    with a lead byte of rare characters.
    """
    if "\u00c2" <= run[0] <= "\u00f4":
        return any(_is_utf8_of(run, one, least=1, letters=_is_common) for one in ("cp1252", "latin-1"))
    return len(run) >= 3 and 0xE2 <= _lead(run[0]) <= 0xEF and _is_utf8_of(run, "gb18030", least=2, letters=_is_east_asian)


def _lead(character: str) -> int:
    return character.encode("gb18030", "replace")[0]


def _is_utf8_of(run: str, encoding: str, *, least: int, letters: Callable[[str], bool]) -> bool:
    try:
        undone, _ = codecs.utf_8_decode(run.encode(encoding), "strict", False)
    except UnicodeError:
        return False
    return len(undone) >= least and all(letters(one) for one in undone)


def _is_east_asian(one: str) -> bool:
    return "\u2e80" <= one <= "\u9fff" or "\uff00" <= one <= "\uffef" or "\u2000" <= one <= "\u206f"


def _is_common(one: str) -> bool:
    return "\u00a0" <= one <= "\u017f" or _is_east_asian(one)
