"""DuckDB SQL fragments shared by transforms and rules: the one place where names are quoted and identifiers verified.

Here: quoting, folding and check digits as SQL text. Not here: whole queries.
"""

_USCC_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_USCC_WEIGHTS = tuple(pow(3, i, 31) for i in range(17))
_RESIDENT_WEIGHTS = tuple(pow(2, 17 - i, 11) for i in range(17))
_RESIDENT_CHECKS = "10X98765432"
# Chinese punctuation (，；：！？) is proper in Chinese text and stays; letters, digits, brackets and signs are folded.
_FOLDED = [code for code in range(0xFF01, 0xFF5F) if chr(code) not in "，；：！？"]
_FULL_WIDTH = "".join(chr(code) for code in _FOLDED) + "\u3000\u00a0"
_HALF_WIDTH = "".join(chr(code - 0xFEE0) for code in _FOLDED) + "  "
_TO_FOLD = "[" + "".join(f"\\x{{{ord(character):04x}}}" for character in _FULL_WIDTH) + "]"


def ident(name: str) -> str:
    """Return `name` as a quoted SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


def literal(value: object) -> str:
    """Return a string, number, boolean or None as an SQL literal; TypeError for anything else."""
    match value:
        case None:
            return "NULL"
        case bool():
            return "TRUE" if value else "FALSE"
        case int() | float():
            return repr(value)
        case str():
            return "'" + value.replace("'", "''") + "'"
        case _:
            raise TypeError(f"no SQL literal for {type(value).__name__}")


def literal_list(values: tuple[str, ...] | list[str]) -> str:
    """Return strings as a parenthesised list for IN; a list that nothing is in, where empty."""
    return "(" + ", ".join(literal(value) for value in values) + ")" if values else "(NULL)"


def fold_text(expression: str) -> str:
    """Return SQL that trims a text and folds full-width letters, digits, brackets and signs to half-width.

    `translate` builds its table for every value, so only values that hold such a character take it.
    """
    folded = f"translate({expression}, {literal(_FULL_WIDTH)}, {literal(_HALF_WIDTH)})"
    needed = f"strlen({expression}) > length({expression}) AND regexp_matches({expression}, {literal(_TO_FOLD)})"
    return f"trim(CASE WHEN {needed} THEN {folded} ELSE {expression} END)"


def identifier_is_valid(scheme: str, expression: str) -> str:
    """Return a boolean SQL expression: is the value of this identifier well formed, check digit included; NULL for NULL.

    Schemes: `uscc`, `resident_id`, `adcode`; ValueError for another one.
    """
    match scheme:
        case "uscc":
            return _uscc_is_valid(expression)
        case "resident_id":
            return _resident_id_is_valid(expression)
        case "adcode":
            return f"regexp_full_match({expression}, '[1-9][0-9]{{5}}')"
        case _:
            raise ValueError(f"no identifier scheme {scheme!r}")


def _uscc_is_valid(expression: str) -> str:
    """GB 32100: 31-character alphabet, weights 3^i mod 31, the weighted sum plus the check value is divisible by 31."""
    alphabet = literal(_USCC_ALPHABET)
    values = (f"(instr({alphabet}, substr({expression}, {i + 1}, 1)) - 1) * {weight}" for i, weight in enumerate(_USCC_WEIGHTS))
    total = " + ".join((*values, f"(instr({alphabet}, substr({expression}, 18, 1)) - 1)"))
    form = f"regexp_full_match({expression}, '[0-9A-HJ-NPQRTUWXY]{{2}}[0-9]{{6}}[0-9A-HJ-NPQRTUWXY]{{10}}')"
    return f"({form} AND ({total}) % 31 = 0)"


def _resident_id_is_valid(expression: str) -> str:
    """GB 11643: 17 digits weighted 2^(17-i) mod 11, check characters 1 0 X 9 8 … 2."""
    values = (f"(ascii(substr({expression}, {i + 1}, 1)) - 48) * {weight}" for i, weight in enumerate(_RESIDENT_WEIGHTS))
    check = f"substr({literal(_RESIDENT_CHECKS)}, (({' + '.join(values)}) % 11) + 1, 1)"
    return f"(regexp_full_match({expression}, '[0-9]{{17}}[0-9X]') AND {check} = substr({expression}, 18, 1))"
