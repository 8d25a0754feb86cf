"""A model card: the network, its training and its measured error.

Its front matter, which a hub lists and searches, is YAML; texts are written as JSON writes them,
which YAML reads the same.
"""

from __future__ import annotations

import datetime
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from resnet_core.data.catalog import NAMES
from resnet_core.data.imagenet.recipe import TEST_SIDE, scaled
from resnet_core.errors import InvalidSetting
from resnet_core.exporting.recipe import (
    deviations_from_paper,
    evaluation_command,
    loading_code,
    recipe_sentences,
)
from resnet_core.exporting.trained import Preparation, Trained, torchvision_function
from resnet_core.specs.names import is_imagenet

PAPER = "[Deep Residual Learning for Image Recognition](https://arxiv.org/abs/1512.03385)"
_LICENSE = re.compile(r"[a-z0-9][a-z0-9.+-]{0,63}")
_PLAIN = re.compile(r"[a-z][a-z_-]*")  # needs no quotes: no number, and no word of YAML's own
_OF_YAML = {"true", "false", "yes", "no", "on", "off", "null", "y", "n"}
_KINDS = {
    "plain": "A plain network (no shortcuts)",
    "resnet": "A residual network",
    "highway": "A highway network",
    "preresnet": "A residual network with pre-activation",
    "vgg": "A VGG network",
    "googlenet": "A GoogLeNet",
}


def model_card(
    trained: Trained,
    prepared: Preparation | None,
    sha256: str,
    license: str | None = None,
) -> str:
    """Return the card as Markdown with front matter.

    Args:
        sha256: of the file of weights beside it.

    Raises:
        InvalidSetting: the licence is not an identifier.
    """
    sections = {
        "Network": _network(trained),
        "Data": _data(trained, prepared),
        "Recipe": _recipe(trained),
        "Measured error": _errors(trained),
        "Loading it": _loading(trained, prepared),
        "Weights": _weights(trained, sha256),
        "Limits": _limits(trained),
    }
    body = "\n\n".join(f"## {title}\n\n{_joined(parts)}" for title, parts in sections.items())
    title = _plain(f"{trained.run.title}: {trained.spec.name} on {trained.data_title}")
    return f"{front_matter(trained, license)}\n\n# {title}\n\n{_lead(trained)}\n\n{body}\n"


def _joined(paragraphs: Iterable[str]) -> str:
    return "\n\n".join(part for part in paragraphs if part)


def _lead(trained: Trained) -> str:
    kind, depth = _KINDS[trained.spec.family], trained.spec.depth
    return (
        f"{kind} of {depth} weighted layers, after the paper {PAPER}, trained with Residual "
        f"Playground on {_plain(trained.data_title)}."
    )


def _network(trained: Trained) -> Iterator[str]:
    spec, anatomy = trained.spec, trained.anatomy
    yield (
        f"`{spec.name}` has {anatomy.parameters:,} parameters and takes {anatomy.multiply_adds:,} "
        f"multiply-adds for an image of {spec.image_size} x {spec.image_size} pixels with "
        f"{spec.channels} channels. Its output is {spec.classes} logits, one a class."
    )
    if spec.has_shortcuts:
        padding = {"end": "at the end", "both": "half on each side"}[spec.option_a_padding]
        zeros = f" (zero channels {padding})" if spec.shortcut == "A" else ""
        yield f"Its shortcuts are of option {spec.shortcut}{zeros}, section 3.3 of the paper."
    if spec.block == "bottleneck":
        yield f"Where a bottleneck halves the map, its {spec.stride_in} layer has the stride."


def _data(trained: Trained, prepared: Preparation | None) -> Iterator[str]:
    facts, e = trained.facts, trained.run.experiment
    yield _origin(trained)
    if facts is not None:
        tested = "held-out training images" if e.validation else "test images"
        yield (
            f"It was trained on {facts.train_images:,} images and tested on "
            f"{facts.test_images:,} {tested}, of {trained.spec.image_size} x "
            f"{trained.spec.image_size} pixels, in {facts.classes} classes."
        )
    if prepared is None:
        yield (
            "There was no copy of the images at hand when this folder was written: names of "
            "classes and the mean that is subtracted from an image are not part of it."
        )
        return
    names = ", ".join(_plain(name) for name in prepared.classes[:100])
    rest = ", ..." if len(prepared.classes) > 100 else ""
    yield f"Classes, in the order of the logits: {names}{rest}."
    what = "files' names" if is_imagenet(trained.spec.name) else "pixels"
    yield f"Fingerprint of {what}, labels and class names: `{prepared.fingerprint}`."


