"""Our names for the tensors of a file, and its values as a network of ours takes them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path

from torch import Tensor

from resnet_core.errors import CheckpointError
from resnet_core.system.texts import Message
from resnet_core.weights import matching
from resnet_core.weights.reading import WeightsFile
from resnet_core.weights.recognition import Recognition, recognise

_CLASSIFIER = re.compile(r"(linear|classifier)\.(weight|bias)")
_PROJECTION = re.compile(r"(layer\d+\.\d+)\.shortcut\.(\d+\..+)")
# torchvision's GoogLeNet has two more classifiers, for training only.
_AUXILIARY = re.compile(r"aux[12]\..+")
_THOP = ("total_ops", "total_params")
_STATISTIC = re.compile(r"(?:.*\.)?(mean|std)")
_MOST_EXAMPLES = 3

Statistics = tuple[tuple[float, ...], tuple[float, ...]]  # mean and deviation of each colour


@dataclass(frozen=True)
class Translation:
    """The tensors of a file by our names.

    Attributes:
        recognition: the networks that they may be of.
        notes: how names were matched, and what was passed over or folded.
        statistics: the normalisation that the file itself holds, or None.
    """

    tensors: dict[str, Tensor]
    recognition: Recognition
    notes: tuple[Message, ...] = ()
    statistics: Statistics | None = None


def translate(file: WeightsFile) -> Translation:
    """Return the tensors by our names: those that are known, or else by shapes and order.

    Raises:
        CheckpointError: the file is of no network known here; says why.
    """
    statistics, tensors = _without_statistics(file.tensors)
    tensors = {name: t for name, t in tensors.items() if not name.endswith(_THOP)}
    try:
        ours = {own: tensors[name] for name, own in renamed(tensors, file.path).items()}
        return Translation(ours, recognise(_shapes(ours)), (), statistics)
    except CheckpointError as error:
        translation = _matched(tensors, statistics, file.form == "safetensors")
        if translation is None:
            raise _explained(error, tensors) from error
        return translation


def renamed(names: Collection[str], path: Path) -> dict[str, str]:
    """Return our name of each tensor, by the file's name of it; the useless are left out.

    Public re-implementations of the CIFAR networks differ in three things only: a prefix that a
    wrapper has put before every name ("module."), the classifier's name (linear) and that of the
    projections (shortcut).

    Raises:
        CheckpointError: two of them would have the same name.
    """
    prefix = common_prefix(names)
    ours = {name: _ours(name.removeprefix(prefix)) for name in names}
    ours = {name: own for name, own in ours.items() if not _AUXILIARY.fullmatch(own)}
    name, times = max(Counter(ours.values()).items(), key=lambda item: item[1], default=("", 0))
    if times > 1:
        raise CheckpointError("weights.two_names", path=path, name=name[:80])
    return ours


def common_prefix(names: Collection[str]) -> str:
    """Return the prefix of every name, such as "module." or "module.model."."""
    prefix = ""
    while names and all("." in name[len(prefix) :] for name in names):
        firsts = {name[len(prefix) :].partition(".")[0] for name in names}
        if len(firsts) > 1:
            break
        prefix += f"{firsts.pop()}."
    return prefix


def _ours(name: str) -> str:
    classifier, projection = _CLASSIFIER.fullmatch(name), _PROJECTION.fullmatch(name)
    if classifier:
        return f"fc.{classifier[2]}"
    return f"{projection[1]}.downsample.{projection[2]}" if projection else name


def _matched(
    tensors: Mapping[str, Tensor], statistics: Statistics | None, is_sorted: bool
) -> Translation | None:
    """Return the translation by shapes and order, or None where not exactly one fits."""
    # safetensors keeps no order of its own: numbers in the names give it back.
    order = sorted(tensors, key=_natural) if is_sorted else list(tensors)
    shapes = {name: tuple(tensors[name].shape) for name in order}
    match = matching.match(shapes)
    if match is None:
        return None
    names = match.names(shapes)
    ours = {own: tensors[name] for name, own in names.items()}
    unbiased, folded = _without_biases(ours)
    if unbiased is None:
        return None
    ours = unbiased
    try:
        recognition = recognise(_shapes(ours))
    except CheckpointError:
        return None
    examples = [
        f"{name.rpartition('.')[0]} = {own.rpartition('.')[0]}" for name, own in names.items()
    ]
    changed = [e for e in dict.fromkeys(examples) if len(set(e.split(" = "))) > 1]
    notes = []
    if changed:
        notes.append(Message("errors.weights.matched", examples=_some(changed)))
    if folded:
        notes.append(Message("errors.weights.biases", count=folded))
    if match.rest:
        left_out = sorted(match.rest)
        notes.append(Message("errors.weights.passed_over", names=left_out[:_MOST_EXAMPLES]))
    return Translation(ours, recognition, tuple(notes), statistics)


def _some(examples: list[str]) -> list[str]:
    """Return the first and the last of a list."""
    return [*examples[: _MOST_EXAMPLES - 1], *examples[_MOST_EXAMPLES - 1 :][-1:]]


def _without_biases(ours: dict[str, Tensor]) -> tuple[dict[str, Tensor] | None, int]:
    """Return the tensors with the biases of convolutions taken into the BN behind each.

    BN subtracts a mean; a mean that is smaller by the bias has the same effect. None where a bias
    that is not zero has no BN behind it.
    """
    result, folded = dict(ours), 0
    for name, bias in ours.items():
        path = name.removesuffix(".bias")
        if path == name or ours[f"{path}.weight"].dim() != 4:
            continue
        mean = f"{_norm_behind(path)}.running_mean"
        is_preactivation = "bn.running_mean" in ours
        if mean in result and not is_preactivation:
            result[mean] = result[mean] - bias
        elif bool((bias != 0).any()):
            return None, 0
        del result[name]
        folded += 1
    return result, folded


def _norm_behind(path: str) -> str:
    if path.endswith("downsample.0"):
        return f"{path[:-1]}1"
    return re.sub(r"conv(\d+)$", r"bn\1", path)


def _without_statistics(
    tensors: Mapping[str, Tensor],
) -> tuple[Statistics | None, dict[str, Tensor]]:
    """Return the normalisation that a file holds as its first layer, and the other tensors."""
    found: dict[str, Tensor] = {}
    for name, tensor in tensors.items():
        match = _STATISTIC.fullmatch(name)
        if match and tensor.numel() in {1, 3} and tensor.is_floating_point():
            found[match[1]] = tensor
    if set(found) != {"mean", "std"}:
        return None, dict(tensors)
    numbers = [tuple(t.flatten().tolist()) for t in (found["mean"], found["std"])]
    kept = {k: v for k, v in tensors.items() if not any(v is one for one in found.values())}
    return (numbers[0], numbers[1]), kept


def _explained(error: CheckpointError, tensors: Mapping[str, Tensor]) -> CheckpointError:
    """Return a sentence about what the file is, where that is known, or the error."""
    shapes = _shapes(tensors)
    widths = matching.four_stages(shapes)
    if widths is not None:
        return CheckpointError("weights.four_stages", widths=widths)
    bare = next((n for n in tensors if _is_bare_projection(n, shapes)), None)
    if bare is not None:
        return CheckpointError("weights.bare_projection", name=bare[:80])
    return error


def _is_bare_projection(name: str, shapes: Mapping[str, tuple[int, ...]]) -> bool:
    """Return whether this is the first of a pre-activation network's projections without BN."""
    match = re.fullmatch(r"(.*\.(?:downsample|shortcut)\.)0\.weight", name)
    return bool(match) and shapes[name][2:] == (1, 1) and f"{match[1]}1.weight" not in shapes  # type: ignore[index]


def _shapes(tensors: Mapping[str, Tensor]) -> dict[str, tuple[int, ...]]:
    return {name: tuple(tensor.shape) for name, tensor in tensors.items()}


def _natural(name: str) -> list[tuple[int, int | str]]:
    """Return a key by which 2 comes before 10 and the first layers before the others."""
    first = (0, 0) if re.search(r"stem|embedder|conv1\.|conv_1|conv0", name) else (0, 1)
    parts = re.split(r"(\d+)", name)
    own: list[tuple[int, int | str]] = [(1, int(p)) if p.isdigit() else (2, p) for p in parts]
    return [first if "." not in name or _is_outermost(name) else (0, 1), *own]


def _is_outermost(name: str) -> bool:
    """Return whether a name is of the network's first layers, not of a block's."""
    return len(re.findall(r"\d+", name)) <= 1
