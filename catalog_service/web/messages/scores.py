"""Words of the pages of scores and evaluations (Art. 4, 8, 32). Not here: words of indicators (they come with the data)."""

ZH = {
    "score_nav": "指标与评价",
    "score_city": "市总览",
    "score_method": "评分办法",
    "score_evaluations": "月度评价",
    "score_own": "本机构评分卡",
    "score_city_title": "公共数据管理市总览",
    "score_city_lead": "截至 {day}，按指标体系 {set} 对全市 {count} 个已发布数据集评分。每个数据集权重相同，与行数无关。",
    "score_points": "得分",
    "score_total": "综合得分",
    "score_grade": "等次",
    "score_quality": "数据质量",
    "score_coverage": "已评规则",
    "score_coverage_note": "已评规则占比 {coverage}%",
    "score_critical": "未通过的阻断规则",
    "score_unevaluated": "未评",
    "score_unevaluated_sets": "未评数据集",
    "score_datasets": "数据集",
    "score_agencies": "各机构",
    "score_agency": "机构",
    "score_metadata": "目录元数据",
    "score_duties": "履责时限",
    "score_dimensions": "六个维度（GB/T 36344）",
    "score_dimension": "维度",
    "score_weight": "权重",
    "score_trend": "月度综合得分",
    "score_trend_none": "尚无月度评价。",
    "score_grades": "数据集按等次",
    "score_waiting": "另有 {count} 个数据集的得分有待更新，刷新页面可继续更新；每日早晨自动全部更新。",
    "score_agency_lead": "截至 {day}；履责时限为 {month} 当月情况。",
    "score_capped": "有 {count} 条阻断规则未通过，等次最高为“{grade}”。",
    "score_excel": "导出 Excel",
    "score_print": "可直接打印本页，或打印为 PDF。",
    "score_article": "条款",
    "score_article_n": "第{article}条",
    "score_kept": "按期",
    "score_missed": "逾期",
    "score_running": "未到期",
    "score_overdue": "本月逾期事项",
    "score_case": "事项",
    "score_due": "截止日",
    "score_ended": "办结日",
    "score_no_datasets": "没有已发布的数据集。",
    "score_dataset_lead": "{agency}；最近一次检查：{when}。",
    "score_never": "尚未检查",
    "score_rules": "规则与扣分",
    "score_rules_lead": "扣分多的在前；各条扣分之和即距 100 分的差距（未评的规则不计入）。",
    "score_rule": "规则",
    "score_share": "合格率",
    "score_broken": "不合格行",
    "score_loss": "扣分",
    "score_rows": "查看不合格行",
    "score_fields": "信息项得分",
    "score_field": "信息项",
    "score_fixes": "改进建议",
    "score_fixes_none": "元数据各项均已满分。",
    "score_fix": "做什么",
    "score_gain": "可得分",
    "score_metadata_lead": "目录元数据 {earned} 分，满分 {possible} 分（{points}%）。",
    "score_indicator": "指标",
    "score_rows_title": "不合格行",
    "score_rows_lead": "规则“{rule}”最近一次检查共有 {count} 行不合格，敏感内容已脱敏。",
    "score_rows_none": "最近一次检查没有不合格行。",
    "score_rows_cut": "只显示前 {shown} 行；全部 {count} 行在质量分区的不合格行表中。",
    "score_row_delivery": "报送批次",
    "score_row_number": "行号",
    "score_row_key": "主键",
    "score_row_value": "值",
    "score_back": "返回数据集评分",
    "score_quality_page": "质量检查详情",
    "score_method_lead": (
        "《办法》第三十二条要求建立公共数据管理指标体系。以下是现行权重和公式；每次调整自生效之日起适用，不影响已出具的评价。"
    ),
    "score_method_from": "自 {day} 起适用",
    "score_method_formula": "怎样计算",
    "score_f_rule": (
        "规则得分 X =（参评行数 − 不合格行数）÷ 参评行数；空值只计入完整性，针对整张表的规则只有通过（1）与不通过（0）。"
    ),
    "score_f_weight": (
        "同一指标内按规则的严重程度加权（阻断 {blocking}、警告 {warning}），与行数无关；再按权重逐级汇总：规则 → "
        "指标 → 维度 → 总分。"
    ),
    "score_f_levels": "信息项、数据集按各自的规则计分；机构和全市为各数据集的平均，每个数据集权重相同。",
    "score_f_unevaluated": (
        "未能评估的规则显示为“未评”，不计入得分，也绝不按 100 分计；同时列出已评规则的占比，占比不足的不能评为较高等次。"
    ),
    "score_f_cap": "有阻断规则未通过的，等次封顶：信息项、数据集最高为“{dataset}”，机构、全市最高为“{agency}”。",
    "score_f_rounding": "各级得分一律向下取至百分之一，只有全部合格才是 100 分。",
    "score_f_whole": (
        "综合得分 = 数据质量 × {quality} + 目录元数据 × {metadata} + 履责时限 × {duties}，除以有得分部分的权重之和。"
    ),
    "score_f_duties": "履责时限 = 按期件数 ÷（按期件数 + 逾期件数），按条款加权；当月办结的和月末仍逾期的计入，未到期的不计。",
    "score_f_month": (
        "月度评价以月末 24 时的情况为准，此后到达的数据不计；出具后不再改变，所依据的事实一并保存，可随时重新计算核对。"
    ),
    "score_grade_least": "得分不低于",
    "score_grade_coverage": "已评占比不低于",
    "score_metadata_points": "目录元数据分值（满分 {points} 分，参照 data.europa.eu 元数据质量评估方法）",
    "score_check": "检查项",
    "score_remedy": "未得满分时",
    "score_evaluations_lead": "每月对各机构公共数据管理工作的评价（《办法》第四条、第八条、第三十二条）。",
    "score_evaluations_none": "没有可以查看的评价。",
    "score_month": "月份",
    "score_state": "状态",
    "score_public": "已公布",
    "score_internal": "未公布",
    "score_evaluate": "评价一个月",
    "score_evaluate_hint": "月份须已结束；已出具的评价不会改变。",
    "score_publish": "公布该月评价",
    "score_evaluation_title": "{agency} {month} 月度评价",
    "score_issued": "{by} 于 {when} 出具；指标体系 {set}；{count} 个数据集。",
    "score_facts_hash": "依据的 SHA-256：",
    "score_reproduce": "重新计算核对",
    "score_reproduced": "按月末情形重新计算，结果与出具的评价一致。",
    "score_not_reproduced": "有些历史情况已无法从现有记录还原（{names}）；评价以出具时保存的依据为准，按该依据重算结果一致。",
    "score_as_json": "评价依据（JSON）",
}
EN = {
    "score_nav": "Indicators and evaluation",
    "score_city": "City overview",
    "score_method": "How scores are made",
    "score_evaluations": "Monthly evaluations",
    "score_own": "Our scorecard",
    "score_city_title": "Public data management: the city",
    "score_city_lead": (
        "As of {day}, by indicator set {set}: {count} published data sets, each weighing the same whatever its rows."
    ),
    "score_points": "points",
    "score_total": "overall",
    "score_grade": "grade",
    "score_quality": "data quality",
    "score_coverage": "rules evaluated",
    "score_coverage_note": "{coverage}% of the rules evaluated",
    "score_critical": "failed blocking rules",
    "score_unevaluated": "not evaluated",
    "score_unevaluated_sets": "not evaluated",
    "score_datasets": "data sets",
    "score_agencies": "Agencies",
    "score_agency": "agency",
    "score_metadata": "metadata",
    "score_duties": "duties in time",
    "score_dimensions": "Six dimensions (GB/T 36344)",
    "score_dimension": "dimension",
    "score_weight": "weight",
    "score_trend": "Overall points by month",
    "score_trend_none": "No monthly evaluation yet.",
    "score_grades": "Data sets by grade",
    "score_waiting": "The scores of {count} more data sets are out of date; reload to go on, or wait for the next morning.",
    "score_agency_lead": "As of {day}; duties are those of {month}.",
    "score_capped": "{count} blocking rules failed: the grade is at most “{grade}”.",
    "score_excel": "Excel",
    "score_print": "This page can be printed, or printed to PDF.",
    "score_article": "article",
    "score_article_n": "Art. {article}",
    "score_kept": "kept",
    "score_missed": "missed",
    "score_running": "not due yet",
    "score_overdue": "Missed this month",
    "score_case": "case",
    "score_due": "due",
    "score_ended": "ended",
    "score_no_datasets": "No published data sets.",
    "score_dataset_lead": "{agency}; checked last: {when}.",
    "score_never": "never",
    "score_rules": "Rules and what they cost",
    "score_rules_lead": (
        "What costs most comes first; together they are what is missing to 100 (rules not evaluated are left out)."
    ),
    "score_rule": "rule",
    "score_share": "satisfied",
    "score_broken": "failing rows",
    "score_loss": "points lost",
    "score_rows": "see failing rows",
    "score_fields": "Fields",
    "score_field": "field",
    "score_fixes": "What to mend",
    "score_fixes_none": "The metadata lack nothing.",
    "score_fix": "what to do",
    "score_gain": "points to gain",
    "score_metadata_lead": "Metadata: {earned} of {possible} points ({points}%).",
    "score_indicator": "indicator",
    "score_rows_title": "Failing rows",
    "score_rows_lead": "Rule “{rule}”: {count} rows failed in the last check; sensitive parts are masked.",
    "score_rows_none": "No row failed in the last check.",
    "score_rows_cut": "The first {shown} are shown; all {count} are in the table of failing rows in the quality zone.",
    "score_row_delivery": "delivery",
    "score_row_number": "row",
    "score_row_key": "key",
    "score_row_value": "value",
    "score_back": "Back to the score of the data set",
    "score_quality_page": "Quality in detail",
    "score_method_lead": (
        "Article 32 of the Measures asks for indicators of public data management. These are the weights and formulas "
        "in force; a change holds from its day on and touches no evaluation that was issued."
    ),
    "score_method_from": "in force from {day}",
    "score_method_formula": "How it is counted",
    "score_f_rule": (
        "A rule scores X = (rows evaluated − rows that break it) ÷ rows evaluated. Missing values count under completeness "
        "only; rules about a whole table are 1 or 0."
    ),
    "score_f_weight": (
        "Within an indicator rules weigh by severity (blocking {blocking}, warning {warning}), never by rows; then "
        "by the weights below: rule → indicator → dimension → total."
    ),
    "score_f_levels": (
        "Fields and data sets are scored by their rules; agencies and the city are means over data sets, each weighing "
        "the same."
    ),
    "score_f_unevaluated": (
        "A rule that could not be evaluated is shown as such and left out, never taken for 100; the share of evaluated "
        "rules is shown, and higher grades need enough of them."
    ),
    "score_f_cap": (
        "Where a blocking rule failed the grade is capped: fields and data sets at “{dataset}”, agencies and the "
        "city at “{agency}”."
    ),
    "score_f_rounding": "Scores are rounded down to a hundredth at every level: only what lacks nothing has 100.",
    "score_f_whole": (
        "Overall = data quality × {quality} + metadata × {metadata} + duties × {duties}, divided by the weights of "
        "the parts that have points."
    ),
    "score_f_duties": (
        "Duties = kept ÷ (kept + missed), weighted by article; what ended in the month and what stayed overdue at "
        "its end counts, what is not due yet does not."
    ),
    "score_f_month": (
        "A monthly evaluation is as of the end of the month: what comes later does not count. Once issued it never "
        "changes; the facts it rests on are kept with it, and it can be computed again at any time."
    ),
    "score_grade_least": "points at least",
    "score_grade_coverage": "evaluated at least",
    "score_metadata_points": "Points of metadata ({points} in all, after the method of data.europa.eu)",
    "score_check": "check",
    "score_remedy": "where points are missing",
    "score_evaluations_lead": "What each agency did for public data, month by month (Measures, Art. 4, 8, 32).",
    "score_evaluations_none": "There is no evaluation to see.",
    "score_month": "month",
    "score_state": "state",
    "score_public": "published",
    "score_internal": "not published",
    "score_evaluate": "Evaluate a month",
    "score_evaluate_hint": "The month must be over; evaluations that were issued never change.",
    "score_publish": "Publish this month",
    "score_evaluation_title": "{agency}: evaluation of {month}",
    "score_issued": "Issued by {by} on {when}; indicator set {set}; {count} data sets.",
    "score_facts_hash": "SHA-256 of the facts: ",
    "score_reproduce": "Compute it again",
    "score_reproduced": "Computed again as of the end of the month, it is the same.",
    "score_not_reproduced": (
        "Some of the past can no longer be found in the records ({names}); the evaluation rests on the facts frozen "
        "with it, and out of those it is the same."
    ),
    "score_as_json": "Facts (JSON)",
}
