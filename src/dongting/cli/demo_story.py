"""The story that `make run` tells: one share between two organisations, step by step.

Each step is a sentence, the command that does it, and what it must come to.
"""

import csv
import math
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from dongting.cli.language import Pair

DEPARTMENT, ENTERPRISE, ASSOCIATION = "env-bureau", "green-tech", "air-alliance"
DATASET, AGREEMENT = "xiangjiang-air-hourly", "xiangjiang-2026"

FOUNDERS = (
    f"id={DEPARTMENT},kind=government,name-zh=湘江市生态环境局,name-en=Xiangjiang Environment Bureau,"
    "region=430100",
    f"id={ENTERPRISE},kind=enterprise,name-zh=绿源科技,name-en=Green Source Technology,region=430100",
    f"id={ASSOCIATION},kind=association,name-zh=空气质量协会,name-en=Air Quality Association,region=430100",
)


@dataclass(frozen=True, slots=True)
class Step:
    """One step: what happens, the arguments of `dongting`, and its expected exit code.

    `by` is the organisation that acts, None for everybody; `heading` begins a chapter; `offline` says
    that the node is stopped meanwhile; `shows` how many of its last lines are shown.
    """

    tells: Pair
    arguments: tuple[str, ...]
    by: str | None = None
    code: int = 0
    heading: Pair | None = None
    offline: bool = False
    shows: int = 0


def write_readings(path: Path, days: int, seed: int) -> None:
    """Hourly readings of a made-up station, with gaps as real stations have them."""
    start = datetime(2026, 6, 1, tzinfo=UTC)
    with path.open("w", newline="", encoding="utf-8") as file:
        rows = csv.writer(file)
        rows.writerow(["时间", "pm2.5", "温度", "气压", "风向"])
        for hour in range(days * 24):
            state = (hour * 2654435761 + seed) % 2**32
            pm = round(35 + 25 * math.sin(hour / 11) + state % 9, 1)
            row = [
                (start + timedelta(hours=hour)).strftime("%Y-%m-%dT%H:00:00"),
                "" if state % 23 == 0 else max(pm, 3),
                round(26 + 6 * math.sin(hour / 3.8), 1),
                1004 + state % 7,
                ("N", "NE", "E", "SE", "S", "SW", "W", "NW")[state % 8],
            ]
            rows.writerow(row)


def steps(work: Path, network: str, today: date) -> Iterator[Step]:
    """The story, in order; `work` holds the data files and receives the proof files."""
    data, later = str(work / "readings.csv"), str(work / "readings-july.csv")
    received, proof = str(work / "received.csv"), str(work / "consumer.proof")
    kept, after = str(work / "provider.proof"), str(work / "after-erasure.proof")
    delivery, second = f"{AGREEMENT}.1", f"{AGREEMENT}.2"
    yield from _publish(data)
    yield from _agree(today)
    yield from _deliver(delivery, second, data, later, received)
    yield Step(
        ("The enterprise keeps its proof file", "企业保存自己的证明文件"),
        ("prove", f"agreement/{AGREEMENT}", "-o", proof),
        ENTERPRISE,
        heading=("Prove", "证明"),
    )
    yield Step(
        ("The department keeps its own", "部门保存自己的证明文件"),
        ("prove", f"agreement/{AGREEMENT}", "-o", kept),
        DEPARTMENT,
    )
    yield Step(
        (
            "With the node stopped, the proof file and the data verify offline",
            "停止节点，离线验证证明文件与数据",
        ),
        ("verify", proof, "--network", network, "--file", received),
        offline=True,
        shows=3,
    )
    yield from _end(delivery, received)
    yield Step(
        ("The proof file of before still verifies", "先前的证明文件仍然有效"),
        ("verify", proof, "--network", network),
        shows=1,
    )
    yield Step(
        (
            "A new one says what was erased, and is proven all the same",
            "新的证明文件说明内容已删除，证明依然成立",
        ),
        ("prove", f"agreement/{AGREEMENT}", "-o", after),
        ENTERPRISE,
    )
    yield Step(
        ("It verifies offline too", "同样可离线验证"),
        ("verify", after, "--network", network),
        shows=1,
    )
    yield Step(
        ("The whole ledger is derived again from its bytes", "从存储字节重新推导整个账本"),
        ("audit",),
        heading=("Audit", "审计"),
        shows=2,
    )


def _after(today: date, days: int) -> str:
    return (today + timedelta(days=days)).isoformat()


