"""Activation, BN and initialisation, each at two depths."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from resnet_core.labs.catalog import Distinct, LabSettings, Question, SixNPlusTwo

SHALLOW = 8  # weighted layers of the network beside the deep one
Activation = Literal["relu", "leaky_relu", "tanh", "sigmoid"]
Initialization = Literal["he", "xavier", "small_normal"]


class Settings(LabSettings):
    """The grid's rows and columns, and the runs in its cells."""

    family: Literal["plain", "resnet"] = "plain"
    depth: Annotated[int, Field(ge=14, le=56), SixNPlusTwo] = 20
    learning_rate: float = Field(0.03, gt=0, le=1)
    activations: Annotated[tuple[Activation, ...], Field(min_length=1, max_length=4), Distinct] = (
        "relu",
        "leaky_relu",
        "tanh",
        "sigmoid",
    )
    initializations: Annotated[
        tuple[Initialization, ...], Field(min_length=1, max_length=3), Distinct
    ] = ("he", "xavier", "small_normal")
    iterations: int = Field(144, ge=20, le=2000)
    train_images: int = Field(640, ge=64, le=5120)


CELL = ("activation", "batch_norm", "initialization")

QUESTION = Question(
    name="sweep",
    settings=Settings,
    tables={
        "curves": (*CELL, "depth", "iteration", "error", "first", "last"),
        "cells": (
            *CELL,
            *("family", "depth", "error", "shallow", "first", "last", "ratio", "outcome"),
        ),
    },
    code=(
        ("resnet_core/labs/tools/short_runs.py", "experiment"),
        ("resnet_core/labs/sweep/verdicts.py", "vanished"),
        ("resnet_core/labs/sweep/verdicts.py", "outcome"),
    ),
    version=2,  # 2: a run that diverged has the error of guessing
)
