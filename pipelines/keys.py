"""Table keys of a data set: asset key = Delta path = DuckDB name, `zone/agency/dataset`."""

from catalog_service.catalog.dataset import Dataset, Golden


def main_key(dataset: Dataset) -> str:
    """The table of its typed rows: standard, base or thematic."""
    return f"{dataset.zone}/{dataset.id}"


def raw_key(dataset: Dataset) -> str:
    """All texts as delivered, append-only."""
    return f"raw/{dataset.id}"


def quarantine_key(dataset: Dataset) -> str:
    """Rows that did not fit, with their reasons."""
    return f"quarantine/{dataset.id}"


def quality_key(dataset: Dataset) -> str:
    """Outcomes of all quality runs."""
    return f"quality/{dataset.id}"


def failed_rows_key(dataset: Dataset) -> str:
    """The rows that break a rule, of the version that was checked last."""
    return f"{quality_key(dataset)}_failed_rows"


def open_key(dataset: Dataset) -> str:
    """The product opened to the public (Art. 24)."""
    return f"open/{dataset.id}"


def conflicts_key(dataset: Dataset) -> str:
    """The conflict report beside a golden table (Art. 15)."""
    return f"{main_key(dataset)}_conflicts"


def changes_key(dataset: Dataset) -> str:
    """What happened to golden records, append-only (Art. 18); there is none before the second version."""
    return f"{main_key(dataset)}_changes"


def objections_key(dataset: Dataset) -> str:
    """Objections opened and closed as sources differ and agree, append-only (Art. 26)."""
    return f"{main_key(dataset)}_objections"


def produced_keys(dataset: Dataset) -> tuple[str, ...]:
    """The tables that a run of this data set brings up to date and that stand in the asset graph."""
    keys = [main_key(dataset)] if dataset.delivery is None else [raw_key(dataset), main_key(dataset)]
    if isinstance(dataset.derivation, Golden):
        keys.append(conflicts_key(dataset))
    if dataset.open_fields:
        keys.append(open_key(dataset))
    return tuple(keys)
