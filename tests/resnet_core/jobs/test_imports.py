from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import resnet_core

ROOT = Path(resnet_core.__file__).parent


def test_only_a_worker_imports_torch() -> None:
    modules = [
        ".".join(path.relative_to(ROOT.parent).with_suffix("").parts)
        for package in ("runs", "jobs", "commands")
        for path in sorted((ROOT / package).rglob("*.py"))
        if path.stem != "__init__" and "jobs/worker" not in path.as_posix()
    ]
    assert len(modules) > 20
    program = f"import sys, {', '.join(modules)}; print('torch' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.stdout.strip() == "False", done.stderr
