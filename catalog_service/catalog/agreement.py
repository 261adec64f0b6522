"""开放应用协议 (Art. 24): the text that both sides accept before conditionally open data are given.

Here: parties, obligations, the text made of them, signatures. Not here: its ODRL form (formats.odrl).
"""

import datetime as dt
import hashlib

from catalog_service.catalog.errors import Text
from catalog_service.catalog.model import DatasetId, Line, Model, Slug
from catalog_service.catalog.vocabularies import Term

_ODRL = "http://www.w3.org/ns/odrl/2/"


class Obligation(Term):
    """What whoever uses the data owes; the URI is the ODRL action that it is a duty or a prohibition of."""

    PURPOSE = "purpose", "只将数据用于本协议载明的利用目的", "use the data for the stated purpose only", _ODRL + "use"
    NO_TRANSFER = (
        "no_transfer",
        "不得以任何形式将数据转让或提供给第三方",
        "pass the data on to nobody, in no form",
        _ODRL + "distribute",
    )
    NO_REIDENTIFICATION = (
        "no_reidentification",
        "不得尝试识别数据所涉及的个人或组织",
        "make no attempt to identify the people or organisations in the data",
        "urn:wuxi-public-data:action:reidentify",
    )
    ATTRIBUTION = (
        "attribution",
        "在成果中注明数据来源和获取日期",
        "name source and date of the data in whatever is made of them",
        _ODRL + "attribute",
    )
    SECURITY = (
        "security",
        "采取必要的安全保护措施，发现泄露立即告知提供机构",
        "protect the data, and tell the agency of any leak at once",
        _ODRL + "inform",
    )
    FEEDBACK = (
        "feedback",
        "向提供机构反馈利用成果和发现的数据错误",
        "tell the agency what was made of the data and which errors were found",
        _ODRL + "reviewPolicy",
    )
    DELETION = (
        "deletion",
        "期限届满或协议终止后删除数据",
        "delete the data when the period or the agreement ends",
        _ODRL + "delete",
    )

    @property
    def is_prohibition(self) -> bool:
        """Whether it forbids its action, where others demand it."""
        return self in (Obligation.NO_TRANSFER, Obligation.NO_REIDENTIFICATION)


class Signature(Model):
    """Who accepted the text, when, and which text it was."""

    by: str
    """Account id."""
    name: Line
    at: dt.datetime
    text_sha256: str


class AgreementTerms(Model):
    """Article 24: what an agency that provides data and one that uses them agree on."""

    request: str
    dataset: DatasetId
    dataset_title: Line
    source: Slug
    source_name: Line
    applicant: str
    """Account id."""
    applicant_name: Line
    organisation: str
    purpose: Line
    conditions: str
    """The opening conditions of the catalog entry."""
    columns: tuple[Slug, ...]
    column_titles: tuple[Line, ...] = ()
    """Of each column, in the same order; empty in agreements drawn up before titles were kept."""
    valid_from: dt.date
    valid_until: dt.date
    obligations: tuple[Obligation, ...] = tuple(Obligation)

    @property
    def text(self) -> Text:
        """The text that is signed; the Chinese text prevails."""
        return Text(zh=self._text_zh(), en=self._text_en())

    def _named(self, name: str) -> list[str]:
        """Title and name of each column."""
        titles = self.column_titles
        return [titles[at] + name.format(one) if titles else one for at, one in enumerate(self.columns)]

    def _text_zh(self) -> str:
        user = f"{self.organisation}（{self.applicant_name}）" if self.organisation else self.applicant_name
        duties = "\n".join(f"（{number}）{one.zh}；" for number, one in enumerate(self.obligations, start=1))
        return (
            "公共数据开放应用协议\n\n"
            f"甲方（数据提供机构）：{self.source_name}\n乙方（数据利用主体）：{user}\n\n"
            "根据《无锡市公共数据管理办法》第二十四条，双方就有条件开放的公共数据的利用达成如下协议：\n"
            f"一、数据：{self.dataset_title}（{self.dataset}），信息项：{'、'.join(self._named('（{}）'))}。\n"
            f"二、利用目的：{self.purpose}。\n三、开放条件：{self.conditions}\n"
            f"四、期限：{self.valid_from} 至 {self.valid_until}。\n五、乙方义务：\n{duties}\n"
            "六、乙方违反本协议的，甲方有权立即终止提供数据，并依法追究责任。\n"
            "七、本协议经双方以实名账号在平台上确认后生效，以中文文本为准。\n"
        )

    def _text_en(self) -> str:
        user = f"{self.organisation} ({self.applicant_name})" if self.organisation else self.applicant_name
        duties = "\n".join(f"({number}) {one.en};" for number, one in enumerate(self.obligations, start=1))
        return (
            "Agreement on the use of open public data\n\n"
            f"A (provider): {self.source_name}\nB (user): {user}\n\n"
            "Under Article 24 of the Wuxi Public Data Management Measures the parties agree on the use of these data:\n"
            f"1. Data: {self.dataset_title} ({self.dataset}), fields: {', '.join(self._named(' ({})'))}.\n"
            f"2. Purpose: {self.purpose}.\n3. Conditions of opening: {self.conditions}\n"
            f"4. Period: {self.valid_from} to {self.valid_until}.\n5. B undertakes to:\n{duties}\n"
            "6. Where B breaches this agreement, A may stop providing the data at once and hold B liable by law.\n"
            "7. It takes effect once both sides have accepted it under their accounts; the Chinese text prevails.\n"
        )


class Agreement(Model):
    """Article 24 协议: terms, the text made of them once and for all, and who accepted it."""

    id: str
    revision: int = 1
    terms: AgreementTerms
    text: Text
    made_at: dt.datetime
    applicant_signature: Signature | None = None
    source_signature: Signature | None = None
    ended_at: dt.datetime | None = None
    ending_reason: str = ""

    @property
    def is_concluded(self) -> bool:
        """Both sides have accepted it, and it has not ended."""
        return self.applicant_signature is not None and self.source_signature is not None and self.ended_at is None

    @property
    def text_sha256(self) -> str:
        """Hash of the Chinese text: what a signature is bound to."""
        return hashlib.sha256(self.text.zh.encode()).hexdigest()
