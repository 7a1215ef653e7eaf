"""The command `dongting`: global options, commands found when they are called, and errors in plain words.

Exit codes: 0 done, 1 refused, 2 wrong usage or a fault. A refusal is one message with its stable code,
never a traceback.
"""

import importlib
import json
import os
import pkgutil
import sys
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path

import click

from dongting.cli import language
from dongting.cli.language import pick
from dongting.cli.table import COMMANDS, SECTIONS
from dongting.errors import Fault, Language, Refused

REFUSED, WRONG = 1, 2


def applications() -> list[str]:
    """The names of the applications, without importing one."""
    found = find_spec("dongting.apps")
    places = list(found.submodule_search_locations or []) if found else []
    return sorted(module.name for module in pkgutil.iter_modules(places))


class Commands(language.Group):
    """Imports a command when it is called; the actions of applications are commands too."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Every name, those of applications last."""
        return [*COMMANDS, *(name for name in applications() if name not in COMMANDS)]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of that name."""
        if cmd_name in COMMANDS:
            module, _, attribute = COMMANDS[cmd_name].place.partition(":")
            if find_spec(module) is None:
                return None
            found: click.Command = getattr(importlib.import_module(module), attribute)
            return found
        if cmd_name in applications():
            from dongting.cli.derived import application

            return application(cmd_name)
        return None

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The commands by section."""
        spoken = language.of(ctx)
        for title, entries in SECTIONS:
            rows = [(name, pick(entry.text, spoken)) for name, entry in entries.items()]
            with formatter.section(pick(title, spoken)):
                formatter.write_dl(rows)
        names = ", ".join(applications())
        with formatter.section(pick(("Every action of the applications", "各应用的全部操作"), spoken)):
            formatter.write_text(
                pick(
                    (f"dongting APPLICATION ACTION, for {names}", f"dongting 应用 操作，应用有 {names}"),
                    spoken,
                )
            )


def _version(context: click.Context, _: click.Parameter, wanted: bool) -> None:
    if wanted and not context.resilient_parsing:
        from dongting import __version__

        click.echo(__version__)
        context.exit(0)


@click.group(
    "dongting",
    cls=Commands,
    text=(
        "Share information between organisations, under terms, with proof that anyone can check offline.",
        "在组织之间按条款共享信息，并留下任何人都能离线核验的证明。",
    ),
)
@language.option(
    "--home",
    type=click.Path(path_type=Path),
    metavar="DIR",
    envvar="DONGTING_HOME",
    default=Path("dongting-home"),
    text=("Directory of keys and, on a node, of its data.", "密钥目录；在节点上也是数据目录。"),
)
@language.option(
    "--as", "organisation", metavar="ORG", text=("The organisation that acts.", "以哪个组织的身份操作。")
)
@language.option("--url", metavar="URL", text=("Address of the node.", "节点地址。"))
@language.option(
    "--lang",
    type=click.Choice(["en", "zh"]),
    text=("Language; else that of the environment.", "语言；默认取自环境。"),
)
@language.option(
    "--json", "as_json", is_flag=True, text=("Answer in JSON, for programs.", "以 JSON 输出，供程序使用。")
)
@language.option(
    "--passphrase-fd",
    type=int,
    metavar="N",
    text=("Read the keystore's passphrase from this descriptor.", "从该文件描述符读取密钥库口令。"),
)
@language.option(
    "--version",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=_version,
    text=("Show the version.", "显示版本。"),
)
@click.pass_context
def root(
    context: click.Context,
    home: Path,
    organisation: str | None,
    url: str | None,
    lang: Language | None,
    as_json: bool,
    passphrase_fd: int | None,
) -> None:
    """The root of all commands."""
    from dongting.cli.session import Session

    context.obj = Session(home, organisation, url, lang or language.spoken(), as_json, passphrase_fd)
    context.default_map = {"verify": {"lang": lang}} if lang else None


def main(arguments: Sequence[str] | None = None) -> None:
    """Run one command and end the process with its exit code."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    sys.exit(run(given))


def run(given: list[str]) -> int:
    """Run one command; its exit code."""
    spoken = language.spoken(given)
    try:
        code = root.main(given, prog_name="dongting", standalone_mode=False, obj=spoken)
        return code if isinstance(code, int) else 0
    except Refused as refusal:
        return _refused(refusal, spoken, "--json" in given)
    except Fault as fault:
        click.echo(_fault(fault, spoken), err=True)
        return WRONG
    except click.exceptions.Abort:
        click.echo(pick(("Nothing was done.", "未执行任何操作。"), spoken), err=True)
        return REFUSED
    except click.ClickException as error:
        from dongting.cli.usage import explain

        click.echo(explain(error, spoken), err=True)
        return error.exit_code
    except BrokenPipeError:
        # Whoever read our output has enough; leave without a second complaint at shutdown.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return REFUSED


def _refused(refusal: Refused, spoken: Language, as_json: bool) -> int:
    text, code = refusal.text(spoken), refusal.code
    if as_json:
        problem = {"code": str(code), "number": code.number, "status": code.status, "detail": text}
        click.echo(json.dumps({"problem": problem}, ensure_ascii=False))
    else:
        click.echo(f"{pick(('Refused', '未通过'), spoken)}: {text} [{code}]", err=True)
    return REFUSED


def _fault(fault: Fault, spoken: Language) -> str:
    return pick(
        (
            f"Something that must never happen did: {fault}. Stop the node, run `dongting audit`, and report "
            "what it says.",
            f"出现了不应发生的情况：{fault}。请停止节点，执行 `dongting audit` 并报告其结果。",
        ),
        spoken,
    )


if __name__ == "__main__":
    main()
