"""SQL expressions in the rules of an entry (Art. 25): verified when the entry is judged, each fault at its place.

Here: the verdict on an expression in words. Not here: parsing (lake.row_expressions), what else is wrong with a rule
(catalog.declared_rules).
"""

from collections.abc import Iterator

from catalog_service.catalog.dataset import Dataset, Golden
from catalog_service.catalog.errors import Problem, problem
from catalog_service.formats.arrow import sql_type
from lake.row_expressions import ExpressionRefusedError, pattern_compiles, verify_expression

_WHY = {
    "length": ("表达式过长或过于复杂", "the expression is too long or too deep"),
    "syntax": ("不是一个合法的 SQL 表达式", "not one valid SQL expression"),
    "part": ("规则中不允许使用", "not allowed in a rule"),
    "function": ("规则中不允许使用的函数", "a function that rules may not call"),
    "column": ("本条目没有的信息项", "not a field of this entry"),
    "type": ("类型不符或不允许", "wrong or unknown type"),
    "not_boolean": ("结果应为真或假，实际类型为", "must be true or false, but is of type"),
}


def expression_problems(dataset: Dataset) -> Iterator[Problem]:
    """Yield what is wrong with the regular expressions of an entry, and with the SQL expressions of its rules."""
    yield from _pattern_problems(dataset)
    columns = {field.name: sql_type(field) for field in dataset.schema_.fields}
    for number, rule in enumerate(dataset.rules, start=1):
        for place, expression in rule.expressions:
            try:
                verify_expression(expression, columns)
            except ExpressionRefusedError as refusal:
                zh, en = _WHY[refusal.kind]
                yield problem(
                    "rule-expression",
                    f"规则 {rule.check_name} 的表达式：{zh}（{refusal.part}）；请只用本条目的信息项、常量和行内函数",
                    f"expression of rule {rule.check_name}: {en} ({refusal.part}); use fields of this entry, constants and "
                    "functions of one row only",
                    field=f"rules.{number}.{place}",
                    article=25,
                )


def _pattern_problems(dataset: Dataset) -> Iterator[Problem]:
    patterns = [(f"schema.{field.name}", field.pattern) for field in dataset.schema_.fields]
    for number, one in enumerate(dataset.rules, start=1):
        given = one.parameters.get("pattern")
        patterns.append((f"rules.{number}.parameters.pattern", given if isinstance(given, str) else None))
    if isinstance(dataset.derivation, Golden):
        rules = enumerate(dataset.derivation.survivorship)
        patterns += [(f"derivation.survivorship[{number}]", rule.valid.pattern) for number, rule in rules]
    for place, pattern in patterns:
        if pattern is not None and not pattern_compiles(pattern):
            zh = f"“{pattern}”不是可用的正则表达式（RE2 语法，不支持前后查找和反向引用），请改正"
            en = f"“{pattern}” is not a regular expression that can be used (RE2: neither look-around nor back references)"
            yield problem("bad-pattern", zh, en, field=place, article=15 if place.startswith("derivation") else 25)
