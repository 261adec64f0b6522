"""What the ledger calls actions, in words (Art. 34): `share_approve` is 共享申请：同意共享.

Not here: what is written into the ledger (services).
"""

from catalog_service.catalog.decision import Zone
from catalog_service.catalog.demand import DemandEvent, ShowcaseEvent
from catalog_service.catalog.errors import Text
from catalog_service.catalog.life_cycle import Event
from catalog_service.catalog.objection import ObjectionEvent
from catalog_service.catalog.open_list import ProposalEvent
from catalog_service.catalog.open_request import OpenEvent
from catalog_service.catalog.rectification import RectificationEvent
from catalog_service.catalog.share_request import ShareEvent
from catalog_service.catalog.vocabularies import Term

_CASES: dict[str, tuple[str, str, type[Term]]] = {
    "entry": ("目录条目", "entry", Event),
    "share": ("共享申请", "share request", ShareEvent),
    "open": ("开放申请", "application", OpenEvent),
    "opening": ("开放建议", "opening proposal", ProposalEvent),
    "objection": ("数据异议", "objection", ObjectionEvent),
    "demand": ("开放需求", "demand", DemandEvent),
    "showcase": ("利用成果", "showcase", ShowcaseEvent),
    "rectification": ("质量整改", "rectification", RectificationEvent),
    "read": ("读取数据", "read", Zone),
}
_BEGINNINGS = {
    "submit": ("提交", "submit"),
    "post": ("提出", "post"),
    "file": ("提出", "file"),
    "propose": ("提出", "propose"),
    "vote": ("附议", "vote"),
}
_OTHERS = {
    "sign_in": ("登录", "sign in"),
    "sign_out": ("退出登录", "sign out"),
    "request": ("访问页面或接口", "ask for a page or interface"),
    "open_session": ("打开分析会话", "open an analyst's session"),
    "search_ledger": ("查询台账", "search the ledger"),
    "create_account": ("开通账户", "open an account"),
    "set_roles": ("设定角色", "set roles"),
    "link_identity": ("关联统一身份", "link an identity"),
    "revoke_key": ("吊销密钥", "end an API key"),
    "issue_grant": ("发放授权", "issue a grant"),
    "revoke_grant": ("收回授权", "revoke a grant"),
    "expire_grant": ("授权到期", "let a grant expire"),
    "make_profile": ("发放共享凭据", "hand out a sharing profile"),
    "open_duty": ("产生更新义务", "open a duty to update"),
    "close_duty": ("办结更新义务", "close a duty to update"),
    "move_deadline": ("期限重新计算", "count a deadline again"),
    "report_law_revised": ("报告法规修订", "report a revised law"),
    "register_function_change": ("登记职能变化", "register a change of functions"),
    "register_agency": ("登记机构", "register an agency"),
    "register_code_list": ("登记代码表", "register a code list"),
    "register_rule_set": ("登记规则集", "register a rule set"),
    "adopt_rule_set": ("启用规则集", "adopt a rule set"),
    "take_in_holiday_notice": ("录入放假通知", "take in a holiday notice"),
    "register_channel": ("登记共享交换通道", "register an exchange channel"),
    "integrate_channel": ("整合共享交换通道", "integrate an exchange channel"),
    "register_plan": ("登记发展规划", "register a development plan"),
    "revise_plan": ("修改发展规划", "revise a development plan"),
    "advance_plan": ("推进发展规划", "advance a development plan"),
    "put_standard": ("登记标准规范", "register a standard"),
    "publish_open_list": ("发布开放清单", "publish an open list"),
    "decide_duplicate": ("裁定重复采集", "decide on a duplicate"),
    "decide_identity": ("裁定对象同一性", "decide on identity"),
    "revoke_identity": ("撤销同一性裁定", "revoke a decision on identity"),
    "manage_rules": ("维护质量规则", "manage quality rules"),
    "sweep_lake": ("清除残留文件", "sweep left files"),
    "retire_versions": ("清除历史版本", "give up earlier versions"),
    "override_gate": ("人工放行", "let a withheld version pass"),
    "evaluate": ("出具评价", "evaluate"),
    "publish_evaluations": ("公布评价", "publish evaluations"),
}


def said_action(action: str) -> Text:
    """Return an action in words; one that has none as it is written."""
    if action in _OTHERS:
        zh, en = _OTHERS[action]
        return Text(zh=zh, en=en)
    case, _, event = action.partition("_")
    if case not in _CASES:
        return Text(zh=action)
    case_zh, case_en, vocabulary = _CASES[case]
    events = _BEGINNINGS | {one.value: (one.zh, one.en) for one in vocabulary}
    zh, en = events.get(event, (event, event))
    return Text(zh=f"{case_zh}：{zh}", en=f"{case_en}: {en}")
