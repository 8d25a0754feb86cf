"""A model folder as hubs want it: config.json, model.safetensors, README.md. No torch."""

from __future__ import annotations

import json
from pathlib import Path

from resnet_core.exporting import config, front_matter, preparation, trained, weights_file
from resnet_core.exporting.model_card import model_card


def write(run_id: str, folder: Path, license: str | None = None) -> None:
    """Write the run's newest weights and what is known of them into this folder.

    `preprocessing.safetensors`, the mean that is subtracted from an image, is there where a copy
    of the images is.

    Raises:
        RunNotFound: there is no such run.
        WrongState: it has no weights.
        CheckpointError: they cannot be read.
        InvalidSetting: the licence is not an identifier.
        OSError: the folder cannot be written to.
    """
    if license is not None:
        front_matter.check_license(license)
    subject = trained.of_run(run_id)
    metadata = {
        "format": "pt",  # what libraries look for before they load
        "residual-playground": json.dumps(config.network(subject.spec)),
    }
    # Before anything that takes long: a run that goes on may discard this checkpoint.
    sha256 = weights_file.copy(subject.weights.path, folder / "model.safetensors", metadata)
    prepared = preparation.of_run(subject.run)
    if prepared is not None:
        (folder / preparation.FILE).write_bytes(prepared.to_bytes())
    described = json.dumps(config.config(subject, prepared, sha256), indent=2, ensure_ascii=False)
    (folder / "config.json").write_text(described, encoding="utf-8")
    card = model_card(subject, prepared, sha256, license)
    (folder / "README.md").write_text(card, encoding="utf-8")
