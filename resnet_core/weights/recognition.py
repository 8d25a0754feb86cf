"""The network of a file's weights, recognised by names and shapes, without torch.

Shapes leave some things open: an option-A network has the tensors of the plain network, and the
side of option A's zeros and the layer of a bottleneck's stride leave no trace. These are listed
as questions; nothing is guessed. Nonlinearities leave no trace either: ReLU is assumed.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from resnet_core.anatomy.describe import describe
from resnet_core.errors import CheckpointError, InvalidSetting
from resnet_core.specs import geometry
from resnet_core.specs.cifar import FAMILIES, STAGES
from resnet_core.specs.imagenet import ARCHITECTURES, ImageNetSpec
from resnet_core.specs.names import Spec, spec_of
from resnet_core.system.texts import Message

MOST_BYTES = 2**30  # of a file; VGG-19, the largest network, has 575 MB of float32 weights

Shape = tuple[int, ...]
Shapes = Mapping[str, Shape]
Settings = dict[str, Any]
_STEM = "conv1.weight"
# Networks of blocks in every variant of section 3.3; plain ones have no shortcuts to vary.
_OPTIONS: list[Settings] = [
    {"shortcut": "A", "option_a_padding": "end"},
    {"shortcut": "A", "option_a_padding": "both"},
    {"shortcut": "B"},
    {"shortcut": "C"},
]
_STRIDES: list[Settings] = [{"stride_in": "1x1"}, {"stride_in": "3x3"}]
_QUESTIONS = ("name", "shortcut", "option_a_padding", "stride_in")
_BATCH_NORM = ("weight", "bias", "running_mean", "running_var")
# Of BN's batches, which older files lack, and those that thop leaves. No output needs them.
_COUNTERS = ("num_batches_tracked", "total_ops", "total_params")


@dataclass(frozen=True)
class Recognition:
    """The networks that shapes allow.

    Attributes:
        candidates: every network whose tensors have these names and shapes; one if the
            shapes leave nothing open.
    """

    candidates: tuple[Spec, ...]

    def settled(self, **answers: str | None) -> tuple[Spec, ...]:
        """Return the candidates that agree with the answers to `name`, `shortcut` and so on.

        None is no answer.

        Raises:
            InvalidSetting: none agrees; says what the file holds.
        """
        left = self.candidates
        for field in _QUESTIONS:
            answer = answers.get(field)
            if answer is None:
                continue
            agreeing = [s for s in left if _agrees(s, field, answer, named=bool(answers["name"]))]
            if not agreeing:
                raise InvalidSetting(
                    "network" if field == "name" else field,
                    "weights.contradicted",
                    given=answer[:60],
                    networks=self.networks(),
                )
            left = tuple(agreeing)
        return left

    def networks(self) -> tuple[str, ...]:
        """Return the candidates' names, for example "cifar/resnet-20 (option A)"."""
        return tuple(dict.fromkeys(_described(spec) for spec in self.candidates))


def questions(specs: tuple[Spec, ...]) -> dict[str, tuple[str, ...]]:
    """Return the settings in which these networks differ, with their values."""
    differing = {}
    for field in _QUESTIONS:
        varied = [s for s in specs if s.has_shortcuts] if field in _OPTIONS[0] else specs
        values = tuple(dict.fromkeys(str(getattr(spec, field)) for spec in varied))
        if len(values) > 1:
            differing[field] = values
    return differing


def recognise(shapes: Shapes) -> Recognition:
    """Return the networks with tensors of these names (ours) and shapes.

    Raises:
        CheckpointError: there is none; says what is missing or different in the nearest.
    """
    if "features.0.weight" in shapes:
        proposed: list[tuple[str, Settings]] = [("imagenet/vgg-16", {}), ("imagenet/vgg-19", {})]
    elif "inception3a.branch1.conv.weight" in shapes:
        proposed = [("imagenet/googlenet", {})]
    elif len(shapes.get(_STEM, ())) != 4:
        raise _unknown(Message("errors.weights.no_stem", name=_STEM))
    elif shapes[_STEM][2:] == (7, 7):
        proposed = _imagenet()
    else:
        proposed = _cifar(shapes)
    sizes = {"classes": classes_of(shapes), "channels": channels_of(shapes)}
    # What is open for one network may be all the same for another, of the same tensors.
    specs = {_distinct(spec): spec for spec in _specs(proposed, sizes)}.values()
    problems = [(differences(spec, shapes), spec) for spec in specs]
    fitting = tuple(spec for reasons, spec in problems if not reasons)
    if not fitting:
        fewest = min((reasons for reasons, _ in problems), key=len)
        raise CheckpointError("weights.nearest", reason=fewest[0])
    return Recognition(fitting)


