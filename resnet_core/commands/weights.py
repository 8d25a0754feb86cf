"""`evaluate` and `import`: the error of weights, of a run or from elsewhere, and how those from
elsewhere are put on record beside the runs."""

from __future__ import annotations

import contextlib
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import click

from resnet_core.commands.options import file_options, given_normalization, json_option
from resnet_core.commands.output import print_json, print_result
from resnet_core.errors import InvalidSetting, PlaygroundError

if TYPE_CHECKING:
    from resnet_core.weights.evaluation import EvaluatedFile
    from resnet_core.weights.importing import ImportedNetwork
    from resnet_core.weights.trial import Interpretation, Trial

_PART = ("train_images", "test_images", "validation", "split")
_STDIN = "-"
_CHUNK = 2**20  # bytes


@click.command()
@click.argument("run_id", metavar="[ID]", required=False)
@click.option("--checkpoint", "iteration", type=int, help="A run's; its iteration. [the newest]")
@click.option(
    "--views",
    type=click.Choice(["single", "10-crop", "multi-scale"]),
    help="Of an imagenet network: how test pictures from a folder are looked at (section 3.4).",
)
@click.option("--weights", metavar="FILE", help="In place of a run: safetensors or a state dict.")
@click.option("--data", metavar="NAME|PATH", help="To test FILE on: a data set, folder or npz.")
@file_options
@click.option("--train-images", type=int, metavar="N", help="Whose mean is subtracted. [all]")
@click.option("--test-images", type=int, metavar="N", help="How many to test on. [all]")
@click.option("--validation", is_flag=True, help="Test on the held-out tenth of training images.")
@click.option(
    "--split",
    type=click.Choice(["test", "all"]),
    help="Your own data: all images, or those that a run is tested on. [an npz: all; else test]",
)
@click.option(
    "--precision", type=click.Choice(["fp32", "bf16", "fp16"]), help="To compute in. [fp32]"
)
@json_option
def evaluate(
    run_id: str | None, iteration: int | None, views: str | None, as_json: bool, **options: Any
) -> None:
    """Compute the error of weights on disk, in evaluation mode and without augmentation.

    Of a run (ID): the training error on its fixed subset of the training images and the test
    error on its test images; with --views, first-choice and top-5 error on its test pictures
    as section 3.4 has it. Of weights from elsewhere (--weights): the error on a data set's
    test images, or on all images of an npz with `images` (uint8, N, H, W, 3) and `labels`.
    What the file does not say is asked for; what does not fit it is noticed on a sample.

    \b
        python -m resnet_core evaluate --weights resnet20.th --network cifar/resnet-20 \\
            --shortcut A --option-a-padding both --normalization imagenet --data cifar10
    """
    weights, data = options.pop("weights"), options.pop("data")
    given_normalization(options)
    if weights is not None:
        if run_id is not None or iteration is not None:
            raise InvalidSetting("weights", "command.run_or_weights")
        if data is None:
            raise InvalidSetting("data", "command.data_to_test")
        if views is None:
            _evaluate_file(Path(weights), data, as_json, **options)
        else:
            _evaluate_file_views(Path(weights), data, views, as_json, **options)
        return
    extra = next((name for name, value in {"data": data, **options}.items() if value), None)
    if run_id is None or extra is not None:
        field = extra if run_id is not None and extra else "weights"
        raise InvalidSetting(field, "command.run_and_file_options")
    if views is not None:
        _evaluate_views(run_id, views, iteration, as_json)
    else:
        _evaluate_run(run_id, iteration, as_json)


def _evaluate_run(run_id: str, iteration: int | None, as_json: bool) -> None:
    from resnet_core.jobs.worker.evaluation import evaluate as evaluate_run

    errors = evaluate_run(run_id, iteration)
    trained = "" if errors["iteration"] is None else f" after {errors['iteration']} iterations"
    print_result(
        errors,
        f"{run_id}{trained}, on {errors['data']}: "
        f"training error {errors['train_error']:.2f} % (n = {errors['train_images']}), "
        f"test error {errors['test_error']:.2f} % (n = {errors['test_images']})",
        as_json,
    )