def _origin(trained: Trained) -> str:
    name, title = trained.data_name, _plain(trained.data_title)
    if trained.run.experiment.data == "shapes":
        return (
            f"{title}: synthetic pictures of ten shapes that Residual Playground draws from a "
            f"seed. They are no photographs, and an error on them says nothing about photographs."
        )
    if "." in name or name != trained.run.experiment.data:
        return (
            f"{title}: images from a file or folder of one's own, {_code(name)}. Their "
            f"origin is known to the person who trained this network."
        )
    return f"{title}: the public data set, from a copy on the training machine."


def _recipe(trained: Trained) -> Iterator[str]:
    run = trained.run
    yield " ".join(recipe_sentences(trained))
    deviations = deviations_from_paper(trained)
    if deviations:
        listed = "\n".join(f"- {_plain(one)}" for one in deviations)
        yield f"What is not the paper's setting:\n\n{listed}"
    else:
        yield "Every setting is the paper's."
    threads = f", threads: {run.threads}" if run.threads else ""
    day = datetime.datetime.fromtimestamp(run.created, datetime.UTC).strftime("%Y-%m-%d")
    yield (
        f"Hardware: {_plain(run.hardware or run.device or 'not known')}{threads}, computed in "
        f"{run.precision or 'a precision that is not known'}, {run.seconds:,.0f} seconds of "
        f"training. Run `{run.id}`, begun on {day} (UTC)."
        + (f" Software: {_plain(run.software)}." if run.software else "")
    )


def _errors(trained: Trained) -> Iterator[str]:
    errors, validation = trained.errors, trained.run.experiment.validation
    tested = "Validation" if validation else "Test"
    n = f"n = {trained.test_images:,}" if trained.test_images else "n not known"
    lines = []
    if errors.train is not None:
        lines.append(
            f"- Training error: {errors.train:.2f} % (n = {trained.evaluated_train_images:,}, a "
            f"fixed subset of the training images, not augmented)."
        )
    if errors.test is not None:
        lines.append(f"- {tested} error: {errors.test:.2f} % ({n}).")
    iteration = trained.weights.iteration
    if lines:
        yield (
            f"Measured on these weights, after {iteration:,} iterations: first choice, a single "
            f"view, evaluation mode.\n\n" + "\n".join(lines)
        )
    else:
        yield f"No error was measured after exactly {iteration:,} iterations."
    again = f"This measures the {tested.lower()} error again, in this folder"
    where = "" if trained.run.experiment.data == trained.data_name else ", beside the images"
    yield (
        f"{again}{where}, with Residual Playground's code on `PYTHONPATH`:\n\n"
        f"```\n{evaluation_command(trained)}\n```"
    )


def _loading(trained: Trained, prepared: Preparation | None) -> Iterator[str]:
    if torchvision_function(trained.spec):
        yield "The tensors' names are torchvision's, and nothing else is needed:"
    else:
        yield (
            "torchvision has no such network, so this needs Residual Playground's code; the "
            "tensors' names are in torchvision's style:"
        )
    yield f"```python\n{loading_code(trained, prepared is not None)}```"
    if is_imagenet(trained.spec.name):
        crop = trained.spec.image_size
        side = scaled(TEST_SIDE, crop)
        yield (
            f"A picture is made {side} pixels long on its shorter side, and its middle of {crop} "
            f"x {crop} pixels is what the network is given."
        )


def _weights(trained: Trained, sha256: str) -> Iterator[str]:
    yield f"SHA-256 of `model.safetensors`: `{sha256}`."
    run = trained.run
    if run.weights_sha256 and run.iteration == trained.weights.iteration:
        yield f"SHA-256 of names, shapes and values, as the run shows it: `{run.weights_sha256}`."


