"""Where the files of one laboratory's result lie, for whoever writes or reads them."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path

from resnet_core.errors import PlaygroundError, ResultNotFound
from resnet_core.labs.results.request import FORMAT, Order
from resnet_core.runs import queries
from resnet_core.system import disk, home

_ID = re.compile(r"([a-z][a-z0-9-]{0,40})-[0-9a-f]{12}", re.ASCII)
ORDER = "order.json"


@dataclass(frozen=True)
class LabFolder:
    """The files of one result."""

    path: Path

    @property
    def id(self) -> str:
        return self.path.name

    @property
    def order(self) -> Path:
        """What was asked. It is written last, so a folder that has it is whole."""
        return self.path / ORDER

    @property
    def events(self) -> Path:
        """What the laboratory has said so far, a line of JSON an event."""
        return self.path / "events.jsonl"

    @property
    def state(self) -> Path:
        return self.path / "state.json"

    @property
    def stop(self) -> Path:
        """Its being there asks the worker to stop after the present event."""
        return self.path / "stop"

    @property
    def log(self) -> Path:
        return self.path / "worker.log"

    @property
    def lock(self) -> Path:
        """Held by the one worker for as long as it lives."""
        return self.path / "worker.lock"

    def write_order(self, order: Order) -> None:
        """Write what is asked, in one step."""
        write_whole(self.order, json.dumps(order.to_json(), indent=2))

    def read_order(self) -> Order:
        """What was asked.

        Raises:
            PlaygroundError: the file cannot be read, or is of another version of the program.
        """
        advice = f"delete the folder {self.path} and ask again."
        try:
            said = json.loads(self.order.read_text(encoding="utf-8"))
            if said["format"] != FORMAT:
                raise PlaygroundError(f"{self.id} is of another version of the program; {advice}")
            return Order.from_json(said)
        except OSError as error:
            raise PlaygroundError(
                f"{self.id} cannot be read ({error.strerror}); {advice}"
            ) from error
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise PlaygroundError(f"{self.id} has a damaged {ORDER}; {advice}") from error


def of_result(lab_id: str) -> LabFolder:
    """This home folder's result with this id, which need not exist.

    Raises:
        ResultNotFound: the text cannot be a result's id.
    """
    laboratory_of(lab_id)
    return LabFolder(home.labs_folder() / lab_id)


def of_recording(laboratory: str) -> LabFolder:
    """The result that ships with the project, which need not exist.

    Args:
        laboratory: its name, for the question that its page opens with; or the id of a result
            of another question that is on record as well.
    """
    return LabFolder(queries.RECORDED / "labs" / laboratory)


def laboratory_of(lab_id: str) -> str:
    """The laboratory's name within an id.

    Raises:
        ResultNotFound: the text cannot be a result's id: it becomes a folder's name.
    """
    match = _ID.fullmatch(lab_id)
    if match is None:
        raise ResultNotFound(f"{lab_id[:60]!r} is not the id of a laboratory's result.")
    return match[1]


def is_laboratory(path: Path) -> bool:
    """Whether a worker's folder is a laboratory's and not a run's."""
    return (path / ORDER).is_file()


def write_whole(path: Path, text: str) -> None:
    """Write a file so that a reader sees all of it or what was there before.

    Raises:
        PlaygroundError: the disk is full.
    """
    partial = path.with_name(f".{path.name}.partial")
    try:
        with disk.full_disk_explained(path):
            disk.write_synced(partial, text.encode())
            disk.replace(partial, path)
    finally:
        partial.unlink(missing_ok=True)
