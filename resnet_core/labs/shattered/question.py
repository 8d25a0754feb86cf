"""Do gradients at neighbouring inputs still look alike after many layers? (Balduzzi et al. 2017)"""

from __future__ import annotations

from pydantic import Field

from resnet_core.labs import question as laboratory
from resnet_core.labs.question import Question


class Settings(laboratory.Settings):
    """The networks, none of them trained, and the line of inputs."""

    depth: int = Field(50, ge=2, le=200, description="Layers of the deepest network.")
    batch_norm: bool = Field(
        True, description="Batch normalisation before every nonlinearity; its statistics are fixed."
    )
    seeds: int = Field(5, ge=1, le=50, description="Networks of each kind, each drawn anew.")
    width: int = Field(200, ge=8, le=1000, description="Units in every layer; 200 in the paper.")
    points: int = Field(
        256, ge=32, le=2048, description="Inputs on the line, evenly spaced; 256 in the paper."
    )


QUESTION = Question(
    name="shattered",
    settings=Settings,
    findings={
        "plain_shatters": "After {depth} layers the gradients of two neighbouring inputs "
        "correlate by {plain:.2f} in the plain networks and by {residual:.2f} in the residual "
        "ones (white noise: {white:.2f}, brown noise: {brown:.2f}; {seeds} seeds): the plain "
        "networks' gradients shatter first.",
        "residual_shatters": "After {depth} layers the gradients of two neighbouring inputs "
        "correlate by {residual:.2f} in the residual networks and by {plain:.2f} in the plain "
        "ones (white noise: {white:.2f}, brown noise: {brown:.2f}; {seeds} seeds): here the "
        "residual networks' gradients shatter first.",
        "both_shatter": "After {depth} layers the gradients of two neighbouring inputs correlate "
        "by {plain:.2f} in the plain networks and by {residual:.2f} in the residual ones, nearly "
        "as little as white noise ({white:.2f}; brown noise: {brown:.2f}; {seeds} seeds): both "
        "shatter.",
        "alike": "After {depth} layers the gradients of two neighbouring inputs correlate by "
        "{plain:.2f} in the plain networks and by {residual:.2f} in the residual ones (white "
        "noise: {white:.2f}, brown noise: {brown:.2f}; {seeds} seeds): here there is no "
        "difference to speak of.",
        "half_plain": "The plain networks' correlation of neighbours falls below one half at "
        "{plain_half} layers; the residual networks' stays above it through all {depth}.",
        "half_residual": "The residual networks' correlation of neighbours falls below one half "
        "at {residual_half} layers; the plain networks' stays above it through all {depth}.",
        "half_both": "The correlation of neighbours falls below one half at {plain_half} layers "
        "in plain networks and at {residual_half} in residual ones.",
        "half_neither": "The correlation of neighbours stays above one half through all {depth} "
        "layers in both.",
    },
    tables={
        "gradients": ("series", "place", "gradient"),
        "autocorrelation": ("series", "seed", "lag", "correlation"),
        "depths": ("form", "depth", "seed", "correlation"),
    },
    code=(
        ("resnet_core/labs/shattered/run.py", "layer"),
        ("resnet_core/labs/shattered/run.py", "gradients_along"),
        ("resnet_core/labs/shattered/run.py", "autocorrelation"),
    ),
)