def _evaluate_views(run_id: str, views: Any, iteration: int | None, as_json: bool) -> None:
    from resnet_core.jobs.worker.evaluation import evaluate_views

    errors = evaluate_views(run_id, views, iteration)
    print_result(
        errors,
        f"{run_id} after {errors['iteration']} iterations, on {errors['data']}, {views}: "
        f"top-1 error {errors['top1_error']:.2f} %{_top5(errors['top5_error'])} "
        f"(n = {errors['n']})",
        as_json,
    )


def _evaluate_file(path: Path, data: str, as_json: bool, **options: Any) -> None:
    from resnet_core.weights.evaluation import evaluate as evaluate_file

    settings = _test_settings(options)
    evaluated = evaluate_file(path, data, **settings)
    interpretation, images = evaluated.interpretation, evaluated.images
    _print_notes(evaluated)
    print_result(
        {
            **_evaluated_as_dict(evaluated),
            "weights": path,
            "data": images.title,
            "precision": settings["precision"],
            "mean_of": images.mean_of if interpretation.normalization == "per-pixel" else None,
            "sample": {
                "n": len(evaluated.sample[0].wrong),
                "tried": [
                    {**_interpretation_as_dict(trial.interpretation), "error": trial.error}
                    for trial in evaluated.sample
                ],
            },
        },
        f"{path.name} as {interpretation}, on {images.title}: "
        f"error {evaluated.error:.2f} % (n = {evaluated.n})",
        as_json,
    )


def _evaluate_file_views(path: Path, data: str, views: Any, as_json: bool, **options: Any) -> None:
    from resnet_core.weights.evaluation import evaluate_views

    settings = _test_settings(options)
    errors, spec = evaluate_views(path, data, views=views, **settings)
    print_result(
        {
            "error": errors.top1,
            "top5_error": errors.top5,
            "n": errors.n,
            "weights": path,
            "network": spec.name,
            "views": views,
            "precision": settings["precision"],
        },
        f"{path.name} as {spec.name}, {views}: "
        f"error {errors.top1:.2f} %{_top5(errors.top5)} (n = {errors.n})",
        as_json,
    )


def _test_settings(options: dict[str, Any]) -> dict[str, Any]:
    """Return the options as arguments of `weights.evaluation`."""
    from resnet_core.weights.answers import Answers
    from resnet_core.weights.images import Part

    part = Part(**{name: options.pop(name) for name in _PART})
    image_size, precision = options.pop("image_size"), options.pop("precision") or "fp32"
    answers = Answers(**options)
    return {"answers": answers, "image_size": image_size, "part": part, "precision": precision}


def _top5(error: float | None) -> str:
    return "" if error is None else f", top-5 error {error:.2f} %"


@click.command("import")
@click.argument("file", metavar="FILE")
@click.option("--data", metavar="NAME|PATH", required=True, help="To test it on and look at it.")
@click.option("--name", default="", help="A name of your own for it.")
@file_options
@click.option(
    "--file-name", default="", help="What FILE is called, where it is - (standard input)."
)
@click.option("--progress", is_flag=True, help="Print a line of JSON for each step of the work.")
@json_option
def import_(
    file: str, data: str, name: str, file_name: str, progress: bool, as_json: bool, **options: Any
) -> None:
    """Import a network's weights: they open in Compare, Attribution and the laboratories.

    FILE is a safetensors file or a PyTorch state dict, in our names, torchvision's or those of
    the public CIFAR ResNets; nothing in it is run. What the file does not say is asked for; what
    does not fit it is noticed on a sample. Its error is measured on the test images.

    \b
        python -m resnet_core import resnet20.th --data cifar10 --network cifar/resnet-20 \\
            --shortcut A --option-a-padding both --normalization imagenet
    """
    from resnet_core.weights.answers import Answers
    from resnet_core.weights.evaluation import OpenQuestions
    from resnet_core.weights.importing import import_weights

    image_size = options.pop("image_size")
    given_normalization(options)
    with _source(file) as path:
        try:
            network = import_weights(
                path,
                data,
                Answers(**options),
                name=name,
                image_size=image_size,
                file_name=file_name or path.name,
                on_progress=_print_progress if progress else lambda tested, total: None,
            )
        except PlaygroundError as error:
            if file == _STDIN:  # its temporary place is gone when the sentence is read
                error.message = error.message.replaced(str(path), file_name or "the file")
            if as_json:
                trials = error.trials if isinstance(error, OpenQuestions) else ()
                print_json({"error": error.message, "open": [_trial(trial) for trial in trials]})
            raise
    _print_import(network, as_json)


