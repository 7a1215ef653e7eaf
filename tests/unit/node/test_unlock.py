import os

import pytest

from dongting.errors import Refused
from dongting.node import unlock


def code_of(action, *arguments):
    with pytest.raises(Refused) as refused:
        action(*arguments)
    assert refused.value.text("zh")
    return refused.value.code


def pipe(data):
    read, write = os.pipe()
    os.write(write, data)
    os.close(write)
    return read


@pytest.mark.parametrize("end", [b"", b"\n", b"\r\n"])
def test_a_descriptor_is_read_to_its_end_and_closed(end):
    descriptor = pipe(b"correct horse battery" + end)
    assert unlock.from_descriptor(descriptor) == b"correct horse battery"
    with pytest.raises(OSError):
        os.fstat(descriptor)


def test_a_descriptor_that_is_not_open_is_refused():
    descriptor = pipe(b"")
    os.close(descriptor)
    assert code_of(unlock.from_descriptor, descriptor) is unlock.NO_CREDENTIAL


@pytest.mark.parametrize(
    "data", [b"", b"\n", b"short", b"x" * 1025, b"two lines\nof passphrase", b"with a nul\0 inside it"]
)
def test_a_bad_passphrase_is_refused(data):
    assert code_of(unlock.from_descriptor, pipe(data)) is unlock.BAD_PASSPHRASE


def test_a_systemd_credential_is_found_by_its_name(tmp_path):
    credential = tmp_path / "keystore"
    credential.write_bytes(b"correct horse battery\n")
    for mode in (0o400, 0o440):
        credential.chmod(mode)
        assert unlock.from_credential("keystore", str(tmp_path)) == b"correct horse battery"


def test_a_credential_open_to_every_account_is_refused(tmp_path):
    (tmp_path / "keystore").write_bytes(b"correct horse battery")
    (tmp_path / "keystore").chmod(0o444)
    assert code_of(unlock.from_credential, "keystore", str(tmp_path)) is unlock.NO_CREDENTIAL


def test_without_credentials_it_says_what_to_do():
    for directory in (None, ""):
        with pytest.raises(Refused) as refused:
            unlock.from_credential("keystore", directory)
        assert "LoadCredential=keystore:" in refused.value.text()


@pytest.mark.parametrize("name", ["../keystore", "a/b", "", ".hidden", "missing", "link"])
def test_names_that_are_paths_missing_or_linked_are_refused(tmp_path, name):
    (tmp_path / "link").symlink_to("/etc/hostname")
    assert code_of(unlock.from_credential, name, str(tmp_path)) is unlock.NO_CREDENTIAL


def test_a_prompt_takes_any_script():
    assert unlock.from_prompt("?", lambda text: "洞庭湖水连天") == "洞庭湖水连天".encode()
    assert code_of(unlock.from_prompt, "?", lambda text: "短") is unlock.BAD_PASSPHRASE
