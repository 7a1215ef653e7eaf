import tomllib
from pathlib import Path

import msgspec
import pytest

from dongting.errors import Refused
from dongting.node import config, settings
from dongting.node.config import SECTIONS, Config

every = list(settings.every(SECTIONS))
each = pytest.mark.parametrize("setting", every, ids=lambda s: s.name)


def refused(text):
    with pytest.raises(Refused) as caught:
        config.read(tomllib.loads(text))
    assert caught.value.text("en") != caught.value.text("zh")
    return caught.value


@each
def test_every_setting_is_documented_in_both_languages_with_its_bounds(setting):
    assert setting.en.endswith(".")
    assert setting.zh.endswith("。")
    assert setting.allowed("en")
    assert setting.allowed("zh")
    assert setting.name in settings.reference(SECTIONS, "en")
    assert setting.zh in settings.reference(SECTIONS, "zh")


@each
def test_every_default_is_allowed(setting):
    assert msgspec.convert(setting.default, setting.kind) == setting.default


@each
def test_a_value_of_the_wrong_type_names_the_setting_and_what_is_allowed(setting):
    section, name = setting.name.split(".")
    wrong = "[1]"
    caught = refused(f"[{section}]\n{name} = {wrong}")
    assert caught.code is config.BAD_SETTING
    assert caught.text("en").startswith(
        f"{setting.name} = [1] is not allowed. Allowed: {setting.allowed('en')}"
    )
    assert setting.allowed("zh") in caught.text("zh")


def test_every_section_of_the_configuration_says_what_it_is():
    assert all(struct.__doc__ for struct in SECTIONS.values())
    assert list(SECTIONS) == [f for f in Config.__struct_fields__ if f != "base"]


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_example_is_the_defaults_and_stays_so_uncommented(tmp_path, language):
    text = settings.example(SECTIONS, language)
    path = tmp_path / "dongting.toml"
    path.write_text(text, encoding="utf-8")
    assert config.load(path) == Config(base=str(tmp_path))
    names = {setting.name.split(".")[1] for setting in every}
    bare = [
        line.removeprefix("# ") if line.removeprefix("# ").split(" = ")[0] in names else line
        for line in text.splitlines()
    ]
    path.write_text("\n".join(bare), encoding="utf-8")
    assert len(settings.names(SECTIONS)) == sum(map(len, tomllib.loads(path.read_text()).values()))
    assert config.load(path) == Config(base=str(tmp_path))


def test_an_empty_file_gives_a_node_that_only_this_machine_reaches(tmp_path):
    path = tmp_path / "dongting.toml"
    path.write_text("")
    read = config.load(path)
    assert (read.http.host, read.http.port, read.public_url) == ("127.0.0.1", 8420, "http://127.0.0.1:8420")
    assert read.home == tmp_path / "data"
    assert read.path(read.keystore.path) == tmp_path / "data" / "keys" / "keystore.json"
    assert read.views_url == f"sqlite:///{tmp_path}/data/views.sqlite"


def test_absolute_paths_and_other_databases_are_taken_as_they_are():
    read = config.read(
        {
            "node": {"home": "/srv/dongting"},
            "files": {"directory": "/big"},
            "views": {"url": "postgresql:///views"},
        }
    )
    assert read.home == Path("/srv/dongting")
    assert read.path(read.files.directory) == Path("/big")
    assert read.views_url == "postgresql+psycopg:///views"
    assert config.read({"views": {"url": "sqlite:////v/x.sqlite"}}).views_url == "sqlite:////v/x.sqlite"


@pytest.mark.parametrize(
    "text",
    [
        "[http]\nport = 70000", "[http]\nport = -1", '[http]\nport = "8420"', "[http]\nport = 8420.0",
        "[http]\nworkers = 0", "[http]\nworkers = true", "[http]\nbehind_tls = 1", '[log]\nlevel = "loud"',
        '[http]\nhost = "a b"', '[http]\nhost = "127.0.0.1\\n"', '[views]\nurl = "mysql://x"',
        '[metrics]\nbind = "localhost"', '[metrics]\nbind = "localhost:99999"', "[store]\ncache_mb = 0",
        '[keystore]\ncredential = "../x"', "[node]\nname = ''",
    ],
)  # fmt: skip
def test_values_out_of_bounds_are_refused(text):
    assert refused(text).code is config.BAD_SETTING


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("[http]\nprot = 1", "http.port"),
        ("[htp]\nport = 1", "http"),
        ("[node]\nport = 1", "http.port"),
        ("port = 1", "http.port"),
        ("[kernel]\nmax_block_statement = 1", "kernel.max_block_statements"),
    ],
)
def test_an_unknown_setting_is_refused_with_what_was_meant(text, meant):
    caught = refused(text)
    assert caught.code is config.UNKNOWN_SETTING
    assert f"Did you mean {meant}?" in caught.text("en")
    assert f"是否想写 {meant}？" in caught.text("zh")


def test_an_unknown_setting_unlike_any_other_gets_no_hint():
    assert "mean" not in refused("[zzz]\nqqq = 1").text("en")


@pytest.mark.parametrize(
    "text",
    [
        '[keystore]\npassphrase = "x"', '[keystore]\npassword = "x"', '[http]\napi_key = "x"', 'secret = "x"',
        '[node]\nprivate_key = "x"', '[http]\ntoken = "x"', '[views]\nurl = "postgresql://u:p@h/db"',
        '[views]\nurl = "postgresql://h/db?password=p"', '[http]\npublic_url = "https://u:p@h"',
    ],
)  # fmt: skip
def test_secrets_are_refused_and_never_repeated(text):
    caught = refused(text)
    assert caught.code is config.SECRET_IN_CONFIG
    assert '"x"' not in str(caught)
    assert "u:p@h" not in str(caught)


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "10.1.2.3", "node.example"])
def test_listening_beyond_this_machine_needs_the_statement_that_tls_ends_in_front(host):
    caught = refused(f'[http]\nhost = "{host}"')
    assert caught.code is config.NEEDS_TLS
    assert "behind_tls" in caught.text("zh")
    assert config.read({"http": {"host": host, "behind_tls": True}}).http.host == host


def test_a_public_address_is_https_and_metrics_stay_home_unless_stated():
    assert refused('[http]\npublic_url = "http://node.example"').code is config.NEEDS_TLS
    assert config.read({"http": {"public_url": "http://localhost:1"}}).public_url == "http://localhost:1"
    assert config.read({"http": {"public_url": "https://n.example/"}}).public_url == "https://n.example"
    assert refused('[metrics]\nenabled = true\nbind = "0.0.0.0:1"').code is config.NEEDS_TLS
    assert config.read({"metrics": {"enabled": True, "bind": "[::1]:9464"}}).metrics.enabled
    assert config.read({"metrics": {"enabled": True, "bind": "0.0.0.0:1", "allow_remote": True}})


@pytest.mark.parametrize("data", [b"port = ", b"\xff\xfe", b"a = 1\na = 2"])
def test_a_file_that_is_not_toml_is_refused(tmp_path, data):
    path = tmp_path / "dongting.toml"
    path.write_bytes(data)
    with pytest.raises(Refused) as caught:
        config.load(path)
    assert caught.value.code is config.UNREADABLE


def test_a_missing_file_is_refused_with_what_to_do(tmp_path):
    with pytest.raises(Refused) as caught:
        config.load(tmp_path / "no.toml")
    assert "dongting config example" in caught.value.text()
