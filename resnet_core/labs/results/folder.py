"""The files of a laboratory's result."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path

from resnet_core.errors import PlaygroundError, ResultNotFound
from resnet_core.labs.results.request import FORMAT, LabRequest
from resnet_core.runs import queries
from resnet_core.runs.folder import STATE, Entry, JobFolder
from resnet_core.system import disk, home

_ID = re.compile(r"([a-z][a-z0-9-]{0,40})-[0-9a-f]{12}", re.ASCII)
REQUEST = "order.json"


@dataclass(frozen=True)
class LabFolder(JobFolder):
    """The files of one result."""

    @property
    def id(self) -> str:
        return self.path.name

    # Written last, so a folder that has it is whole.
    request_file = Entry(REQUEST)
    # A line of JSON for each event so far.
    events = Entry("events.jsonl")
    state = Entry(STATE)

    def write_request(self, request: LabRequest) -> None:
        """Write the request, in one step.

        Raises:
            PlaygroundError: the disk is full.
        """
        write_whole(self.request_file, json.dumps(request.to_json(), indent=2))

    def read_request(self) -> LabRequest:
        """Return the request.

        Raises:
            PlaygroundError: the file cannot be read, or is of another version of the program.
        """
        names = {"result": self.id, "folder": self.path}
        try:
            values = json.loads(self.request_file.read_text(encoding="utf-8"))
            if values["format"] != FORMAT:
                raise PlaygroundError("labs.other_version", **names)
            return LabRequest.from_json(values)
        except OSError as error:
            raise PlaygroundError("labs.request_unreadable", error=error, **names) from error
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise PlaygroundError("labs.request_damaged", file=REQUEST, **names) from error


def of_result(lab_id: str) -> LabFolder:
    """Return the folder of this home's result with this id, which need not exist.

    Raises:
        ResultNotFound: the text cannot be a result's id.
    """
    laboratory_of(lab_id)
    return LabFolder(home.labs_folder() / lab_id)


def of_recording(laboratory: str) -> LabFolder:
    """Return the folder of the result that ships with the project, which need not exist.

    Args:
        laboratory: its name, for the question that its page opens with; or the id of a result
            of another question that is on record as well.
    """
    return LabFolder(queries.RECORDED / "labs" / laboratory)


def laboratory_of(lab_id: str) -> str:
    """Return the laboratory's name within an id.

    Raises:
        ResultNotFound: the text cannot be a result's id: it becomes a folder's name.
    """
    match = _ID.fullmatch(lab_id)
    if match is None:
        raise ResultNotFound("labs.no_id", text=lab_id[:60])
    return match[1]


def write_whole(path: Path, text: str) -> None:
    """Replace a file in one step, so that a reader gets the old content or all of the new.

    Raises:
        PlaygroundError: the disk is full.
    """
    with disk.full_disk_explained(path):
        disk.write_whole(path, text)
