"""Lists of the same local authorities by different publishers, and the register's maps: their entries and their files.

Every file is delivered as it is, under its own column names; nothing is prepared. Three golden data sets are declared
over the lists that share a key: the statistical office's code (GSS), its predecessor (SNAC), and the register's own code,
which the register's maps carry. Lists without any of these keys are standard tables and nothing else.
"""

from pathlib import Path
from typing import Any

from catalog_service.catalog.catalog import Catalog
from catalog_service.catalog.dataset import Dataset
from tests.acceptance.support import agencies, entry
from tests.support.shared_data import SHARED

ROOT = SHARED / "uk_local_authority"

AGENCIES = {
    "boundary_commission": "边界委员会",
    "communities": "社区与地方政府部",
    "directgov": "政府门户网站",
    "education": "教育部",
    "esd": "地方政府协会",
    "eurostat": "欧洲统计局",
    "food_standards": "食品标准局",
    "general_register": "户籍总署",
    "geoplace": "地名地址公司",
    "land_registry": "土地登记局",
    "legislation": "国家档案馆",
    "northern_ireland": "北爱尔兰政府",
    "register": "地方当局登记处",
    "standards": "标准化组织",
    "statistics": "国家统计局",
    "survey": "陆地测量局",
    "welsh_government": "威尔士政府",
}

TSV: dict[str, Any] = {"delimiter": "\t"}
_BOUNDARY_IGNORED = [
    *("DESCRIPTIO", "FILE_NAME", "NUMBER", "NUMBER0", "POLYGON_ID", "UNIT_ID", "AREA", "TYPE_CODE", "DESCRIPT0"),
    *("TYPE_COD0", "DESCRIPT1"),
]
_ESD_IGNORED = [f"AreaType{part}" for part in ("Identifier", "Uri", "Label", "Description")]
_ESD_IGNORED += ["AreaUri", "AreaAltLabels", "AreaDescription", "AreaColour"]
_COUNCIL_IGNORED = [
    *("Number of Wards/ Divisions", "Council Size", "Electors per Councillor", "Density (Electors per Hectare)"),
    *("Currently in review", "New boundaries not yet implemented", ""),
]
_CONTACT_IGNORED = [f"Telephone Number {n}{tail}" for n in (1, 2, 3) for tail in (" Description", "")][2:]
_ODC = "http://opendatacommunities.org/def/local-government/"
_OS = "http://data.ordnancesurvey.co.uk/ontology/admingeo/"
_RDF_IGNORED = [
    *("@type", "http://www.w3.org/2000/01/rdf-schema#label", "http://www.w3.org/2002/07/owl#sameAs"),
    *("http://statistics.data.gov.uk/def/administrative-geography/region", "http://xmlns.com/foaf/0.1/page"),
    *(_OS + name for name in ("gssCode", "hasCensusCode")),
    *(_ODC + name for name in ("governs", "billingAuthorityCode", "governsGSS", "openlyLocalUrl", "district", "county")),
    _ODC + "areaResponsibility",
]


def _boundary(name: str, file: str) -> tuple[str, str, list[Any], list[str], dict[str, Any]]:
    fields = ["code=CODE", "name=NAME", "area_code=AREA_CODE", "hectares:number=HECTARES"]
    return f"survey/{name}", f"os-boundary-line/{file}", fields, ["code"], {"ignored_columns": _BOUNDARY_IGNORED}


def _reference(name: str, title: str, dataset: str, field: str) -> dict[str, Any]:
    return {"name": name, "title": title, "reference": {"dataset": dataset, "field": field}}