@contextlib.contextmanager
def _source(file: str) -> Iterator[Path]:
    """Yield the file's path; standard input is written to a file for as long.

    Raises:
        PlaygroundError: it cannot be written.
    """
    if file != _STDIN:
        yield Path(file)
        return
    from resnet_core.runs import imported
    from resnet_core.system import disk

    with imported.staged() as folder:
        path = folder / "upload"
        with disk.full_disk_explained(path), path.open("wb") as upload:
            _receive(upload)
        yield path


def _receive(upload: IO[bytes]) -> None:
    """Write standard input, up to one byte more than a file may have."""
    from resnet_core.weights.recognition import MOST_BYTES

    left = MOST_BYTES + 1
    while left and (part := sys.stdin.buffer.read(min(left, _CHUNK))):
        upload.write(part)
        left -= len(part)


def _print_progress(done: int, total: int) -> None:
    click.echo(json.dumps({"done": done, "total": total}))


def _trial(trial: Trial) -> dict[str, Any]:
    interpretation = _interpretation_as_dict(trial.interpretation)
    return {**interpretation, "error": trial.error, "n": len(trial.wrong)}


def _print_import(network: ImportedNetwork, as_json: bool) -> None:
    run, source, evaluated = network.run, network.source, network.evaluated
    if not as_json:
        _print_notes(evaluated)
    print_result(
        {
            **_evaluated_as_dict(evaluated),
            "id": run.id,
            "title": run.title,
            "data": run.data_title,
            "file": source.file,
        },
        f"{source.file} is imported as {run.id}: {evaluated.interpretation}; on {run.data_title} "
        f"its error is {evaluated.error:.2f} % (n = {evaluated.n}).",
        as_json,
    )


def _print_notes(evaluated: EvaluatedFile) -> None:
    """Print how the file was read, and where it does not fit."""
    for note in (*evaluated.notes, *([evaluated.warning] if evaluated.warning else [])):
        click.echo(f"Note: {note}", err=True)


def _evaluated_as_dict(evaluated: EvaluatedFile) -> dict[str, Any]:
    return {
        "error": evaluated.error,
        "n": evaluated.n,
        "sha256": evaluated.file.sha256,
        "form": evaluated.file.form,
        **_interpretation_as_dict(evaluated.interpretation),
        "warning": evaluated.warning,
        "notes": [str(note) for note in evaluated.notes],
    }


def _interpretation_as_dict(interpretation: Interpretation) -> dict[str, Any]:
    """Return a network and the preparation of its images; null where it has no such setting."""
    spec, shortcuts = interpretation.spec, interpretation.spec.has_shortcuts
    padded = shortcuts and spec.shortcut == "A"
    return {
        "network": spec.name,
        "shortcut": spec.shortcut if shortcuts else None,
        "option_a_padding": spec.option_a_padding if padded else None,
        "stride_in": spec.stride_in if spec.block == "bottleneck" else None,
        "normalization": interpretation.normalization,
    }
