"""The sensor for new deliveries (Art. 17): what arrives is loaded without anybody starting a run."""

import hashlib

import dagster as dg

from catalog_service.catalog.catalog import Catalog
from catalog_service.services.delivering import pending
from catalog_service.services.platform import Platform
from pipelines.keys import produced_keys
from pipelines.selection import with_downstream

INTERVAL_SECONDS = 30


def build_sensor(catalog: Catalog) -> dg.SensorDefinition:
    """Return a sensor that requests one run for the data sets with waiting deliveries and all that is derived from them."""

    @dg.sensor(
        name="new_deliveries",
        target=dg.AssetSelection.all(),
        minimum_interval_seconds=INTERVAL_SECONDS,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description="新报送的数据自动汇聚",
    )
    def _sensor(platform: dg.ResourceParam[Platform]) -> dg.RunRequest | dg.SkipReason:
        waiting = [one for one in pending(platform) if one.dataset in catalog.dataset]
        if not waiting:
            return dg.SkipReason("no deliveries are waiting")
        ids = with_downstream(catalog, {one.dataset for one in waiting})
        keys = [dg.AssetKey(key.split("/")) for id_ in ids for key in produced_keys(catalog.dataset[id_])]
        # The same waiting deliveries never start a second run.
        run_key = hashlib.sha256(",".join(sorted(one.id for one in waiting)).encode()).hexdigest()
        return dg.RunRequest(run_key=run_key, asset_selection=keys)

    return _sensor