# data set, file under lists/, fields as `name:type=delivered column`, key, form
_LISTS: list[tuple[str, str, list[Any], list[str], dict[str, Any]]] = [
    ("boundary_commission/authorities", "boundary-commission/local-authorities.tsv",
     ["name", "category=local-authority-category", "parent_name=parent-name"], ["name"], TSV),
    ("boundary_commission/councils", "boundary-commission/english-councils.xlsx",
     ["name=Authority Name", "electorate_count:integer=Electorate at 1/12/2014",
      "hectares:number=Hectares (from Census 2011)", "authority_type=Authority Type",
      "county=County Council Name", "cycle=Electoral Cycle", "reviewed:date=Date of last review"],
     ["name"], {"format": "xlsx", "header_row": 2, "ignored_columns": _COUNCIL_IGNORED}),
    ("communities/authorities", "opendatacommunities/opendatacommunities.tsv",
     ["name=Local_Authority_Name", "uri=OpenDataCommunitiesURI", "ons_code=ONS_Code", "billing_code=DCLGbillingAuthorityCode",
      "type_label=LA_Type_Label", "authority_type=Authority_Type"], ["uri"], TSV),
    ("communities/linked", "opendatacommunities/local-authorities.json",
     [_reference("uri", "@id", "communities/authorities", "uri")], ["uri"],
     {"format": "json", "ignored_columns": _RDF_IGNORED}),
    ("directgov/authorities", "local-directgov/local-authorities.tsv", ["snac", "name", "website"], ["name"], TSV),
    ("directgov/contacts", "local-directgov/local_authority_contact_details.csv",
     ["name=Name", "website=Home page URL", "contact_page=Contact page URL", "snac_code=SNAC Code",
      "address_1=Address Line 1", "address_2=Address Line 2", "town=Town", "city=City", "county=County", "postcode=Postcode",
      "phone=Telephone Number 1", "fax=Fax", "email=Main Contact Email", "opening_hours=Opening Hours"], ["name"],
     {"encoding": "latin-1", "ignored_columns": ["Telephone Number 1 Description", *_CONTACT_IGNORED]}),
    ("education/edubase", "edubase/local-authorities.tsv", ["code", "name"], ["code"], TSV),
    ("esd/areas", "neighbourhoods.esd.org.uk/LA.csv", ["code=AreaIdentifier", "label=AreaLabel"], ["code"],
     {"ignored_columns": _ESD_IGNORED}),
    ("eurostat/authorities", "nuts/local-authorities.tsv", ["nuts", "name"], ["nuts"], TSV),
    ("eurostat/nuts", "nuts/nuts.csv",
     ["sort_order=Order", "level=Level", "code=Code", "parent=Parent", "nuts_code=NUTS-Code", "description=Description",
      "remark=Remark"], ["code"], {}),
    ("food_standards/authorities", "food-standards/local-authorities.tsv",
     ["food_authority=food-authority", "name", "website", "email"], ["name"], TSV),
    ("general_register/districts", "registration-district/registration-district.tsv",
     ["code=registration-district", "name", "name_cy=name-cy", "authority_name=local-authority-name"], ["code"], TSV),
    ("geoplace/custodians", "geoplace/local-custodian.tsv", ["code=local-custodian", "name"], ["code"], TSV),
    # No key: one custodian stands beside several areas, some of them without a name.
    ("geoplace/street_custodians", "addressbase/street-local-custodian-administrative-area.tsv",
     ["custodian=local-custodian", "area=administrative-area", "street_count:integer=count"], [], TSV),
    ("geoplace/street_areas", "addressbase-street-area/street-administrative-area.tsv",
     ["area=street-administrative-area"], ["area"], TSV),
    ("land_registry/transactions", "land-registry/local-authorities.tsv",
     ["name=Local Authority", *(f"{n}={title}" for n, title in zip(
         ("fr", "dfl", "tp", "dlg", "os_w", "os_npw", "os_p", "os_npp", "sims", "oc1", "oc2"),
         ("FR", "DFL", "TP", "DLG", "OS(W)", "OS(NPW)", "OS(P)", "OS(NPP)", "SIMS", "OC1", "OC2"), strict=True)),
      "total_count:integer=Total"], ["name"], TSV),
    ("legislation/orders", "legislation/legislation.tsv",
     ["type", "name", "order_title=order", "uri=legislation-gov-uk-reference"], ["name"], TSV),
    ("northern_ireland/authorities", "northern ireland government/local-authority-nir-records.xlsx",
     ["entry=index-entry-number", "entry_number=entry-number", "entered=entry-timestamp", "record_key=key",
      "code=local-authority-nir", "type=local-authority-type", "name", "official_name=official-name", "website",
      "started:date=start-date", "ended:date=end-date"], ["code"],
     {"format": "xlsx"}),
    ("standards/iso_3166_2", "iso/second_level_divisions.tsv",
     ["iso_code=iso-code", "bs_6879=bs-6879", "name", "category", "parent"], ["iso_code"], TSV),
    # No key: two rows carry the code S12000036.
    ("statistics/ward_hierarchy", "ons-api-admin-areas/ward-hierarchy.tsv",
     ["item_code=item-code", "parent_code=parent-code", "name", "name_cy=name-cy", "area_type=area-type",
      "area_type_name=area-type-name", "level=area-type-level", "geography_codes=geography-codes"], [], TSV),
    ("survey/boundary_line", "os-boundary-line/local-authority.tsv", ["code", "type", "name"], ["code"], TSV),
    _boundary("county", "county.csv"),
    _boundary("district", "district.csv"),
    ("survey/gazetteer", "gaz50k/local-authorities.tsv", ["code=gaz50k", "county", "name"], ["code"], TSV),
    ("survey/open_names", "os-open-names/os.tsv", ["code=os", "name", "type", "parent=parent-os"], ["code"], TSV),
    # No key: the names of the last rows are missing.
    ("welsh_government/authorities", "welsh-government/welsh-government.tsv", ["name=English", "name_cy=Welsh"], [], TSV),
    ("welsh_government/names", "welsh-government/welsh-names.tsv",
     ["official_name=official-name", "official_name_cy=official-name-cy"], ["official_name"], TSV),
]  # fmt: skip