def differences(spec: Spec, shapes: Shapes) -> list[Message]:
    """Return a sentence for each tensor that is missing, of another shape or not the network's."""
    expected = expected_shapes(spec)
    missing = [name for name in expected if name not in shapes]
    reasons = [Message("errors.weights.tensor_missing", name=n, network=spec.name) for n in missing]
    for name in sorted(shapes):
        if name.endswith(_COUNTERS):
            continue
        if name not in expected:
            reasons.append(
                Message("errors.weights.tensor_unknown", name=name[:80], network=spec.name)
            )
        elif tuple(shapes[name]) != expected[name]:
            reasons.append(
                Message(
                    "errors.weights.tensor_shape",
                    name=name,
                    shape=_written(shapes[name]),
                    network=spec.name,
                    expected=_written(expected[name]),
                )
            )
    return reasons


def expected_shapes(spec: Spec) -> dict[str, Shape]:
    """Return the shapes of a network's parameters and BN's statistics."""
    shapes: dict[str, Shape] = {}
    for layer in describe(spec).layers:
        shapes.update(layer.shapes)
        if layer.kind == "batch-norm":
            names = (f"{layer.name}.{part}" for part in _BATCH_NORM)
            shapes.update(dict.fromkeys(names, (layer.out_channels,)))
    return shapes


def _specs(proposed: list[tuple[str, Settings]], sizes: Settings) -> list[Spec]:
    return [spec_of(name, **settings, **sizes) for name, settings in proposed]


def _imagenet() -> list[tuple[str, Settings]]:
    """Return every plain and residual network of the paper, in every variant."""
    blocks = [ImageNetSpec(a) for a in ARCHITECTURES if a.startswith(("plain", "resnet"))]
    return [
        (spec.name, {**option, **stride})
        for spec in blocks
        for option in (_OPTIONS if spec.has_shortcuts else [{}])
        for stride in (_STRIDES if spec.block == "bottleneck" else [{}])
    ]


def _cifar(shapes: Shapes) -> list[tuple[str, Settings]]:
    """Return every family in every variant, of the file's own width, depth and kind of block."""
    stages = _stages(shapes)
    if len(stages) != STAGES:
        raise _unknown(Message("errors.weights.stages", count=len(stages), stages=STAGES))
    if len(set(stages)) > 1:
        raise _unknown(Message("errors.weights.unequal_stages", counts=stages))
    layers = sum(f"layer1.0.conv{number}.weight" in shapes for number in range(1, 10))
    if not 1 <= layers <= 3:
        raise _unknown(Message("errors.weights.block_layers", count=layers))
    first = shapes.get("layer1.0.conv1.weight", ())
    settings: Settings = {
        "width": shapes[_STEM][0],
        "block": "bottleneck" if first[2:] == (1, 1) and layers == 3 else "basic",
        "layers_per_block": layers,
        "batch_norm": "layer1.0.bn1.weight" in shapes,
    }
    depth = STAGES * stages[0] * layers + 2
    return [
        (f"cifar/{family}-{depth}", {**settings, **option, **stride})
        for family in FAMILIES
        for option in (_OPTIONS if family != "plain" else [{}])
        for stride in (_STRIDES if settings["block"] == "bottleneck" else [{}])
    ]


def _stages(shapes: Shapes) -> list[int]:
    """Return the number of blocks in each stage."""
    blocks: dict[int, set[int]] = {}
    for name in shapes:
        match = re.match(r"layer(\d{1,2})\.(\d{1,4})\.", name, re.ASCII)
        if match:
            blocks.setdefault(int(match[1]), set()).add(int(match[2]))
    return [len(blocks[stage]) for stage in sorted(blocks)]


def _distinct(spec: Spec) -> tuple[Any, ...]:
    """Return a value that is equal for two networks that compute the same."""
    places = tuple(geometry.blocks(spec))
    padded = any(place.shortcut == "zero-padding" for place in places)
    halving = spec.block == "bottleneck" and any(place.stride == 2 for place in places)
    padding, stride = spec.option_a_padding if padded else "", spec.stride_in if halving else ""
    return spec.name, places, padding, stride


def classes_of(shapes: Shapes) -> int:
    for name in ("fc.weight", "classifier.6.weight"):
        if len(shapes.get(name, ())) == 2 and shapes[name][0] > 0:
            return shapes[name][0]
    raise _unknown(Message("errors.weights.no_classifier"))


def channels_of(shapes: Shapes) -> int:
    for name in (_STEM, "features.0.weight", "conv1.conv.weight"):
        if len(shapes.get(name, ())) == 4 and shapes[name][1] > 0:
            return shapes[name][1]
    raise _unknown(Message("errors.weights.no_first_convolution"))


def _unknown(reason: Message) -> CheckpointError:
    return CheckpointError("weights.stranger", reason=reason)


def _agrees(spec: Spec, field: str, answer: str, named: bool) -> bool:
    if field in _OPTIONS[0] and not spec.has_shortcuts:
        return named  # a plain network is asked for by name only
    if field == "option_a_padding" and spec.shortcut != "A":
        return True
    return str(getattr(spec, field)).lower() == answer.strip().lower()


def _described(spec: Spec) -> str:
    return f"{spec.name} (option {spec.shortcut})" if spec.has_shortcuts else spec.name


def _written(shape: Shape) -> str:
    return " x ".join(map(str, shape)) or "no axes"
