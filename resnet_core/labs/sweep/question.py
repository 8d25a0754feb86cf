"""Is it the sigmoid's fault? Activation, BN and initialisation, and what depth does to each."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, field_validator

from resnet_core.labs import question as laboratory
from resnet_core.labs.question import Question

SHALLOW = 8  # weighted layers of the network that each cell's deep one is compared with

Activation = Literal["relu", "leaky_relu", "tanh", "sigmoid"]
Initialization = Literal["he", "xavier", "small_normal"]


class Settings(laboratory.Settings):
    """The grid, and the short run that is made in each of its cells at two depths."""

    family: Literal["plain", "resnet"] = Field(
        "plain", description="Networks without shortcuts or with them."
    )
    depth: int = Field(
        20,
        ge=14,
        le=56,
        description="Weighted layers of the deep network, 6n + 2; the other has 8.",
    )
    learning_rate: float = Field(
        0.03, gt=0, le=1, description="The same in every cell; a tenth of it in the last quarter."
    )
    activations: tuple[Activation, ...] = Field(
        ("relu", "leaky_relu", "tanh", "sigmoid"),
        min_length=1,
        max_length=4,
        description="Nonlinearities, the rows of the grid.",
    )
    initializations: tuple[Initialization, ...] = Field(
        ("he", "xavier", "small_normal"),
        min_length=1,
        max_length=3,
        description="Initialisations, the columns of the grid; each with and without BN.",
    )
    iterations: int = Field(144, ge=20, le=2000, description="Updates in each run.")
    train_images: int = Field(640, ge=64, le=5120, description="Training images of each run.")

    @field_validator("depth")
    @classmethod
    def _six_n_plus_two(cls, value: int) -> int:
        if value % 6 != 2:
            raise ValueError(f"must be 6n + 2, such as {6 * round((value - 2) / 6) + 2}")
        return value

    @field_validator("activations", "initializations")
    @classmethod
    def _once(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if len(set(value)) < len(value):
            raise ValueError("names one twice; name each once")
        return value


_VANISHED = (
    "{vanishing} of {cells} cells have lost the gradient on the way to the first layer "
    "({vanishing_cell}: {vanishing_ratio:.0e} of the last layer's is left)"
)
_DEGRADED = (
    "in {degraded} it is there, and {depth} layers still end above 8 ({degraded_cell}: "
    "{deep:.0f} % against {shallow:.0f} %, with {degraded_ratio:.1g} of the last layer's gradient "
    "at the first)"
)
CELL = ("activation", "batch_norm", "initialization")

QUESTION = Question(
    name="sweep",
    settings=Settings,
    findings={
        "separate": _VANISHED
        + "; "
        + _DEGRADED
        + ". Vanishing and degradation are two failures, and the second needs no vanishing.",
        "only_vanishing": _VANISHED
        + "; in every cell that keeps it, {depth} layers end as low as 8 do or neither learns. "
        "Here depth hurts only where gradients vanish.",
        "only_degraded": "No cell loses its gradient on the way to the first layer; "
        + _DEGRADED
        + ". Here depth hurts without any vanishing.",
        "neither": "No cell loses its gradient on the way to the first layer, and in none do "
        "{depth} layers end more than {margin:.0f} points above 8: depth does no harm here.",
        "sigmoid_alone": "Without BN the gradient vanishes in {sigmoid} of {each} cells with the "
        "sigmoid and in none with the ReLU.",
        "sigmoid_more": "Without BN the gradient vanishes in {sigmoid} of {each} cells with the "
        "sigmoid and in {relu} with the ReLU: the sigmoid is worse, but the ReLU is not safe by "
        "itself.",
        "sigmoid_not_worse": "Without BN the gradient vanishes in {sigmoid} of {each} cells with "
        "the sigmoid and in {relu} with the ReLU: the sigmoid is not to blame here.",
        "bn_cures": "BN leaves no gradient to vanish: {without} of {each} cells lose it without "
        "BN, none with it.",
        "bn_helps": "BN helps but does not cure: {without} of {each} cells lose the gradient "
        "without BN, {with_bn} with it.",
        "bn_no_help": "BN does not keep gradients here: {without} of {each} cells lose it without "
        "BN, {with_bn} with it.",
    },
    tables={
        "curves": (*CELL, "depth", "iteration", "error", "first", "last"),
        "cells": (
            *CELL,
            "family",
            "depth",
            "error",
            "shallow",
            "first",
            "last",
            "ratio",
            "outcome",
        ),
    },
    code=(
        ("resnet_core/labs/sweep/run.py", "experiment"),
        ("resnet_core/labs/sweep/run.py", "vanished"),
        ("resnet_core/labs/sweep/run.py", "outcome"),
    ),
)
