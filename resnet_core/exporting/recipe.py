"""The recipe of a run and its deviations from the paper's; code that loads the weights, and the
command that measures their error."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from resnet_core.data.own import arrays
from resnet_core.experiments import presets
from resnet_core.experiments.experiment import Experiment
from resnet_core.exporting.trained import MEAN_FILE, Trained, torchvision_call
from resnet_core.paper import cifar
from resnet_core.runs.cifar10 import is_cifar_10
from resnet_core.specs.names import Spec, is_imagenet

# Settings that decide what is computed, by the words for them. Each default is the paper's for
# CIFAR-10 (section 4.2). Not here: where and how often something is measured, and what the paper
# leaves open.
_COMPARED = {
    "block": "block",
    "layers_per_block": "layers in a block",
    "width": "filters in the first stage",
    "activation": "nonlinearity",
    "batch_norm": "batch normalisation",
    "initialization": "initialisation",
    "train_images": "number of training images",
    "crop_padding": "pixels of padding before the random crop",
    "flip": "random mirroring",
    "iterations": "iterations",
    "batch_size": "batch size",
    "learning_rate": "learning rate",
    "momentum": "momentum",
    "weight_decay": "weight decay",
}
# Settings that no network for ImageNet has; section 3.4 has a recipe of its own.
_OF_CIFAR = {"block", "layers_per_block", "width", "batch_norm", "crop_padding"}
_SCHEDULES = {"milestones": "fixed iterations", "plateau": "each plateau of the error"}
_BORROWED = {
    "highway": "the family of networks: highway, with learned gates (Srivastava et al. 2015)",
    "preresnet": "the family of networks: pre-activation (He et al. 2016)",
}


def recipe_sentences(trained: Trained) -> Iterator[str]:
    """Yield the recipe in sentences; settings by their values."""
    e, run = trained.run.experiment, trained.run
    yield (
        f"Trained by stochastic gradient descent with momentum {e.momentum:g}, weight decay "
        f"{e.weight_decay:g} and mini-batches of {e.batch_size} images, for "
        f"{trained.weights.iteration:,} of the {e.iterations:,} planned iterations."
    )
    yield f"{_rate(e)} {_warmup(e)}"
    yield _augmentation_for_imagenet(e) if is_imagenet(e.network) else _augmentation(e)
    yield f"Initialisation: {e.initialization}. Seed: {e.seed}."
    if run.parent is not None:
        yield (
            f"It is a fork: it began with the weights that the run {run.parent} had after "
            f"{run.parent_iteration or 0:,} iterations, trained with settings of its own."
        )


def deviations_from_paper(trained: Trained) -> list[str]:
    """Return the settings that differ from the paper's: "batch size: 32 (the paper: 128)"."""
    e, spec = trained.run.experiment, trained.spec
    imagenet = is_imagenet(e.network)
    deviations = [_BORROWED[spec.family]] if spec.family in _BORROWED else []
    deviations += _data(trained, imagenet)
    if not imagenet and spec.has_shortcuts and e.shortcut != "A":
        deviations.append(f"shortcuts: option {e.shortcut} (the paper, on CIFAR-10: A)")
    for field, words in _COMPARED.items():
        if imagenet and field in _OF_CIFAR:
            continue
        expected = Experiment.model_fields[field].default
        expected = presets.IMAGENET.get(field, expected) if imagenet else expected
        if getattr(e, field) != expected:
            deviations.append(
                f"{words}: {_shown(getattr(e, field))} (the paper: {_shown(expected)})"
            )
    return deviations + _schedule(e, imagenet) + _precision(trained)


def _data(trained: Trained, imagenet: bool) -> list[str]:
    e, size = trained.run.experiment, trained.spec.image_size
    wanted, pixels = ("ImageNet", 224) if imagenet else ("CIFAR-10", cifar.IMAGE_SIZE)
    deviations = []
    if imagenet or not is_cifar_10(trained.data_title):
        deviations.append(f"images: {trained.data_title} (the paper: {wanted})")
    if size != pixels:
        deviations.append(f"image size: {size} pixels (the paper: {pixels})")
    if e.validation:
        deviations.append(
            "held out: a tenth of the training images (the paper, for its results: none)"
        )
    return deviations


def _schedule(e: Experiment, imagenet: bool) -> list[str]:
    deviations = []
    schedule = "plateau" if imagenet else "milestones"
    if e.schedule != schedule:
        own, papers = _SCHEDULES[e.schedule], _SCHEDULES[schedule]
        deviations.append(f"rate divided by ten: at {own} (the paper: at {papers})")
    elif not imagenet:
        usual = Experiment.create(
            network=e.network,
            layers_per_block=e.layers_per_block,
            block=e.block,
            iterations=e.iterations,
        )
        if e.drops != usual.drops:
            deviations.append(
                f"rate divided by ten: at {_iterations(e.drops)} (the paper: at 1/2 and 3/4 of all "
                f"iterations, here {_iterations(usual.drops)})"
            )
        if e.effective_warmup != usual.effective_warmup:
            deviations.append(
                f"warm-up: {e.effective_warmup} (the paper: {usual.effective_warmup})"
            )
    return deviations


