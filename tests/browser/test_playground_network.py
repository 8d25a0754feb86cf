"""The playground's network against torch in float64."""

from __future__ import annotations

import random
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import pytest
import torch
from playwright.sync_api import Page
from torch import Tensor, nn
from torch.nn import functional

from tests.browser.playground_modules import evaluate, open_modules

CASES = 60
UPDATES = 200
EVERY = 10  # of the updates that are compared one by one
SHALLOW = 4  # layers in which rounding errors do not grow over all updates

# The first batch with all that is measured of it, and all batches; the states before and after
# every tenth update. Two trainings of a deep network that differ by one rounding error are soon
# apart, in torch as here, so that long trainings can be compared in shallow networks only.
_TRAIN = """async ({ settings, updates, every }, load) => {
    const { Training } = await load("training.mjs");
    const { dataset } = await load("data.mjs");
    const data = dataset({ data: "spiral", noise: 0.1, seed: settings.seed });
    const training = new Training(settings, data);
    const { network, optimizer } = training;
    const parts = [network.parameters, optimizer.velocity, optimizer.square];
    const state = () => parts.map((one) => [...one]);
    const batches = [];
    const next = training.next.bind(training);
    training.next = () => { next(); batches.push([...training.batch, ...training.classes]); };
    const states = [];
    let measured = null;
    while (training.step < updates) {
        const before = training.step % every === 0 ? state() : null;
        training.update();
        if (before) states.push([before, state(), batches.at(-1)]);
        measured ??= {
            gradients: [...network.gradients],
            responses: network.responses(training.size),
            weights: network.gradientNorms(training.size),
            signals: network.gradientNorms(training.size, true),
        };
    }
    return { batches, measured, states, end: state()[0] };
}"""


