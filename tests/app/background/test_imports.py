"""Imports: the command's answer becomes the state, and a cancelled import leaves nothing."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from app.background import imports as importing
from app.background.imports import Import, Imports, Request
from resnet_core.system import home as home_module
from resnet_core.system.texts import Message
from tests.small_runs import wait_until

DAMAGED = Message("errors.weights.damaged", path="net.th").dumps()
TRIAL = {
    **{"network": "cifar/resnet-8", "shortcut": "A", "option_a_padding": "end"},
    **{"stride_in": None, "normalization": "imagenet", "error": 9.5, "n": 80},
}


@pytest.fixture(autouse=True)
def own_home(home: Path) -> None:
    pass


@pytest.fixture
def commands(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], list[list[str]]]:
    """Have this script stand in for the command; returns the commands run."""
    real = subprocess.Popen

    def arrange(script: str) -> list[list[str]]:
        commands_run: list[list[str]] = []

        def start(command: list[str], **settings: object) -> subprocess.Popen[bytes]:
            commands_run.append(command[1:])
            return real([sys.executable, "-c", script], **settings)  # type: ignore[call-overload]

        monkeypatch.setattr(importing.subprocess, "Popen", start)
        return commands_run

    return arrange


def ended(imports: Imports, token: str) -> Import:
    def state() -> Import | None:
        now = imports.state(token)
        return now if now is not None and now.done else None

    return wait_until(state, "the end of the import", 120)


def request(content: bytes = b"weights", **options: str) -> Request:
    return Request("net.th", content, options)


def test_the_command_gets_the_file_and_the_options(commands: Callable) -> None:
    answer = json.dumps({"id": "20261121-abcdef", "warning": "It fits badly."}, indent=2)
    commands_run = commands(
        "import sys; assert sys.stdin.buffer.read() == b'x' * 3_000_000\n"
        f"print('{{\"done\": 0, \"total\": 8}}'); print('''{answer}''')"
    )
    imports = Imports()
    options = {"data": "shapes", "image_size": "", "option_a_padding": "both"}
    state = ended(imports, imports.submit(request(b"x" * 3_000_000, **options)))
    assert state == Import(1.0, "20261121-abcdef", done=True)
    (command,) = commands_run
    assert command[:5] == ["-m", "resnet_core", "--json-errors", "import", "-"]
    assert command[-4:] == ["--data", "shapes", "--option-a-padding", "both"]
    assert "--image-size" not in command


@pytest.mark.parametrize(
    ("script", "expected"),
    [
        (
            f"print({json.dumps({'error': 'choose', 'open': [TRIAL]})!r}); raise SystemExit(2)",
            Import(done=True, trials=(TRIAL,)),
        ),
        (
            f"import sys; print({DAMAGED!r}, file=sys.stderr); print('{{}}'); raise SystemExit(2)",
            "net.th is damaged or cut short.",
        ),
        ("raise SystemExit(1)", "nothing of it was kept"),
        ("print('{\"done\": half'); raise SystemExit(0)", "nothing of it was kept"),
        ("print('{\"done\"}')", "nothing of it was kept"),
        ("import os, signal; os.kill(os.getpid(), signal.SIGKILL)", "nothing of it was kept"),
    ],
    ids=["open", "refused", "broken", "torn", "unreadable", "killed"],
)
def test_the_state_has_the_end_of_the_command(
    commands: Callable, script: str, expected: Import | str
) -> None:
    commands(script)
    imports = Imports()
    state = ended(imports, imports.submit(request()))
    if isinstance(expected, Import):
        assert state == expected
    else:
        assert state.run_id is None
        assert expected in str(state.error)


def test_a_forgotten_import_is_killed_and_leaves_nothing(commands: Callable) -> None:
    """The stand-in stages as the command does, and then works for a minute."""
    commands(
        "import time\nfrom resnet_core.runs import imported\n"
        "with imported.staged() as folder:\n"
        "    (folder / 'upload').write_bytes(b'half')\n"
        '    print(\'{"done": 1, "total": 4}\', flush=True)\n'
        "    time.sleep(60)\n"
    )
    imports = Imports()
    token = imports.submit(request())
    wait_until(lambda: (now := imports.state(token)) and now.share == 0.25, "a quarter", 120)
    assert len(list(home_module.imports_folder().iterdir())) == 2
    imports.forget(token)
    assert imports.state(token) is None
    wait_until(lambda: not list(home_module.imports_folder().iterdir()), "nothing to be left", 60)


def test_imports_wait_for_each_other(commands: Callable) -> None:
    commands_run = commands(
        'import sys; sys.stdin.buffer.read(); print(\'{"id": "a", "warning": 0}\')'
    )
    imports = Imports()
    tokens = [imports.submit(request()) for _ in range(3)]
    assert [ended(imports, token).run_id for token in tokens] == ["a", "a", "a"]
    assert len(commands_run) == 3
