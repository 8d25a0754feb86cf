"""Runs packed for a download, one thread each, watched by any number of pages."""

from __future__ import annotations

import shutil
import tempfile
import threading
from dataclasses import dataclass
from pathlib import Path

from resnet_core import home
from resnet_core.errors import PlaygroundError


@dataclass(frozen=True)
class Packed:
    """How far the packing is: `path` once it is done well, `error` once it is not."""

    path: Path | None = None
    error: PlaygroundError | None = None

    @property
    def done(self) -> bool:
        return self.path is not None or self.error is not None


class Exports:
    """At most one packing a run at a time; a run is packed anew each time it is asked for."""

    def __init__(self) -> None:
        self._states: dict[str, Packed] = {}
        self._guard = threading.Lock()

    def start(self, run_id: str) -> None:
        """Pack the run as it is now, unless that is being done."""
        with self._guard:
            packed = self._states.get(run_id)
            if packed is not None and not packed.done:
                return
            self._states[run_id] = Packed()
        threading.Thread(target=self._pack, args=(run_id,), daemon=True).start()

    def state(self, run_id: str) -> Packed | None:
        """The last packing of this run since the server started, if there was one."""
        with self._guard:
            return self._states.get(run_id)

    def _pack(self, run_id: str) -> None:
        try:
            result = Packed(path=_pack(run_id))
        except PlaygroundError as error:
            result = Packed(error=error)
        except OSError as error:
            reason = f"The export could not be written ({error.strerror}); free some space."
            result = Packed(error=PlaygroundError(reason))
        with self._guard:
            self._states[run_id] = result


def _pack(run_id: str) -> Path:
    """A zip of what `export ID --to DIR` writes, in the cache folder."""
    from resnet_core.runs.export import export

    folder = home.cache_folder() / "exports"
    folder.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder, prefix="packing-") as inside:
        export(run_id, Path(inside) / run_id)
        packed = shutil.make_archive(str(Path(inside) / "packed"), "zip", inside, run_id)
        return Path(packed).replace(folder / f"{run_id}.zip")


_exports = Exports()
start = _exports.start
state = _exports.state
