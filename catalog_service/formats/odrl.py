"""Agreements as ODRL 2.2 in JSON-LD (Art. 24). Here: the form. Not here: the agreement itself (catalog.agreement)."""

from typing import Any

from catalog_service.catalog.agreement import Agreement, Obligation, Signature

CONTEXT = "http://www.w3.org/ns/odrl.jsonld"
MEDIA_TYPE = "application/ld+json"


def to_odrl(agreement: Agreement) -> dict[str, Any]:
    """Return an odrl:Agreement: permission to use under constraints and duties, and prohibitions."""
    terms = agreement.terms
    target = f"urn:wuxi-public-data:dataset:{terms.dataset}"
    parties = {
        "assigner": f"urn:wuxi-public-data:agency:{terms.source}",
        "assignee": f"urn:wuxi-public-data:account:{terms.applicant}",
    }
    duties = [one for one in terms.obligations if not one.is_prohibition and one is not Obligation.PURPOSE]
    return {
        "@context": [CONTEXT, {"dct": "http://purl.org/dc/terms/", "prov": "http://www.w3.org/ns/prov#"}],
        "@type": "Agreement",
        "uid": f"urn:wuxi-public-data:agreement:{agreement.id}",
        "dct:description": [
            {"@language": "zh-CN", "@value": agreement.text.zh},
            {"@language": "en", "@value": agreement.text.en},
        ],
        "dct:issued": agreement.made_at.isoformat(),
        "prov:wasAttributedTo": [_signature(one) for one in (agreement.applicant_signature, agreement.source_signature) if one],
        "permission": [
            {
                "target": target,
                **parties,
                "action": "use",
                "constraint": [
                    {"leftOperand": "purpose", "operator": "eq", "rightOperand": terms.purpose},
                    _date("gteq", terms.valid_from.isoformat()),
                    _date("lteq", terms.valid_until.isoformat()),
                ],
                "duty": [{"action": _action(one), **parties} for one in duties],
            }
        ],
        "prohibition": [
            {"target": target, **parties, "action": _action(one)} for one in terms.obligations if one.is_prohibition
        ],
    }


def _date(operator: str, day: str) -> dict[str, Any]:
    return {"leftOperand": "dateTime", "operator": operator, "rightOperand": {"@value": day, "@type": "xsd:date"}}


def _action(obligation: Obligation) -> str:
    return obligation.uri.removeprefix("http://www.w3.org/ns/odrl/2/")


def _signature(signature: Signature) -> dict[str, str]:
    return {
        "@id": f"urn:wuxi-public-data:account:{signature.by}",
        "dct:dateAccepted": signature.at.isoformat(),
        "dct:identifier": f"sha256:{signature.text_sha256}",
    }
