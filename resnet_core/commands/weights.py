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

from resnet_core.commands.options import file_options, json_option
from resnet_core.commands.output import print_json
from resnet_core.errors import InvalidSetting, PlaygroundError

if TYPE_CHECKING:
    from resnet_core.weights.importing import ImportedNetwork

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
    help="An npz: all its images, or those that a run on it is tested on. [all]",
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

    found = evaluate_run(run_id, iteration)
    if as_json:
        print_json(found)
        return
    trained = "" if found["iteration"] is None else f" after {found['iteration']} iterations"
    click.echo(
        f"{run_id}{trained}, on {found['data']}: "
        f"training error {found['train_error']:.2f} % (n = {found['train_images']}), "
        f"test error {found['test_error']:.2f} % (n = {found['test_images']})"
    )


def _evaluate_views(run_id: str, views: str, iteration: int | None, as_json: bool) -> None:
    from resnet_core.jobs.worker.evaluation import evaluate_views

    found = evaluate_views(run_id, views, iteration)  # type: ignore[arg-type]  # click checked it
    if as_json:
        print_json(found)
        return
    top5 = found["top5_error"]
    click.echo(
        f"{run_id} after {found['iteration']} iterations, on {found['data']}, {views}: "
        f"top-1 error {found['top1_error']:.2f} %"
        + (f", top-5 error {top5:.2f} %" if top5 is not None else "")
        + f" (n = {found['n']})"
    )


def _evaluate_file(path: Path, data: str, as_json: bool, **options: Any) -> None:
    from resnet_core.weights.evaluation import Answers, EvaluatedFile
    from resnet_core.weights.evaluation import evaluate as evaluate_file
    from resnet_core.weights.images import Part

    part = Part(**{name: options.pop(name) for name in _PART})
    size = options.pop("image_size")
    precision: Any = options.pop("precision") or "fp32"
    asked = Answers(**options)
    found: EvaluatedFile = evaluate_file(path, data, asked, size, part=part, precision=precision)
    if found.warning:
        click.echo(f"Note: {found.warning}", err=True)
    if not as_json:
        click.echo(
            f"{path.name} as {found.interpretation}, on {found.images.title}: "
            f"error {found.error:.2f} % (n = {found.n})"
        )
        return
    print_json(
        {
            "error": found.error,
            "n": found.n,
            "weights": str(path),
            "sha256": found.file.sha256,
            "form": found.file.form,
            "data": found.images.title,
            "precision": precision,
            **_interpretation_as_dict(found.interpretation),
            "mean_of": found.images.mean_of
            if found.interpretation.normalization == "per-pixel"
            else None,
            "warning": str(found.warning) if found.warning else None,
            "sample": {
                "n": len(found.sample[0].wrong),
                "tried": [
                    {**_interpretation_as_dict(t.interpretation), "error": t.error}
                    for t in found.sample
                ],
            },
        }
    )