def _precision(trained: Trained) -> list[str]:
    computed = trained.run.precision
    if computed in {"", "fp32"}:
        return []
    return [f"precision: {computed} between float32 weights (the paper names no such thing)"]


def _rate(e: Experiment) -> str:
    if e.schedule == "plateau":
        return (
            f"Learning rate {e.learning_rate:g}, divided by ten at each plateau: "
            f"{e.plateau_evaluations} evaluations, one every {e.evaluate_every:,} iterations, "
            f"without a new least {'validation' if e.validation else 'test'} error."
        )
    drops = f"divided by ten at {_iterations(e.drops)}" if e.drops else "never divided"
    return f"Learning rate {e.learning_rate:g}, {drops}."


def _warmup(e: Experiment) -> str:
    return {
        "none": "No warm-up.",
        "linear": f"It rose to that linearly over {e.warmup_iterations:,} iterations.",
        "until-error": "It was a tenth of that until the training error was below 80 %.",
    }[e.effective_warmup]


def _augmentation(e: Experiment) -> str:
    steps = []
    if e.crop_padding:
        steps.append(f"padded by {e.crop_padding} pixels and cropped at random")
    if e.flip:
        steps.append("mirrored with probability one half")
    augmentation = " and ".join(steps) or "not augmented"
    return f"Training images were {augmentation}; their per-pixel mean was subtracted."


def _augmentation_for_imagenet(e: Experiment) -> str:
    mirrored = ", mirrored with probability one half" if e.flip else ""
    return (
        f"Of each training picture a random crop was taken after its shorter side was made a "
        f"random length{mirrored}, its colours were shifted (section 3.4), and a per-pixel mean "
        f"was subtracted."
    )


def _iterations(drops: tuple[int, ...]) -> str:
    return " and ".join(f"{drop:,}" for drop in drops) or "none"


def _shown(value: Any) -> str:
    if isinstance(value, bool):
        return "on" if value else "off"
    if value is None:
        return "all"
    return f"{value:,}" if isinstance(value, int) else str(value)


_OURS = """\
import json

from safetensors.torch import load_file

from resnet_core.networks.catalog import build
from resnet_core.specs.names import spec_of

with open("config.json", encoding="utf-8") as file:
    config = json.load(file)
network = build(spec_of(**config["network"]), seed=0)
network.load_state_dict(load_file("model.safetensors"))
network.eval()
"""

_TORCHVISION = """\
import torchvision
from safetensors.torch import load_file

network = {call}
network.load_state_dict(load_file("model.safetensors"))
network.eval()
"""

_LOGITS = f"""\

mean = load_file("{MEAN_FILE}")["mean"]  # C, H, W, from 0 to 255


def logits(images):
    \"\"\"images: uint8, B, {{channels}}, {{size}}, {{size}} -> B, {{classes}}.\"\"\"
    return network((images.float() - mean) / 255)
"""


def loading_code(trained: Trained, has_mean: bool) -> str:
    """Return code with torchvision alone where it has the network, else with this project."""
    spec = trained.spec
    call = torchvision_call(spec, trained.tensor_names)
    code = _TORCHVISION.format(call=call) if call else _OURS
    if has_mean:
        sizes = {"channels": spec.channels, "size": spec.image_size, "classes": spec.classes}
        code += _LOGITS.format(**sizes)
    return code


def evaluation_arguments(trained: Trained, weights: str = "model.safetensors") -> list[str]:
    """Return the arguments after `python -m resnet_core`.

    Data that are a path are named by its last part, to be called where they lie.
    """
    e, spec = trained.run.experiment, trained.spec
    options = ["evaluate", "--weights", weights, *_network(spec), "--normalization", "per-pixel"]
    options += ["--data", trained.data_name]
    for field in ("image_size", "train_images", "test_images"):
        value = getattr(e, field)
        if value is not None:
            options += [f"--{field.replace('_', '-')}", str(value)]
    if is_imagenet(e.network):
        options += ["--views", "single"]
    if e.validation:
        options.append("--validation")
    if arrays.is_arrays(Path(trained.data_name)):
        options += ["--split", "test"]
    if trained.run.precision not in {"", "fp32"}:
        options += ["--precision", trained.run.precision]
    return options


def evaluation_command(trained: Trained) -> str:
    """Return the command as it is typed into a shell."""
    return shlex.join(["python", "-m", "resnet_core", *evaluation_arguments(trained)])


def _network(spec: Spec) -> list[str]:
    options = ["--network", spec.name]
    if spec.has_shortcuts:
        options += ["--shortcut", spec.shortcut]
        if spec.shortcut == "A":
            options += ["--option-a-padding", spec.option_a_padding]
    if spec.block == "bottleneck" and is_imagenet(spec.name):
        options += ["--stride-in", spec.stride_in]
    if spec.activation != "relu":
        options += ["--activation", spec.activation]
    return options
