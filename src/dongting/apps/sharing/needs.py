"""What sharing needs of other applications, as small protocols; `node/installed.py` joins them."""

from typing import Protocol


class DatasetContent(Protocol):
    """What one version holds: see `dongting.apps.catalogue`."""

    @property
    def commitment(self) -> str: ...

    @property
    def address(self) -> str | None: ...


class DatasetVersion(Protocol):
    """One version of a dataset; `erased` is the moment at which its publisher erased the content."""

    @property
    def content(self) -> DatasetContent: ...

    @property
    def erased(self) -> int | None: ...


class Dataset(Protocol):
    """A dataset on offer or withdrawn; `latest` is the number of its last version, 0 without any."""

    @property
    def publisher(self) -> str: ...

    @property
    def sharing(self) -> str: ...

    @property
    def state(self) -> str: ...

    @property
    def revised(self) -> int: ...

    @property
    def latest(self) -> int: ...


class Datasets(Protocol):
    """What is on offer; the catalogue supplies it."""

    def dataset(self, id: str) -> Dataset | None:
        """The dataset with that id, also a withdrawn one."""
        ...

    def version(self, dataset: str, number: int) -> DatasetVersion | None:
        """That version of the dataset, also an erased one."""
        ...


class Organisations(Protocol):
    """Who the parties are; membership supplies it."""

    def kind(self, id: str) -> str | None:
        """The kind of an organisation (`government`, `enterprise` ...), None for an unknown one."""
        ...

    def in_good_standing(self, id: str) -> bool:
        """Whether the organisation is a member that is neither suspended nor expelled nor succeeded."""
        ...

    def successor(self, id: str) -> str:
        """Who acts for the organisation now: itself, or the last in the chain of its successors."""
        ...

    def acts_for(self, organisation: str, other: str) -> bool:
        """Whether `organisation` is `other` or its successor by merger, split or new name."""
        ...


class WorkingDays(Protocol):
    """The network's calendar and the deadlines that it fixes; governance supplies it."""

    @property
    def answer_days(self) -> int:
        """Working days within which a request, an offer or an objection is to be answered."""
        ...

    @property
    def delivery_days(self) -> int:
        """Working days within which a delivery is to be made, and then acknowledged or disputed."""
        ...

    def due(self, start: int, days: int) -> int:
        """The end of the n-th working day after the day of `start`; seconds since 1970."""
        ...

    def day(self, moment: int) -> str:
        """The day in the network's zone in which a moment lies, `YYYY-MM-DD`."""
        ...