def _evaluate_file_views(path: Path, data: str, views: Any, as_json: bool, **options: Any) -> None:
    from resnet_core.weights.evaluation import Answers
    from resnet_core.weights.images import Part
    from resnet_core.weights.views import evaluate_views

    part = Part(**{name: options.pop(name) for name in _PART})
    size = options.pop("image_size")
    precision: Any = options.pop("precision") or "fp32"
    found, spec = evaluate_views(
        path, data, Answers(**options), views, size, part=part, precision=precision
    )
    said = {
        "error": found.top1,
        "top5_error": found.top5,
        "n": found.n,
        "weights": str(path),
        "network": spec.name,
        "views": views,
        "precision": precision,
    }
    if as_json:
        print_json(said)
        return
    top5 = "" if found.top5 is None else f", top-5 error {found.top5:.2f} %"
    click.echo(
        f"{path.name} as {spec.name}, {views}: error {found.top1:.2f} %{top5} (n = {found.n})"
    )


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
    file: str, data: str, name: str, file_name: str, progress: bool, as_json: bool, **asked: Any
) -> None:
    """Import a network's weights: they open in Compare, Attribution and the laboratories.

    FILE is a safetensors file or a PyTorch state dict, in our names, torchvision's or those of
    the public CIFAR ResNets; nothing in it is run. What the file does not say is asked for; what
    does not fit it is noticed on a sample. Its error is measured on the test images.

    \b
        python -m resnet_core import resnet20.th --data cifar10 --network cifar/resnet-20 \\
            --shortcut A --option-a-padding both --normalization imagenet
    """
    from resnet_core.weights.evaluation import Answers, OpenQuestions
    from resnet_core.weights.importing import import_weights

    image_size = asked.pop("image_size")
    with _source(file) as path:
        try:
            kept = import_weights(
                path,
                data,
                Answers(**asked),
                name=name,
                image_size=image_size,
                file_name=file_name or path.name,
                on_progress=_tell if progress else _quiet,
            )
        except PlaygroundError as error:
            if file == _STDIN:  # the place where it waits is gone when the sentence is read
                error.message = error.message.replaced(str(path), file_name or "the file")
            if as_json:
                tried = error.trials if isinstance(error, OpenQuestions) else ()
                print_json(
                    {"error": str(error.message), "open": [_tried(trial) for trial in tried]}
                )
            raise
    _say(kept, as_json)


@contextlib.contextmanager
def _source(file: str) -> Iterator[Path]:
    """Where the file lies; what comes in by standard input lies there for so long only.

    Raises:
        PlaygroundError: it cannot be kept.
    """
    if file != _STDIN:
        yield Path(file)
        return
    from resnet_core.runs import imported
    from resnet_core.system import disk

    with imported.staged() as folder:
        path = folder / "upload"
        with disk.full_disk_explained(path), path.open("wb") as kept:
            _receive(kept)
        yield path


def _receive(kept: IO[bytes]) -> None:
    """Standard input, as far as anyone would read it."""
    from resnet_core.weights.recognition import MOST_BYTES

    left = MOST_BYTES + 1
    while left and (part := sys.stdin.buffer.read(min(left, _CHUNK))):
        kept.write(part)
        left -= len(part)


def _tell(done: int, total: int) -> None:
    click.echo(json.dumps({"done": done, "total": total}))


def _quiet(done: int, total: int) -> None:
    pass


def _tried(trial: Any) -> dict[str, Any]:
    return {
        **_interpretation_as_dict(trial.interpretation),
        "error": trial.error,
        "n": len(trial.wrong),
    }


def _say(kept: ImportedNetwork, as_json: bool) -> None:
    run, source, found = kept.run, kept.source, kept.evaluated
    if found.warning and not as_json:
        click.echo(f"Note: {found.warning}", err=True)
    if as_json:
        print_json(
            {
                "id": run.id,
                "title": run.title,
                "error": found.error,
                "n": found.n,
                "data": run.data_title,
                "file": source.file,
                "sha256": source.sha256,
                "form": source.form,
                **_interpretation_as_dict(found.interpretation),
                "warning": str(found.warning) if found.warning else None,
            }
        )
        return
    click.echo(
        f"{source.file} is imported as {run.id}: {found.interpretation}; on {run.data_title} its "
        f"error is {found.error:.2f} % (n = {found.n})."
    )


def _interpretation_as_dict(way: Any) -> dict[str, Any]:
    """A network and the preparation of its images; null where the network has no such thing."""
    spec, shortcuts = way.spec, way.spec.has_shortcuts
    padded = shortcuts and spec.shortcut == "A"
    return {
        "network": spec.name,
        "shortcut": spec.shortcut if shortcuts else None,
        "option_a_padding": spec.option_a_padding if padded else None,
        "stride_in": spec.stride_in if spec.block == "bottleneck" else None,
        "normalization": way.normalization,
    }
