"""Keys that a command makes once and keeps."""

import logging
import stat
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ed25519

from serverless_hub.cli.access_key import ACCESS_KEY_VARIABLE, DEVELOPMENT_KEY, choose_keys
from serverless_hub.cli.identity_key import kept_identity_key
from serverless_hub.cli.key_file import keep_secret, make_access_key, state_folder
from serverless_hub.clock import SystemClock
from serverless_hub.errors import ConfigurationError
from serverless_hub.service.managed_identity import DEVELOPMENT_TENANT, ManagedIdentity

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="modes and owners are those of POSIX")
KEY = "an-access-key-of-some-length"
ALL = "0.0.0.0"  # noqa: S104 - nothing listens there
LOOPBACK = "127.0.0.1"


def ed25519_key() -> str:
    key = ed25519.Ed25519PrivateKey.generate()
    form = serialization.PrivateFormat.PKCS8
    return key.private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption()).decode()


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_a_key_is_made_once_and_only_its_owner_can_read_it(tmp_path: Path) -> None:
    path = tmp_path / "state" / "serverless-hub" / "access-key"
    key = keep_secret(path, make_access_key)
    assert keep_secret(path, make_access_key) == key
    assert (mode(path), mode(path.parent)) == (0o600, 0o700)
    assert list(path.parent.iterdir()) == [path]
    assert len(key) > 40


def test_of_several_that_begin_at_once_all_have_the_same_key(tmp_path: Path) -> None:
    path = tmp_path / "new" / "access-key"
    with ThreadPoolExecutor(8) as pool:
        keys = [pool.submit(keep_secret, path, make_access_key) for _ in range(32)]
        assert len({key.result() for key in keys}) == 1
    assert list(path.parent.iterdir()) == [path]


def test_one_that_was_faster_counts(tmp_path: Path) -> None:
    path = tmp_path / "new" / "access-key"

    def slowly() -> str:
        assert keep_secret(path, lambda: KEY) == KEY
        return "another-key-of-some-length"

    assert keep_secret(path, slowly) == KEY


def trap(kind: str, path: Path) -> None:
    path.parent.mkdir(mode=0o700)
    match kind:
        case "readable":
            path.touch(0o640)
            path.write_text(KEY)
        case "link":
            other = path.with_name("other")
            other.touch(0o600)
            path.symlink_to(other)
        case "folder":
            path.mkdir()
        case "empty":
            path.touch(0o600)
        case "binary":
            path.touch(0o600)
            path.write_bytes(b"\xff" * 32)
        case "open folder":
            path.parent.chmod(0o755)
        case _:
            path.parent.rmdir()
            path.parent.symlink_to(path.parent.parent)


@pytest.mark.parametrize(
    ("kind", "complaint"),
    [
        ("readable", "other users have access to .*access-key: chmod 600"),
        ("link", "is a link, or no file: remove it"),
        ("folder", "is a link, or no file: remove it"),
        ("empty", "holds no key: remove it"),
        ("binary", "holds no key: remove it"),
        ("open folder", "other users have access to .*state: chmod 700"),
        ("folder that is a link", "is no folder, or a link to one: remove it"),
    ],
)
@pytest.mark.requirement("process.key.kept")
def test_what_somebody_else_may_have_read_or_put_there_is_refused(kind: str, complaint: str, tmp_path: Path) -> None:
    path = tmp_path / "state" / "access-key"
    trap(kind, path)
    with pytest.raises(ConfigurationError, match=complaint) as refused:
        keep_secret(path, make_access_key)
    assert KEY not in str(refused.value)


def test_a_folder_of_another_user_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "state" / "access-key"
    keep_secret(path, make_access_key)
    owner = path.stat().st_uid
    monkeypatch.setattr("os.geteuid", lambda: owner + 1)
    with pytest.raises(ConfigurationError, match="belongs to another user"):
        keep_secret(path, make_access_key)


@pytest.mark.parametrize(
    ("environ", "platform", "expected"),
    [
        ({}, "linux", "/users/ann/.local/state/serverless-hub"),
        ({"XDG_STATE_HOME": "/var/state"}, "linux", "/var/state/serverless-hub"),
        ({"XDG_STATE_HOME": "relative"}, "linux", "/users/ann/.local/state/serverless-hub"),
        ({}, "darwin", "/users/ann/Library/Application Support/serverless-hub"),
        ({}, "win32", "/users/ann/AppData/Local/serverless-hub"),
        ({"LOCALAPPDATA": "/local"}, "win32", "/local/serverless-hub"),
    ],
)
def test_keys_are_where_the_system_wants_them(environ: dict[str, str], platform: str, expected: str) -> None:
    assert state_folder(environ, platform, lambda: Path("/users/ann")) == Path(expected)


def test_a_user_without_a_home_is_told_what_to_set() -> None:
    def homeless() -> Path:
        raise RuntimeError("Could not determine home directory.")

    with pytest.raises(ConfigurationError, match="set XDG_STATE_HOME to a folder"):
        state_folder({}, "linux", homeless)


@pytest.mark.requirement("process.key.kept")
def test_other_machines_are_served_with_a_random_key_that_survives_a_restart(tmp_path: Path) -> None:
    environ = {"XDG_STATE_HOME": str(tmp_path)}
    first, second = choose_keys([], ALL, environ), choose_keys([], ALL, environ)
    assert first == second
    assert first.path == tmp_path / "serverless-hub" / "access-key"
    assert DEVELOPMENT_KEY not in first.keys
    assert first.keys[0] not in repr(first)
    assert choose_keys([], LOOPBACK, environ).keys == (DEVELOPMENT_KEY,)
    assert choose_keys([], LOOPBACK, environ, generate=True) == first
    assert choose_keys([], ALL, {**environ, ACCESS_KEY_VARIABLE: KEY}).keys == (KEY,)


def test_two_options_for_the_key_are_refused() -> None:
    with pytest.raises(ConfigurationError, match="give one of them"):
        choose_keys([KEY], LOOPBACK, {}, generate=True)


def test_a_key_that_cannot_be_kept_is_an_error_that_says_what_to_set(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(OSError, match=f"set {ACCESS_KEY_VARIABLE} to a secret one"):
        choose_keys([], ALL, {"XDG_STATE_HOME": str(tmp_path / "file")})


def keys_of(identity: ManagedIdentity) -> object:
    return identity.document(f"/{DEVELOPMENT_TENANT}/discovery/v2.0/keys", "http://127.0.0.1")


@pytest.mark.requirement("process.identity.kept")
def test_the_managed_identity_signs_with_the_same_key_after_a_restart(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    before, after = (ManagedIdentity(SystemClock(), kept_identity_key) for _ in range(2))
    assert keys_of(before) == keys_of(after)
    assert mode(tmp_path / "serverless-hub" / "managed-identity.pem") == 0o600


def test_a_managed_identity_takes_rsa_keys_only() -> None:
    with pytest.raises(TypeError, match="has to be an RSA key"):
        ManagedIdentity(SystemClock(), ed25519_key).token("api://app")


@pytest.mark.parametrize("held", ["no key at all", ed25519_key()], ids=["text", "another kind of key"])
def test_an_identity_whose_key_cannot_be_used_has_another_and_the_log_says_why(
    held: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    keep_secret(tmp_path / "serverless-hub" / "managed-identity.pem", lambda: held)
    assert "BEGIN PRIVATE KEY" in kept_identity_key()
    assert "holds no RSA key: remove it" in caplog.text
    assert held not in caplog.text