def _publish(data: str) -> Iterator[Step]:
    yield Step(
        (
            "The department publishes its readings, encrypted before they leave it",
            "部门发布监测数据，加密后上传",
        ),
        (
            "dataset", "publish", data, "--id", DATASET,
            "--title-zh", "湘江市空气质量逐小时监测", "--title-en", "Hourly air quality of Xiangjiang",
            "--description-zh", "国控站点逐小时浓度与气象，含缺失值。",
            "--description-en", "Hourly concentrations and weather of a station, with gaps.",
            "--theme", "ENVI", "--frequency", "HOURLY", "--region", "430100",
            "--sharing", "conditional", "--legal-basis-zh", "《政务数据共享条例》",
            "--legal-basis-en", "Regulations on Government Data Sharing",
            "--opening", "conditional", "--grade", "general-2", "--yes",
        ),
        DEPARTMENT,
        heading=("Offer and find", "发布与查找"),
    )  # fmt: skip
    yield Step(("The enterprise finds it in Chinese", "企业用中文查找"), ("search", "空气"), ENTERPRISE)
    yield Step(("and in English", "也可用英文查找"), ("search", "air quality"), ENTERPRISE)


def _agree(today: date) -> Iterator[Step]:
    yield Step(
        (
            "It requests it: purpose and terms are readable by the two parties only",
            "提出申请，用途与条款仅双方可读",
        ),
        (
            "request", DATASET, "--id", AGREEMENT, "--until", _after(today, 730),
            "--purpose-zh", "研究本地大气污染成因", "--purpose-en", "Research on local air pollution",
            "--legal-basis-zh", "合同履行", "--legal-basis-en", "Performance of a contract",
            "--onward", "none", "--destroy-within-days", "30", "--yes",
        ),
        ENTERPRISE,
        heading=("Agree", "达成协议"),
    )  # fmt: skip
    yield Step(
        ("The department answers with changed terms", "部门提出修改后的条款"),
        ("offer", AGREEMENT, "--until", _after(today, 365), "--destroy-within-days", "15", "--yes"),
        DEPARTMENT,
    )
    yield Step(
        (
            "The enterprise accepts: two signatures stand under one set of terms",
            "企业接受，双方签名于同一条款之下",
        ),
        ("accept", AGREEMENT, "--yes"),
        ENTERPRISE,
    )
    yield Step(
        (
            "A third member sees that they dealt, and cannot read the terms",
            "第三方知其交易，但无法读取条款",
        ),
        ("read", "agreement", AGREEMENT),
        ASSOCIATION,
        shows=1,
    )


def _deliver(delivery: str, second: str, data: str, later: str, received: str) -> Iterator[Step]:
    yield Step(
        ("The department delivers", "部门交付数据"),
        ("deliver", AGREEMENT, "--yes"),
        DEPARTMENT,
        heading=("Deliver", "交付"),
    )
    yield Step(
        ("The enterprise downloads; the bytes are identical", "企业下载，字节一致"),
        ("download", delivery, "-o", received),
        ENTERPRISE,
    )
    yield Step(("and acknowledges", "并确认收到"), ("acknowledge", delivery, received, "--yes"), ENTERPRISE)
    yield Step(
        ("A later version is issued", "发布新版本"),
        ("dataset", "add-version", DATASET, later, "--yes"),
        DEPARTMENT,
    )
    yield Step(
        ("and delivered under the same agreement, without a new request", "在同一协议下交付，无需重新申请"),
        ("deliver", AGREEMENT, "--yes"),
        DEPARTMENT,
    )
    yield Step(
        ("The enterprise downloads that one too", "企业下载新版本"),
        ("download", second, "-o", f"{received}.july"),
        ENTERPRISE,
    )
    yield Step(
        ("and acknowledges", "并确认收到"),
        ("acknowledge", second, f"{received}.july", "--yes"),
        ENTERPRISE,
    )


def _end(delivery: str, received: str) -> Iterator[Step]:
    yield Step(
        ("The department terminates the agreement, with a reason", "部门说明理由并终止协议"),
        (
            "terminate", AGREEMENT, "--reason-zh", "项目提前结束",
            "--reason-en", "The project ended early", "--yes",
        ),
        DEPARTMENT,
        heading=("End and erase", "终止与删除"),
    )  # fmt: skip
    yield Step(
        ("A download is refused now, with a plain reason", "此后下载被拒绝，并说明原因"),
        ("download", delivery, "-o", f"{received}.again"),
        ENTERPRISE,
        code=1,
        shows=1,
    )
    yield Step(
        (
            "The department erases the first version: content, key and salt",
            "部门删除首个版本：内容、密钥与盐",
        ),
        ("dataset", "erase", DATASET, "--number", "1", "--yes"),
        DEPARTMENT,
    )
    yield Step(
        ("The enterprise answers on record that its copy is destroyed", "企业登记答复：副本已销毁"),
        ("destroyed", delivery, "--outcome", "done", "--yes"),
        ENTERPRISE,
    )
