"""Why is it easier to drive F(x) to zero than to learn H(x) = x? (Section 3.1.)"""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from resnet_core.labs import question as laboratory
from resnet_core.labs.question import Question

Target = Literal["identity", "near_identity", "contraction", "zero", "negative", "random"]


class Settings(laboratory.Settings):
    """What is asked of the stack, and how it is built."""

    target: Target = Field(
        "identity",
        description="The map to become: x, x plus a small random map, x / 2, 0, -x, or a random "
        "linear map.",
    )
    depth: int = Field(10, ge=1, le=20, description="Blocks in the stack.")
    layers: int = Field(2, ge=1, le=3, description="Layers in the branch F of each block.")
    activation: Literal["linear", "relu"] = Field(
        "relu", description="Between layers and after all blocks but the last."
    )
    steps: int = Field(200, ge=10, le=2000, description="Updates by gradient descent.")
    width: int = Field(16, ge=2, le=64, description="Length of x, and of every layer.")
    examples: int = Field(64, ge=8, le=1024, description="Random inputs x to learn from.")
    seeds: int = Field(3, ge=1, le=9, description="Stacks of each kind, each drawn anew.")


QUESTION = Question(
    name="microscope",
    settings=Settings,
    findings={
        "residual_wins": "Asked to become this map, {depth} residual blocks end at a loss of "
        "{residual:.2g} and {depth} plain blocks at {plain:.2g}: here the residual form wins.",
        "plain_wins": "Asked to become this map, {depth} plain blocks end at a loss of "
        "{plain:.2g} and {depth} residual blocks at {residual:.2g}: here the residual form loses.",
        "draw": "Asked to become this map, {depth} plain blocks end at a loss of {plain:.2g} and "
        "{depth} residual blocks at {residual:.2g}: neither form is ahead.",
        "neither": "Neither form becomes this map in {steps} steps: plain ends at a loss of "
        "{plain:.2g}, residual at {residual:.2g}, and answering 0 to everything would be "
        "{nothing:.2g}.",
        "depth_hurts_plain": "From 1 block to {deepest} the plain loss goes from {plain_1:.2g} to "
        "{plain:.2g} and the residual one from {residual_1:.2g} to {residual:.2g}: only the plain "
        "stack suffers from depth.",
        "depth_hurts_residual": "From 1 block to {deepest} the plain loss goes from {plain_1:.2g} "
        "to {plain:.2g} and the residual one from {residual_1:.2g} to {residual:.2g}: only the "
        "residual stack suffers from depth.",
        "depth_hurts_both": "From 1 block to {deepest} the plain loss goes from {plain_1:.2g} to "
        "{plain:.2g} and the residual one from {residual_1:.2g} to {residual:.2g}: both suffer "
        "from depth.",
        "depth_hurts_neither": "From 1 block to {deepest} the plain loss goes from {plain_1:.2g} "
        "to {plain:.2g} and the residual one from {residual_1:.2g} to {residual:.2g}: neither "
        "suffers from depth.",
        "one_layer_same": "With one layer in a branch, W x + x = (W + I) x: a plain stack that "
        "starts at I + W follows the residual one to within {gap:.1e} of its loss. The form adds "
        "nothing; all that it changes is where the search begins.",
        "one_layer_apart": "With one layer in a branch the plain stack that starts at I + W should "
        "follow the residual one, for W x + x = (W + I) x; here their losses are {gap:.1e} apart.",
        "convex": "One linear layer is a convex problem with a known solution: plain comes within "
        "{plain:.1e} of every weight of it, residual within {residual:.1e}.",
        "convex_missed": "One linear layer is a convex problem with a known solution, but {steps} "
        "steps were too few: plain is within {plain:.1e} of its weights, residual within "
        "{residual:.1e}.",
    },
    tables={
        "race": ("form", "gain", "rate", "step", "loss", "low", "high"),
        "depths": ("depth", "form", "gain", "rate", "loss", "low", "high"),
        "norms": ("form", "moment", "block", "branch", "mapping"),
    },
    code=(
        ("resnet_core/labs/microscope/stacks.py", "Stack"),
        ("resnet_core/labs/microscope/run.py", "relative_loss"),
        ("resnet_core/labs/microscope/run.py", "race"),
    ),
)
