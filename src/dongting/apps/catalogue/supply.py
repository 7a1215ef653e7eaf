"""What other applications may know of a dataset; `node/installed.py` joins it to what they ask for."""

from dongting.appkit.context import Reader
from dongting.apps.catalogue.records import Dataset, DatasetVersion, version_id


class Datasets:
    """The datasets and versions of the present state."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader

    def dataset(self, id: str) -> Dataset | None:
        """The dataset with that id, also a withdrawn one."""
        return self._reader.get(Dataset, id)

    def version(self, dataset: str, number: int) -> DatasetVersion | None:
        """That version of the dataset, also an erased one."""
        return self._reader.get(DatasetVersion, version_id(dataset, number))


def datasets(reader: Reader) -> Datasets:
    """The factory that `node/installed.py` joins."""
    return Datasets(reader)
