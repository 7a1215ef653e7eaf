import prometheus_client
from prometheus_client.parser import text_string_to_metric_families

from dongting.node.metrics import CONTENT_TYPE, ledger_metrics, metrics


def values(made):
    families = text_string_to_metric_families(made.exposition().decode("utf-8"))
    return {
        (sample.name, *sorted(sample.labels.items())): sample.value
        for family in families
        for sample in family.samples
    }


def test_what_was_counted_is_in_the_text_format():
    worker, made = metrics(), ledger_metrics("0.1.0")
    worker.statements.labels("accepted").inc(3)
    made.height.set(7)
    made.block_seconds.observe(0.004)
    assert values(worker)[("dongting_statements_total", ("fate", "accepted"))] == 3
    seen = values(made)
    assert seen[("dongting_height",)] == 7
    assert seen[("dongting_block_seconds_bucket", ("le", "0.005"))] == 1
    assert seen[("dongting_block_seconds_bucket", ("le", "0.0025"))] == 0
    assert seen[("dongting_build_info", ("version", "0.1.0"))] == 1


def test_two_nodes_in_one_process_count_apart_and_nothing_is_global():
    one, two = ledger_metrics("1"), ledger_metrics("1")
    one.blocks.inc()
    assert values(one)[("dongting_blocks_total",)] == 1
    assert values(two)[("dongting_blocks_total",)] == 0
    assert b"dongting_" not in prometheus_client.generate_latest(prometheus_client.REGISTRY)


def test_every_metric_says_what_it_is():
    families = [*metrics().registry.collect(), *ledger_metrics("1").registry.collect()]
    assert len({family.name for family in families}) == len(families)
    for family in families:
        assert family.name.startswith("dongting_")
        assert family.documentation.endswith(".")


def test_the_content_type_names_the_text_format():
    assert CONTENT_TYPE.startswith("text/plain")
