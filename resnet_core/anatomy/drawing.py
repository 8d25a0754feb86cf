"""A block in words: what a drawing of the network writes into its boxes."""

from __future__ import annotations

from collections.abc import Sequence

from resnet_core.anatomy.facts import Layer
from resnet_core.specs.cifar import Activation
from resnet_core.specs.geometry import ShortcutKind
from resnet_core.specs.names import Spec

ACTIVATION_TEXTS: dict[Activation, str] = {
    "relu": "ReLU",
    "leaky_relu": "LeakyReLU",
    "tanh": "tanh",
    "sigmoid": "sigmoid",
}
SHORTCUT_TEXTS: dict[ShortcutKind, str] = {
    "none": "",
    "identity": "x",
    "zero-padding": "pad(x)",
    "projection": "Wx",
}


def branch_steps(spec: Spec, layers: Sequence[Layer]) -> tuple[str, ...]:
    """F's steps in order: "3x3, 16", "BN", "ReLU", "3x3, 16", "BN".

    `layers` are the branch's own; the nonlinearity stands before every convolution, but for
    the first where the activation comes after.
    """
    steps: list[str] = []
    for layer in layers:
        if layer.kind == "batch-norm":
            steps.append("BN")
            continue
        if steps or spec.family == "preresnet":
            steps.append(ACTIVATION_TEXTS[spec.activation])
        steps.append(step(layer))
    return tuple(steps)


def step(layer: Layer) -> str:
    """A convolution or pooling in the paper's words: "3x3, 128, /2", "max pool, /2"."""
    halves = ", /2" if layer.stride == 2 else ""
    if layer.kind == "max-pool":
        return f"max pool{halves}"
    return f"{layer.kernel}x{layer.kernel}, {layer.out_channels}{halves}"


def equation(spec: Spec, kind: ShortcutKind) -> str:
    """The block's output y, as its `forward` has it: "y = ReLU(F(x) + x)"."""
    f, shortcut = ACTIVATION_TEXTS[spec.activation], SHORTCUT_TEXTS[kind]
    match spec.family:
        case "plain":
            return f"y = {f}(F(x))"
        case "resnet":
            return f"y = {f}(F(x) + {shortcut})"
        case "preresnet":
            return f"y = F(x) + {shortcut}"
        case "highway":
            return f"y = T(x)·{f}(F(x)) + (1 - T(x))·{shortcut}"
        case _:
            raise ValueError(f"{spec.family} has no such blocks")
