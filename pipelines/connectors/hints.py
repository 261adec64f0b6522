"""What bytes look like that are not in the declared encoding: a hint for the refusal, never a decision to read them.

Here: the guess that is shown to people. Not here: decoding of deliveries.
"""

NAMES = {"utf-8": "UTF-8", "gb18030": "GB18030", "gbk": "GBK", "big5": "Big5", "latin-1": "ISO 8859-1 (latin-1)"}
"""Names of the declarable encodings for people."""

_COMMON_LEADS = {"gb18030": (0xB0, 0xD7), "big5": (0xA4, 0xC6)}
"""Lead bytes of the everyday characters of each encoding."""


def looks_like(data: bytes) -> str:
    """Return the name of the encoding that `data`, cut anywhere at its end, is most likely in."""
    if data.count(0) * 10 > len(data):
        return "UTF-16"
    if _decodes(data, "utf-8"):
        return "UTF-8"
    best = max(_COMMON_LEADS, key=lambda one: _plausibility(data, one))
    if _plausibility(data, best) > 0.5:
        return NAMES[best]
    return "Windows-1252 / ISO 8859-1" if any(data) else "unknown"


def _decodes(data: bytes, encoding: str) -> bool:
    """Tell whether `data` decodes, apart from a character cut at its end."""
    try:
        data.decode(encoding)
    except UnicodeDecodeError as error:
        return error.start > 0 and len(data) - error.start < 4
    return True


def _plausibility(data: bytes, encoding: str) -> float:
    """Return the share of everyday characters among those beyond ASCII, 0 where `data` does not decode."""
    if not _decodes(data, encoding):
        return 0.0
    low, high = _COMMON_LEADS[encoding]
    beyond = [one.encode(encoding) for one in data.decode(encoding, "ignore") if one > "\x7f"]
    common = sum(
        len(one) == 2 and low <= one[0] <= high and one[1] >= (0xA1 if encoding == "gb18030" else 0x40) for one in beyond
    )
    return common / len(beyond) if beyond else 0.0
