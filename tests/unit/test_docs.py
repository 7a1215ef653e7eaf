"""The documents say what is there: links, paths, commands, codes, code blocks and tables."""

import importlib
import importlib.util
import pkgutil
import re
import shlex
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from types import ModuleType

import click
import pytest

import dongting
from dongting.cli.main import root
from dongting.errors import Code

ROOT = Path(__file__).parent.parent.parent
README, CHINESE = ROOT / "README.md", ROOT / "README.zh-CN.md"
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("bench/*.md")])
TUTORIAL = ROOT / "docs" / "writing-an-app.md"

_FENCE = re.compile(r"^```([^\n`]*)\n(.*?)^```$", re.M | re.S)
_TO_WRITE = "src/dongting/apps/permits.py"  # what a reader of the tutorial makes
_PROMISED = ("src/", "tests/", "docs/", "bench/", "examples/")


def named(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


each_page = pytest.mark.parametrize("page", PAGES, ids=named)


def text(page: Path) -> str:
    return page.read_text("utf-8")


def blocks(page: Path, language: str) -> Iterator[tuple[str, str]]:
    """What follows the language in the fence's first line, and the block."""
    for info, body in _FENCE.findall(text(page)):
        word, _, rest = info.partition(" ")
        if word == language:
            yield rest.strip(), body


def inline(page: Path) -> list[str]:
    """Everything in single backticks outside of fences."""
    return re.findall(r"`([^`\n]+)`", _FENCE.sub("", text(page)))


def slug(heading: str) -> str:
    """The anchor that GitHub gives a heading."""
    kept = re.sub(r"[^\w\- ]", "", heading.strip().lower().replace("`", ""))
    return kept.replace(" ", "-")


def anchors(page: Path) -> set[str]:
    return {slug(found) for found in re.findall(r"^#+ (.+)$", _FENCE.sub("", text(page)), re.M)}


# Links and paths


@each_page
def test_links_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)\s]+)\)", _FENCE.sub("", text(page))):
        if target.startswith(("http://", "https://", "mailto:")):
            continue
        path, _, anchor = target.partition("#")
        place = (page.parent / path).resolve() if path else page
        assert place.exists(), f"{named(page)} links to {target}"
        if anchor and place.suffix == ".md":
            assert anchor in anchors(place), f"{named(page)} links to {target}"


@each_page
def test_paths_exist(page: Path) -> None:
    for word in inline(page):
        if word.startswith(_PROMISED) and "<" not in word and " " not in word and word != _TO_WRITE:
            path, _, test = word.partition("::")
            assert list(ROOT.glob(path.rstrip("/"))), f"{named(page)} names {word}"
            assert f"def {test.partition('[')[0]}(" in text(ROOT / path) if test else True, word


@each_page
def test_pages_name_modules_that_can_be_imported(page: Path) -> None:
    for word in inline(page):
        if re.fullmatch(r"dongting(\.\w+)+", word) and word != "dongting.toml":
            module, _, attribute = word.rpartition(".")
            found = importlib.util.find_spec(word) if not attribute[0].isupper() else None
            assert found or hasattr(importlib.import_module(module), attribute), word


def test_every_page_can_be_reached_from_the_readme() -> None:
    reached, waiting = set[Path](), [README]
    while waiting:
        page = waiting.pop()
        reached.add(page)
        for target in re.findall(r"\]\(([^)#\s]+\.md)", text(page)):
            place = (page.parent / target).resolve()
            if place not in reached and ROOT in place.parents:
                waiting.append(place)
    assert set(PAGES) <= reached


# Commands


def resolve(words: list[str]) -> None:
    """Follow the words through the commands; fails at one that is not there."""
    command: click.Command = root
    context = click.Context(root, info_name="dongting")
    waiting = list(words)
    while waiting:
        word = waiting.pop(0)
        if word.startswith("-") and len(word) > 1:
            name, _, value = word.partition("=")
            option = next((o for o in command.params if name in o.opts), None)
            assert option is not None or name == "--help", f"{command.name} has no option {name}"
            if isinstance(option, click.Option) and not (option.is_flag or option.count or value):
                assert waiting, f"{name} needs a value"
                waiting.pop(0)
        elif isinstance(command, click.Group):
            found = command.get_command(context, word)
            assert found is not None, f"there is no command {word} in {command.name}"
            command, context = found, click.Context(found, info_name=word, parent=context)


def commands(source: str) -> Iterator[list[str]]:
    """The commands in a shell text: continued lines joined, redirections and comments dropped."""
    for line in source.replace("\\\n", " ").splitlines():
        words = shlex.split(line.removeprefix("$ ").strip(), comments=True)
        while words and re.fullmatch(r"[A-Z_]+=.*", words[0]):
            words.pop(0)
        if words and Path(words[0]).name == "dongting":
            ends = [n for n, word in enumerate(words) if re.fullmatch(r"\||&&?|;|\d*[<>].*", word)]
            yield words[1 : ends[0] if ends else None]


