"""`dongting config`: an example file, a reference of all settings, and a check of one's own."""

import click

from dongting.cli import language
from dongting.cli.session import CONFIG, Session, session


@language.group("config", ("Explain and check the settings.", "说明并检查设置。"))
def config() -> None:
    """The settings."""


@language.command(
    "example", ("Print a configuration with every setting.", "输出包含全部设置的配置文件示例。"), config
)
@session
def example(told: Session) -> None:
    """A whole configuration file."""
    from dongting.node import settings
    from dongting.node.config import SECTIONS

    click.echo(settings.example(SECTIONS, told.language))


@language.command("reference", ("Print all settings as a table.", "以表格输出全部设置。"), config)
@session
def reference(told: Session) -> None:
    """All settings."""
    from dongting.node import settings
    from dongting.node.config import SECTIONS

    click.echo(settings.reference(SECTIONS, told.language))


@language.command("check", ("Check the configuration of this home.", "检查本目录的配置文件。"), config)
@session
def check(told: Session) -> None:
    """Check the configuration."""
    from dongting.node.config import load

    path = told.home / CONFIG
    load(path)
    told.say(f"{path} is valid.", f"{path} 有效。")
    told.answer({"path": str(path), "valid": True})