def _limits(trained: Trained) -> Iterator[str]:
    run, spec = trained.run, trained.spec
    yield (
        f"This is one run with one seed: another seed gives another error. The errors are on "
        f"images like those it was trained on, {spec.image_size} x {spec.image_size} pixels, "
        f"prepared in the same way; on deviations nothing was measured. It was made for "
        f"understanding how depth and shortcuts work, not for use."
    )
    if trained.weights.iteration < run.experiment.iterations:
        yield "Its training was not finished when these weights were saved."
    if run.state == "diverged":
        yield "Its training diverged afterwards."


def _code(text: str) -> str:
    return "`" + " ".join(text.replace("`", "'").split()) + "`"


def _plain(text: str) -> str:
    """Return text from people with Markdown and tags escaped."""
    for character in "\\`*_[]<>#|":
        text = text.replace(character, f"\\{character}") if character in text else text
    return " ".join(text.split())


def front_matter(trained: Trained, license: str | None = None) -> str:
    """Return the card's YAML head, its two lines of dashes included.

    Args:
        license: an identifier such as "mit"; the card names none where its owner names none.

    Raises:
        InvalidSetting: the licence is not an identifier.
    """
    content: dict[str, Any] = {}
    if license is not None:
        content["license"] = check_license(license)
    content |= {
        "library_name": "pytorch",
        "pipeline_tag": "image-classification",
        "tags": _tags(trained),
        "datasets": [_data_id(trained)],
        "metrics": ["error"],
        "model-index": [_entry(trained)],
    }
    return "\n".join(["---", *_lines(content, 0), "---"])


def check_license(name: str) -> str:
    """Return the identifier in the hub's spelling.

    Raises:
        InvalidSetting: it cannot be one.
    """
    plain = name.strip().lower()
    if not _LICENSE.fullmatch(plain):
        raise InvalidSetting("license", "export.license", given=name[:60])
    return plain


def _tags(trained: Trained) -> list[str]:
    family = trained.spec.family
    kind = [family] if family == "resnet" else [family, "resnet"]
    return ["image-classification", *kind, "safetensors", "residual-playground"]


def _data_id(trained: Trained) -> str:
    """Return the name of a known set, or a file's name without its suffix."""
    name = trained.data_name
    return name if name in NAMES else name.partition(".")[0] or name


def _entry(trained: Trained) -> dict[str, Any]:
    images = {"type": _data_id(trained), "name": trained.data_title}
    split = "validation" if trained.run.experiment.validation else "test"
    measured = [
        (split, trained.errors.test, trained.test_images),
        ("train", trained.errors.train, trained.evaluated_train_images),
    ]
    results = [
        {
            "task": {"type": "image-classification", "name": "Image classification"},
            "dataset": images | {"split": split},
            "metrics": [
                {
                    "type": "error",
                    "name": f"{split} error, percent, first choice",
                    "value": error,
                    "args": {"n": n, "iteration": trained.weights.iteration},
                }
            ],
        }
        for split, error, n in measured
        if error is not None
    ]
    return {"name": trained.run.title, "results": results}


def _lines(value: Any, depth: int) -> Iterator[str]:
    """Yield a mapping or list as lines of YAML."""
    indent = "  " * depth
    if isinstance(value, Mapping):
        for key, item in value.items():
            if _is_leaf(item):
                yield f"{indent}{key}: {_leaf(item)}"
            else:
                yield f"{indent}{key}:"
                yield from _lines(item, depth + 1 if isinstance(item, Mapping) else depth)
        return
    for item in value:
        if _is_leaf(item):
            yield f"{indent}- {_leaf(item)}"
        else:
            first, *rest = _lines(item, depth + 1)
            yield f"{indent}- {first.lstrip()}"
            yield from rest


def _is_leaf(value: Any) -> bool:
    return isinstance(value, str) or not isinstance(value, (Mapping, Sequence)) or not value


def _leaf(value: Any) -> str:
    if isinstance(value, str) and _PLAIN.fullmatch(value) and value not in _OF_YAML:
        return value
    return json.dumps(value, ensure_ascii=False)
