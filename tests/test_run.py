"""`run.py`: what it does before there is anything to import."""

import ast
import importlib.util
import os
import platform
import stat
import subprocess
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

RUN = Path(__file__).resolve().parent.parent / "run.py"


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> ModuleType:
    """The program as a module, in an empty folder of its own."""
    spec = importlib.util.spec_from_file_location("run", RUN)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    for name, value in {
        "HERE": tmp_path,
        "VENV": tmp_path / ".venv",
        "PYTHON": tmp_path / ".venv/bin/python",
        "VAR": tmp_path / "var",
    }.items():
        monkeypatch.setattr(module, name, value)
    return module


class Commands:
    """Instead of real processes: what was to be run, and with what it ends."""

    def __init__(self) -> None:
        self.lines: list[list[str]] = []
        self.environments: list[dict[str, str]] = []
        self.ends_with: dict[str, int] = {}

    def __call__(self, command: list[str], **options: Any) -> SimpleNamespace:
        self.lines.append(command)
        self.environments.append(options.get("env") or dict(os.environ))
        line = " ".join(command)
        code = next((code for part, code in self.ends_with.items() if part in line), 0)
        return SimpleNamespace(returncode=code, stdout="", stderr="")

    def with_word(self, word: str) -> list[list[str]]:
        return [line for line in self.lines if word in line]


@pytest.fixture
def commands(monkeypatch: pytest.MonkeyPatch) -> Commands:
    commands = Commands()
    monkeypatch.setattr(subprocess, "run", commands)
    return commands


@pytest.fixture
def has_venv(run: ModuleType) -> None:
    run.PYTHON.parent.mkdir(parents=True)
    run.PYTHON.touch()


def test_an_old_python_can_read_it_to_the_end() -> None:
    # Its first lines tell an old Python what to do, which works only where the whole file can be parsed.
    ast.parse(RUN.read_text(), feature_version=(3, 6))


def test_it_needs_the_standard_library_only() -> None:
    imported = {
        name.name.split(".")[0]
        for node in ast.walk(ast.parse(RUN.read_text()))
        if isinstance(node, ast.Import)
        for name in node.names
    }

    assert imported <= set(__import__("sys").stdlib_module_names)


@pytest.mark.parametrize(
    ("system", "line"),
    [
        ({"ID": "debian"}, "apt-get install -y python{}-venv"),
        ({"ID": "linuxmint", "ID_LIKE": "ubuntu debian"}, "apt-get install -y python{}-venv"),
        ({"ID": "fedora"}, "dnf install -y python3-pip"),
        ({"ID": "alpine"}, "apk add py3-pip"),
    ],
)
def test_a_missing_ensurepip_prints_the_line_that_mends_it(
    run: ModuleType,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    system: dict[str, str],
    line: str,
) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    monkeypatch.setattr(platform, "freedesktop_os_release", lambda: system)
    monkeypatch.setattr("sys.argv", ["run.py"])

    ended_with = run.main()

    version = ".".join(platform.python_version_tuple()[:2])
    assert ended_with == 1
    assert line.format(version) in capsys.readouterr().err


def test_a_second_install_runs_no_pip(run: ModuleType, commands: Commands, has_venv: None) -> None:
    run.install("runtime")
    once = len(commands.with_word("install"))

    run.install("runtime")

    assert once == len(commands.with_word("install")) == 1


def test_changed_requirements_are_installed_again(
    run: ModuleType, commands: Commands, has_venv: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    run.install("runtime")

    monkeypatch.setattr(run, "digest", lambda layer: "another")
    run.install("runtime")

    assert len(commands.with_word("install")) == 2


def test_the_first_command_installs_the_runtime_only(run: ModuleType, commands: Commands, has_venv: None) -> None:
    run.install("runtime")

    [line] = commands.with_word("install")
    assert line[-1].endswith("runtime.txt")


def test_a_failed_install_is_no_install(run: ModuleType, commands: Commands, has_venv: None) -> None:
    commands.ends_with["install"] = 1

    with pytest.raises(run.CannotGoOn):
        run.install("runtime")

    assert not run.stamp("runtime").exists()


def test_a_venv_that_does_not_answer_is_made_anew(run: ModuleType, commands: Commands, has_venv: None) -> None:
    commands.ends_with["pip --version"] = 1

    run.make_venv()

    assert not run.PYTHON.exists()
    assert [line[-1] for line in commands.with_word("venv")] == [str(run.VENV)]


def test_the_keys_are_made_once_and_for_the_owner_only(run: ModuleType) -> None:
    run.embedded_environment()
    first = (run.VAR / "secret.env").read_text()
    run.embedded_environment()

    assert (run.VAR / "secret.env").read_text() == first
    assert stat.S_IMODE((run.VAR / "secret.env").stat().st_mode) == 0o600
    assert [line.split("=")[0] for line in first.splitlines()] == ["SECRET_KEY", "CREDENTIAL_KEY"]


def test_files_for_browsers_are_collected_when_they_changed(
    run: ModuleType, commands: Commands, tmp_path: Path
) -> None:
    (tmp_path / "var").mkdir()
    sheet = tmp_path / "static" / "app.css"
    sheet.parent.mkdir()
    sheet.write_text("a {}")

    run.prepare({})
    run.prepare({})
    unchanged = len(commands.with_word("collectstatic"))
    sheet.write_text("b {}")
    run.prepare({})

    assert unchanged == 1
    assert len(commands.with_word("collectstatic")) == 2


class TestRunningTheTests:
    @pytest.fixture(autouse=True)
    def _installed(self, run: ModuleType, commands: Commands, has_venv: None) -> None:
        run.install("test")
        commands.lines.clear()
        commands.environments.clear()

    def passes(self, commands: Commands) -> list[list[str]]:
        return commands.with_word("pytest")

    def test_there_are_two_passes(self, run: ModuleType, commands: Commands) -> None:
        ended_with = run.test([])

        embedded, on_servers = self.passes(commands)
        assert ended_with == 0
        assert "--servers" not in embedded
        assert on_servers[-3:] == ["--servers", "-m", "storage"]

    def test_the_first_pass_is_embedded_whatever_the_environment_says(
        self, run: ModuleType, commands: Commands, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("DATABASE_URL", "postgres://elsewhere/depot")
        run.test([])

        with_address = ["DATABASE_URL" in environment for environment in commands.environments[-2:]]
        assert with_address == [False, True]

    def test_a_failure_in_either_pass_is_a_failure(self, run: ModuleType, commands: Commands) -> None:
        commands.ends_with["-m storage"] = 1

        assert run.test([]) == 1

    def test_no_test_at_all_is_a_failure(self, run: ModuleType, commands: Commands) -> None:
        commands.ends_with["-m pytest"] = run.NO_TESTS

        assert run.test([]) == run.NO_TESTS

    def test_a_chosen_test_need_not_touch_storage(self, run: ModuleType, commands: Commands) -> None:
        commands.ends_with["-m storage"] = run.NO_TESTS

        assert run.test(["tests/test_run.py"]) == 0


def test_every_check_is_run_although_one_fails(run: ModuleType, commands: Commands, has_venv: None) -> None:
    run.install("dev")
    commands.lines.clear()
    commands.ends_with["ruff check"] = 1

    ended_with = run.check([])

    assert ended_with == 1
    assert len([line for line in commands.lines if line[-1] != "--version"]) == len(run.CHECKS)