@each_page
def test_commands_exist(page: Path) -> None:
    shell = "\n".join(body for _, body in blocks(page, "sh"))
    for words in (*commands(shell), *commands("\n".join(inline(page)))):
        resolve(words)


# Refusals


@cache
def modules() -> tuple[ModuleType, ...]:
    names = [m.name for m in pkgutil.walk_packages(dongting.__path__, "dongting.")]
    entry_points = {"dongting.cli.demo"}
    return tuple(importlib.import_module(name) for name in names if name not in entry_points)


@cache
def codes() -> frozenset[Code]:
    return frozenset(value for m in modules() for value in vars(m).values() if isinstance(value, Code))


def test_every_command_that_a_refusal_advises_exists() -> None:
    for code in codes():
        for advice in (code.en, code.zh):
            for words in commands("\n".join(re.findall(r"`(dongting [^`]+)`", advice))):
                resolve([re.sub(r"\{\w+\}", "x", word) for word in words])


@each_page
def test_codes_exist(page: Path) -> None:
    known = {str(code) for code in codes()}
    owners = {code.module for code in codes()} - {
        "membership",
        "governance",
        "catalogue",
        "sharing",
        "evidence",
    }
    for word in inline(page):
        owner, _, name = word.partition("/")
        if owner in owners and re.fullmatch(r"[a-z][a-z-]+", name):
            assert word in known, f"{named(page)} names {word}"


# Code blocks and tables


def test_the_tutorial_shows_its_code_whole_and_in_order() -> None:
    shown: dict[str, str] = {}
    for place, body in blocks(TUTORIAL, "python"):
        shown[place] = shown.get(place, "") + body
    assert set(shown) == {"examples/permits.py", "examples/test_permits.py"}
    for place, body in shown.items():
        written = [line for line in text(ROOT / place).splitlines() if line]
        assert [line for line in body.splitlines() if line] == written, f"{place} reads otherwise"


@each_page
def test_python_elsewhere_runs(page: Path) -> None:
    space: dict[str, object] = {}
    for place, body in blocks(page, "python"):
        if not place:
            exec(compile(body, named(page), "exec"), space)


def test_tables_made_from_the_code_are_up_to_date() -> None:
    spec = importlib.util.spec_from_file_location("tables", ROOT / "docs" / "tables.py")
    assert spec is not None
    assert spec.loader is not None
    tables = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(tables)
    page = text(ROOT / "docs" / "operating.md")
    assert all(f"<!-- table: {name} -->" in page for name in tables.TABLES)
    assert tables.updated(page) == page, "run: .venv/bin/python docs/tables.py"


def test_the_page_on_libraries_names_all_and_only_the_dependencies() -> None:
    project = tomllib.loads(text(ROOT / "pyproject.toml"))["project"]
    wanted = {re.match(r"[a-z0-9-]+", dependency)[0] for dependency in project["dependencies"]}  # type: ignore[index]
    page = text(ROOT / "docs" / "decisions" / "0001-libraries.md")
    assert set(re.findall(r"^\| `([a-z0-9-]+)` \|", page, re.M)) == wanted


def test_decisions_are_numbered_and_listed() -> None:
    pages = sorted((ROOT / "docs" / "decisions").glob("0*.md"))
    listed = re.findall(r"^(\d+)\. \[(.+)\]\((.+)\)$", text(ROOT / "docs" / "decisions" / "README.md"), re.M)
    assert [name for _, _, name in listed] == [page.name for page in pages]
    for number, (given, title, name) in enumerate(listed, 1):
        page = text(ROOT / "docs" / "decisions" / name)
        assert page.startswith(f"# {number}. {title}\n")
        assert (int(given), int(name[:4])) == (number, number)


# The two languages


def test_both_readmes_have_the_same_commands_links_and_headings() -> None:
    for language in ("sh", "text"):
        assert [body for _, body in blocks(README, language)] == [
            body for _, body in blocks(CHINESE, language)
        ]
    levels = [re.findall(r"^(#+) ", _FENCE.sub("", text(page)), re.M) for page in (README, CHINESE)]
    assert levels[0] == levels[1]
    links = [
        sorted(re.findall(r"\]\(([^)\s]+)\)", text(page).replace(".zh-CN", "").replace(README.name, "")))
        for page in (README, CHINESE)
    ]
    assert links[0] == links[1]


@pytest.mark.parametrize(("language", "page"), [("en", "guide.md"), ("zh", "guide.zh-CN.md")])
def test_a_guide_shows_every_picture_that_the_journeys_make_and_no_other(language: str, page: str) -> None:
    journeys = "".join(text(path) for path in sorted((ROOT / "tests" / "e2e").glob("*.py")))
    made = set(re.findall(r'\.picture\("([a-z-]+)"\)', journeys))
    shown = set(re.findall(rf"\(guide/{language}/([a-z-]+)\.jpg\)", text(ROOT / "docs" / page)))
    there = {path.stem for path in (ROOT / "docs" / "guide" / language).iterdir()}
    assert shown == there == made, "run: make guide"