_CODE = "register_code=local-authority"
# Data sets of the register: its maps from the publishers' codes to its own.
_MAPS: list[tuple[str, str, list[Any], list[str], dict[str, Any]]] = [
    ("register/gss_map", "gss.tsv", ["gss", _CODE, "label=name"], ["register_code"], TSV),
    ("register/snac_map", "snac.tsv", ["snac", _CODE], ["register_code"], TSV),
    ("register/iso_map", "iso-code.tsv", [_reference("iso_code", "iso-code", "standards/iso_3166_2", "iso_code"), _CODE],
     ["iso_code"], TSV),
    ("register/communities_map", "opendatacommunities.tsv",
     [_reference("gss", "opendatacommunities", "communities/authorities", "ons_code"), _CODE, "name"], ["gss"], TSV),
    ("register/survey_map", "os.tsv", [_reference("os_code", "os", "survey/open_names", "code"), _CODE, "name"],
     ["os_code"], TSV),
    ("register/gazetteer_map", "gaz50k.tsv", [_reference("gazetteer_code", "gaz50k", "survey/gazetteer", "code"), _CODE],
     ["gazetteer_code"], TSV),
    ("register/edubase_map", "edubase.tsv", [_reference("edubase_code", "edubase", "education/edubase", "code"), _CODE, "name"],
     ["edubase_code"], TSV),
    # No key: fifteen Welsh authorities have a row per language.
    ("register/food_map", "food-authority.tsv",
     [_reference("food_code", "food-authority", "food_standards/authorities", "food_authority"), _CODE, "name", "website",
      "email"], [], TSV),
    # No key: one custodian was split between two authorities.
    ("register/custodian_map", "local-custodian.tsv",
     [_reference("custodian_code", "local-custodian", "geoplace/custodians", "code"), _CODE, "name"], [], TSV),
    ("register/district_map", "registration-district.tsv",
     [_reference("district_code", "registration-district", "general_register/districts", "code"), _CODE,
      "name_cy=name-cy", "name"], ["district_code"], TSV),
]  # fmt: skip


def _source(dataset: str, copy_of: str | None = None, **fields: str) -> dict[str, Any]:
    return {"dataset": dataset, "fields": fields, "copy_of": copy_of}


def _golden(name: str, fields: list[Any], sources: list[dict[str, Any]]) -> Dataset:
    key = [fields[0].partition("=")[0]]
    derivation = {"kind": "golden", "sources": sources}
    return entry(f"register/{name}", fields, key, base_database="legal_entity", derivation=derivation)


BY_GSS = _golden(
    "authorities_by_gss",
    ["gss", "name", "name_cy", "area_type_name", "billing_code", "hectares:number", "register_code"],
    [
        _source("statistics/ward_hierarchy", gss="item_code"),
        _source("communities/authorities", gss="ons_code"),
        _source("esd/areas", gss="code", name="label"),
        _source("survey/boundary_line", gss="code"),
        # The same publisher's maps from which the list above was made: no second vote.
        _source("survey/district", "survey/boundary_line", gss="code"),
        _source("survey/county", "survey/boundary_line", gss="code"),
        _source("register/gss_map"),
    ],
)
BY_SNAC = _golden(
    "authorities_by_snac",
    ["snac", "name", "website", "address_1", "town", "postcode", "phone", "email", "register_code"],
    [
        _source("directgov/authorities"),
        _source("directgov/contacts", snac="snac_code"),
        _source("register/snac_map"),
    ],
)
BY_REGISTER_CODE = _golden(
    "authorities_by_register_code",
    ["register_code", "name", "name_cy", "website", "email", "gss", "snac", "iso_code", "os_code", "gazetteer_code",
     "edubase_code", "food_code", "custodian_code", "district_code"],
    [_source(one[0]) for one in (_MAPS[3], _MAPS[4], _MAPS[6], _MAPS[7], _MAPS[8], _MAPS[9], *_MAPS[:3], _MAPS[5])],
)  # fmt: skip
GOLDEN = (BY_GSS, BY_SNAC, BY_REGISTER_CODE)

FILES: dict[str, Path] = {one[0]: ROOT / "lists" / one[1] for one in _LISTS} | {one[0]: ROOT / "maps" / one[1] for one in _MAPS}
DELIVERED = {one[0]: entry(one[0], one[2], one[3], delivery=one[4]) for one in (*_LISTS, *_MAPS)}


def catalog(*golden: Dataset) -> Catalog:
    """Return the entries of these golden data sets and of their sources; without golden ones, of all lists."""
    wanted = {source for one in golden for source in one.upstream} or set(DELIVERED)
    chosen = {id_: one for id_, one in DELIVERED.items() if id_ in wanted}
    for one in [*chosen.values()]:
        referred = {field.reference.dataset for field in one.schema_.fields if field.reference is not None}
        chosen |= {id_: DELIVERED[id_] for id_ in referred}
    return Catalog(agencies=agencies(AGENCIES), datasets=(*chosen.values(), *(golden or GOLDEN)))
