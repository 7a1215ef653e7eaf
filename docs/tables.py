"""The tables of `docs/operating.md` that are made from the code; run it to write them anew.

    .venv/bin/python docs/tables.py

A table stands between `<!-- table: NAME -->` and `<!-- end -->`. A test compares what is there with this.
"""

import re
from collections.abc import Callable
from pathlib import Path

from prometheus_client import Counter
from prometheus_client.metrics import MetricWrapperBase

from dongting.node import metrics, settings
from dongting.node.config import SECTIONS

ROOT = Path(__file__).parent.parent
PAGE = ROOT / "docs" / "operating.md"


def settings_table() -> str:
    """Every setting with its default, what it takes and what it means."""
    return settings.reference(SECTIONS)


def metrics_table() -> str:
    """Every metric that some part of the node counts."""
    source = "".join(path.read_text("utf-8") for path in (ROOT / "src").rglob("*.py"))
    kinds = (metrics.ledger_metrics("0"), metrics.metrics())
    rows = ["| Metric | Type | Labels | Meaning |\n| --- | --- | --- | --- |\n"]
    for made in kinds:
        for field in made.__dataclass_fields__:
            metric = getattr(made, field)
            counted = re.search(rf"(metrics|counted|made)\.{field}\b", source)
            if isinstance(metric, MetricWrapperBase) and counted:
                rows.append(_row(metric))
    return "".join(rows)


def _row(metric: MetricWrapperBase) -> str:
    family = metric.describe()[0]
    name = family.name + ("_total" if isinstance(metric, Counter) else "")
    labels = ", ".join(f"`{label}`" for label in metric._labelnames) or "–"
    return f"| `{name}` | {family.type} | {labels} | {family.documentation} |\n"


TABLES: dict[str, Callable[[], str]] = {"settings": settings_table, "metrics": metrics_table}


def updated(text: str) -> str:
    """The text with every table as the code says it now."""
    for name, table in TABLES.items():
        head, mark, rest = text.partition(f"<!-- table: {name} -->\n")
        _, end, tail = rest.partition("<!-- end -->")
        text = f"{head}{mark}\n{table()}\n{end}{tail}"
    return text


if __name__ == "__main__":
    PAGE.write_text(updated(PAGE.read_text("utf-8")), "utf-8")
