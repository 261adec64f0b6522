"""Check digits and forms of the national identifiers, verified by python-stdnum.

Here: is this one value a valid identifier? Not here: the same test over a column (pipelines.transforms compiles it to SQL).
"""

import re

from stdnum.cn import ric, uscc

from catalog_service.catalog.vocabularies import IdentifierScheme

_ADCODE = re.compile(r"^[1-9][0-9]{5}$")


def is_valid(scheme: IdentifierScheme, value: str) -> bool:
    """Tell whether `value` (already trimmed, upper case) is well formed and its check digit, if any, is right."""
    match scheme:
        case IdentifierScheme.USCC:
            return len(value) == 18 and bool(uscc.is_valid(value))
        case IdentifierScheme.RESIDENT_ID:
            return bool(re.fullmatch(r"[0-9]{17}[0-9X]", value)) and ric.calc_check_digit(value) == value[-1]
        case IdentifierScheme.ADCODE:
            return bool(_ADCODE.fullmatch(value))