def cases() -> Iterator[dict[str, Any]]:
    draw = random.Random(1512)
    for seed in range(CASES):
        # Each activation with and without normalisation and each start, in turn.
        activation = ("relu", "leaky", "tanh")[seed % 3]
        start = ("he", "xavier", "identity", "zero")[seed // 6 % 4]
        bn = seed // 3 % 2 == 0
        depth = 40 if seed < 6 else draw.randint(2, 24)
        optimizer = draw.choice(("sgd", "sgd", "adam"))
        yield {
            "activation": activation,
            "start": start,
            "bn": bn,
            "shortcut": draw.choice((0, 1, 2, 3)),
            "depth": depth,
            "width": draw.choice((2, 5, 8, 16)),
            "optimizer": optimizer,
            "rate": 0.001 if optimizer == "adam" else 0.003,
            "momentum": draw.choice((0.0, 0.5, 0.9)),
            "decay": draw.choice((0.0, 0.001)),
            "batch": draw.choice((10, 50)),
            "seed": seed,
        }


class Reference(nn.Module):
    """The same network in torch; its parameters stand in the same order."""

    def __init__(self, settings: dict[str, Any]) -> None:
        super().__init__()
        self.settings = settings
        width = settings["width"]
        sizes = [2, *[width] * (settings["depth"] + 1)]
        bn = settings["bn"]
        self.layers = nn.ModuleList(
            nn.Sequential(
                nn.Linear(inputs, units, bias=not bn), *([nn.BatchNorm1d(units)] if bn else [])
            )
            for inputs, units in pairwise(sizes)
        )
        self.out = nn.Linear(width, 1)
        self.double()
        self.signals: list[Tensor] = []
        for layer in self.layers:
            layer.register_forward_hook(self._hook)

    def _hook(self, _module: nn.Module, _inputs: Any, response: Tensor) -> None:
        if response.requires_grad:
            response.retain_grad()
        self.signals.append(response)

    def activation(self, z: Tensor) -> Tensor:
        name = self.settings["activation"]
        if name == "leaky":
            return functional.leaky_relu(z, 0.1)
        return torch.relu(z) if name == "relu" else torch.tanh(z)

    def forward(self, points: Tensor) -> Tensor:
        self.signals.clear()
        opening, *inner = self.layers
        x = self.activation(opening(points))
        shortcut = self.settings["shortcut"]
        span = shortcut or 1
        for first in range(0, len(inner), span):
            y = x
            for place, layer in enumerate(inner[first : first + span]):
                if place:
                    y = self.activation(y)
                y = layer(y)
            x = self.activation(x + y if shortcut else y)
        return self.out(x).squeeze(1)


def close(here: Any, there: Any, tolerance: float) -> bool:
    here = torch.as_tensor(here, dtype=torch.float64)
    there = torch.as_tensor(there, dtype=torch.float64)
    return bool((here - there).abs().max() <= tolerance * max(1.0, float(there.abs().max())))


def loss(model: Reference, batch: list[float]) -> Tensor:
    values = torch.tensor(batch, dtype=torch.float64)
    rows = len(batch) // 3
    points, classes = values[: 2 * rows].reshape(rows, 2), values[2 * rows :]
    return functional.softplus(-classes * model(points)).mean()


def parameters(model: Reference) -> Tensor:
    return nn.utils.parameters_to_vector(model.parameters()).detach()


@pytest.fixture
def modules(page: Page) -> Page:
    open_modules(page)
    return page


class Updates:
    """Torch's optimiser for a model, whose state can be set to that of the playground."""

    def __init__(self, model: Reference) -> None:
        self.model = model
        self.parameters = list(model.parameters())
        settings = model.settings
        rate, momentum, decay = settings["rate"], settings["momentum"], settings["decay"]
        if settings["optimizer"] == "adam":
            self.names = ["exp_avg", "exp_avg_sq"]
            self.optimizer: torch.optim.Optimizer = torch.optim.Adam(
                self.parameters, rate, betas=(momentum, 0.999), weight_decay=decay
            )
        else:
            self.names = ["momentum_buffer"] if momentum else []
            self.optimizer = torch.optim.SGD(self.parameters, rate, momentum, weight_decay=decay)

    def load(self, parameters: list[float], *buffers: list[float], steps: int = 0) -> None:
        """Take over a state; without buffers, that of the start."""
        state = self.optimizer.state
        self._set(self.parameters, parameters)
        for name, values in zip(self.names if buffers else (), buffers, strict=False):
            self._set([state[one][name] for one in self.parameters], values)
        for one in self.parameters:
            if "step" in state[one]:
                state[one]["step"].fill_(steps)

    def update(self, batch: list[float]) -> None:
        self.optimizer.zero_grad()
        loss(self.model, batch).backward()
        self.optimizer.step()

    @staticmethod
    def _set(targets: list[Tensor], values: list[float]) -> None:
        parts = torch.tensor(values, dtype=torch.float64).split([one.numel() for one in targets])
        with torch.no_grad():
            for one, part in zip(targets, parts, strict=True):
                one.copy_(part.reshape(one.shape))


@pytest.mark.sampled
@pytest.mark.parametrize("settings", list(cases()), ids=lambda settings: str(settings["seed"]))
def test_gradients_measurements_and_updates_are_torchs(
    modules: Page, settings: dict[str, Any]
) -> None:
    how = {"settings": settings, "updates": UPDATES, "every": EVERY}
    trained = evaluate(modules, _TRAIN, how)
    model = Reference(settings)
    updates = Updates(model)
    assert len(trained["states"]) == UPDATES // EVERY
    for place, (before, after, batch) in enumerate(trained["states"]):
        if place == 0:
            updates.load(before[0])
            same_measurements(trained["measured"], model, batch)
        else:
            updates.load(*before, steps=place * EVERY)
        updates.update(batch)
        assert close(after[0], parameters(model), 1e-6), place


@pytest.mark.parametrize("settings", list(cases())[:12], ids=lambda settings: str(settings["seed"]))
def test_a_shallow_training_is_torchs_from_the_start_to_the_end(
    modules: Page, settings: dict[str, Any]
) -> None:
    how = {"settings": {**settings, "depth": SHALLOW}, "updates": UPDATES, "every": EVERY}
    trained = evaluate(modules, _TRAIN, how)
    model = Reference({**settings, "depth": SHALLOW})
    updates = Updates(model)
    updates.load(trained["states"][0][0][0])
    for batch in trained["batches"]:
        updates.update(batch)
    assert close(trained["end"], parameters(model), 1e-6)


def same_measurements(measured: dict[str, Any], model: Reference, batch: list[float]) -> None:
    loss(model, batch).backward()
    gradients = torch.cat([one.grad.flatten() for one in model.parameters()])
    assert close(measured["gradients"], gradients, 1e-9)
    responses = [float(one.detach().std(correction=0)) for one in model.signals]
    assert close(measured["responses"], responses, 1e-9)
    weights = [float(layer[0].weight.grad.norm()) for layer in model.layers]
    assert close(measured["weights"], weights, 1e-9)
    signals = [float(one.grad.norm()) for one in model.signals]
    assert close(measured["signals"], signals, 1e-9)


def test_the_loss_and_the_error_are_those_of_the_definition(modules: Page) -> None:
    answers = [-3.0, 0.5, 800.0, -800.0, 0.0]
    classes = [1.0, 1.0, -1.0, -1.0, 1.0]
    value, error = evaluate(
        modules,
        """async ({ answers, classes }, load) => {
            const { loss, wrong } = await load("network.mjs");
            return [loss(answers, classes, 5), wrong(answers, classes, 5)];
        }""",
        {"answers": answers, "classes": classes},
    )
    margins = torch.tensor(answers).double() * torch.tensor(classes).double()
    assert close(value, functional.softplus(-margins).mean(), 1e-9)
    assert error == 3 / 5
