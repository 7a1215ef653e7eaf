"""Wrong usage in plain words, in English (click's own) and in Chinese."""

import click

from dongting.cli.language import pick
from dongting.errors import Language


def explain(error: click.ClickException, spoken: Language) -> str:
    """What was wrong with the command line, and where its help is."""
    lines = [pick(("Error", "错误"), spoken) + ": " + _message(error, spoken)]
    context = error.ctx if isinstance(error, click.UsageError) else None
    if context is not None:
        lines.insert(0, context.get_usage())
        help_ = f"{context.command_path} --help"
        lines.append(pick((f"Try `{help_}`.", f"用法见 `{help_}`。"), spoken))
    return "\n".join(lines)


def _message(error: click.ClickException, spoken: Language) -> str:
    if spoken != "zh":
        return error.format_message()
    if isinstance(error, click.NoSuchOption):
        near = f"；是否想用 {'、'.join(error.possibilities)}？" if error.possibilities else "。"
        return f"没有选项 {error.option_name}{near}"
    if isinstance(error, click.MissingParameter):
        hint = error.param.get_error_hint(error.ctx) if error.param and error.ctx else error.param_hint
        return f"缺少 {hint}。"
    if isinstance(error, click.BadParameter):
        hint = error.param.get_error_hint(error.ctx) if error.param and error.ctx else error.param_hint
        return f"{hint} 的值无效：{error.message}"
    if isinstance(error, click.FileError):
        return f"无法打开文件 {error.ui_filename}：{error.message}"
    return error.format_message()
