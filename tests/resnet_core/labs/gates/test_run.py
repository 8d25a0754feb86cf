"""Gates against their definition; what closes, narrows or stays open gets its sentence."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import torch
from torch import Tensor
from torch.nn import functional

from resnet_core.labs.gates import run as gates
from resnet_core.labs.gates.question import QUESTION, Settings
from resnet_core.labs.gates.verdicts import Gate, diverged, verdict
from resnet_core.labs.tools.chain import Chain
from resnet_core.labs.tools.derived_networks import initial_network
from resnet_core.networks.catalog import block_sites
from resnet_core.training.session import Session
from tests.graph_stand_in import Chunked
from tests.resnet_core.labs.small_networks import experiment, run, untrained
from tests.small_runs import small_data

__all__ = ["small_data"]


def test_a_gate_is_the_sigmoid_of_its_convolution_of_what_enters_the_block(
    small_data: Path,
) -> None:
    one = untrained(small_data, "highway-14")
    images, _ = one.test_images(8)
    model, entered = one.model(), dict[str, Tensor]()
    handles = [
        block.register_forward_pre_hook(
            lambda _, inputs, name=name: entered.update({name: inputs[0]})
        )
        for name, block in block_sites(model)
    ]
    try:
        with torch.no_grad():
            model(images)
    finally:
        for handle in handles:
            handle.remove()
    measured = list(gates.gates(Chain.of(one.model()), images))
    assert [gate.block for gate in measured] == list(entered)
    for gate in measured:
        weights = {key: one.weights[f"{gate.block}.gate.{key}"] for key in ("weight", "bias")}
        stride = 2 if gate.block in ("layer2.0", "layer3.0") else 1
        values = functional.conv2d(entered[gate.block], **weights, stride=stride).sigmoid()
        assert gate.transform == pytest.approx(float(values.mean()), rel=1e-5)
        assert gate.carry == pytest.approx(1 - gate.transform)
        assert gate.closed == pytest.approx(float((values > 0.9).float().mean()), abs=1e-6)
        assert gate.low <= values.median() <= gate.high


def test_a_closed_gate_makes_a_highway_plain(small_data: Path) -> None:
    """The usual story, at its end: T = 1 and nothing is left of x."""
    one = untrained(small_data, "highway-8")
    model = one.model()
    gates.open_gates(model, 60.0)
    x = torch.randn(4, 4, 8, 8)
    block = model.layer1[0]
    torch.testing.assert_close(block(x), block.activation(block.residual(x)))
    measured = list(gates.gates(Chain.of(model), one.test_images(8)[0]))
    assert all(gate.carry < 1e-6 and gate.closed == 1 for gate in measured)


def test_the_gates_of_a_network_in_training_are_measured_without_its_noticing(
    small_data: Path,
) -> None:
    one = untrained(small_data, "highway-8")
    model = one.model().train()
    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    gates._measure(model, one.test_images(8)[0])
    assert model.training
    assert all(torch.equal(tensor, before[name]) for name, tensor in model.state_dict().items())


@pytest.mark.parametrize("session", [Session, Chunked])
def test_a_run_measures_the_trained_gates_and_those_in_training(
    small_data: Path, monkeypatch: pytest.MonkeyPatch, session: type[Session]
) -> None:
    monkeypatch.setattr(gates, "Session", session)
    one = untrained(small_data, "highway-8", iterations=7)
    settings = Settings(iterations=10, depth=8, images=20, gate_bias=-1.0, data="shapes")
    tables, conclusions = run(QUESTION, gates.run(settings, [one]))
    trained = [row for row in tables["gates"] if row["run"] != "live"]
    live = [row for row in tables["gates"] if row["run"] == "live"]
    assert {row["iteration"] for row in trained} == {7}
    assert [row["iteration"] for row in live] == [at for at in range(11) for _ in range(3)]
    assert live[0]["carry"] == pytest.approx(torch.tensor(1.0).sigmoid().item(), abs=0.1)
    assert len(conclusions) == 2


def test_gates_that_begin_closed_turn_the_verdict() -> None:
    settings = Settings(iterations=10, depth=8, images=20, data="shapes")
    _, (usual,) = run(QUESTION, gates.run(settings, []))
    assert usual.finding == "open"
    shut = settings.model_copy(update={"gate_bias": 4.0})
    _, (other,) = run(QUESTION, gates.run(shut, []))
    assert other.finding == "closed"


def _gate(carry: float) -> Gate:
    return Gate("layer1.0", 1 - carry, 0.0, 1.0, 0.2)


def test_every_verdict_can_come_out() -> None:
    def finding(*carries: float) -> str:
        start = [_gate(0.88) for _ in carries]
        return verdict("net", 10, start, [_gate(carry) for carry in carries]).finding

    assert finding(0.88, 0.05) == "closed"
    assert finding(0.88, 0.6) == "narrowed"
    assert finding(0.88, 0.85, 0.95) == "open"
    assert diverged("net", 3).finding == "diverged"


def test_what_the_images_do_not_tell_is_no_verdict() -> None:
    def finding(carry: float) -> str:
        gates_ = [replace(_gate(carry), error=0.02)]
        return verdict("net", 10, [_gate(0.88)], gates_).finding

    assert finding(0.09) == "undecided"  # closed is below 0.10
    assert finding(0.82) == "undecided"  # narrowed is by 0.05
    assert finding(0.03) == "closed"


def test_the_start_of_a_trained_network_is_measured(small_data: Path) -> None:
    """Not computed from the bias: inputs and weights move it."""
    one = untrained(small_data, "highway-8")
    _, (conclusion, _) = run(
        QUESTION, gates.run(Settings(iterations=10, depth=8, images=20, data="shapes"), [one])
    )
    start = gates.gates(
        Chain.of(initial_network(one, one.test_images(20)[0])), one.test_images(20)[0]
    )
    carries = {gate.block: 100 * gate.carry for gate in start}
    assert conclusion.values["start"] == pytest.approx(carries[conclusion.values["block"]])


def test_the_recipe_is_the_recorded_networks_in_less_time() -> None:
    photographs = gates.experiment(Settings(iterations=400, seed=3))
    assert (photographs.data, photographs.learning_rate) == ("cifar10-sample", 0.05)
    assert photographs.drops == (355, 385)
    plan = gates.experiment(Settings(iterations=400, seed=3, data="shapes"))
    assert (plan.network, plan.data, plan.seed) == ("cifar/highway-20", "shapes", 3)
    assert plan.warmup_iterations == round(400 / 1060 * 500)
    assert plan.drops == (355, 385)
    assert gates.experiment(Settings(iterations=10)).iterations == 10


def test_networks_without_gates_are_refused(small_data: Path) -> None:
    assert QUESTION.accepts(experiment(small_data, "resnet-8")) == "labs.no_gates"
    assert not QUESTION.accepts(experiment(small_data, "highway-8"))
