"""Faults of an entry's de-identification (Art. 19, 22): treatments that do not fit their fields or their sharing attribute.

Here: the faults. Not here: the declarations (treatment), other faults of an entry (catalog).
"""

from collections.abc import Iterator

from catalog_service.catalog.dataset import Dataset
from catalog_service.catalog.errors import Problem, problem
from catalog_service.catalog.schema import Field
from catalog_service.catalog.treatment import CoarseDate, CoarseNumber, CoarseRegion, TopCode, Treatment
from catalog_service.catalog.vocabularies import FieldType, SharingClass

_NUMBERS = (FieldType.INTEGER, FieldType.DECIMAL, FieldType.NUMBER)
_FITTING: dict[type[object], tuple[FieldType, ...]] = {
    CoarseDate: (FieldType.DATE, FieldType.DATETIME),
    CoarseRegion: (FieldType.TEXT,),
    CoarseNumber: _NUMBERS,
    TopCode: _NUMBERS,
}


def treatment_problems(dataset: Dataset) -> Iterator[Problem]:
    """Yield the faults of all treatments, and of what is declared about people."""
    for field in dataset.schema_.fields:
        place = f"schema.{field.name}"
        if field.sharing_treatment is not None and dataset.sharing_of(field) is SharingClass.UNCONDITIONAL:
            yield problem(
                "treated-unconditional",
                f"“{field.title}”去标识化后才能共享，属于部分提供，应列为有条件共享并说明条件",
                "a field that is shared only after a treatment is shared in part: declare it as shared under conditions",
                field=f"{place}.sharing_treatment",
                article=19,
            )
        treatments = {"sharing_treatment": field.sharing_treatment, "opening_treatment": field.opening_treatment}
        for part, treatment in treatments.items():
            if treatment is not None and not _fits(treatment, field):
                yield problem(
                    "treatment-type",
                    f"去标识化方式 {treatment.kind} 不适用于{field.type.zh}的“{field.title}”，请改用其他方式",
                    f"the treatment {treatment.kind} does not fit a field of type {field.type.value}; choose another one",
                    field=f"{place}.{part}",
                    article=19,
                )
    declared = dataset.deidentification
    for name in () if declared is None else (*declared.quasi_identifiers, *declared.confidential):
        if name not in dataset.schema_.names:
            yield problem(
                "unknown-quasi-identifier",
                f"去标识化中的信息项 {name} 不存在，请改正",
                f"the de-identification names an unknown field {name}; correct it",
                field="deidentification",
                article=19,
            )


def _fits(treatment: Treatment, field: Field) -> bool:
    return field.type in _FITTING.get(type(treatment), tuple(FieldType))
