"""The response std of every layer in both modes, against direct measurements."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
import torch

from resnet_core.networks.catalog import build, response_sites
from resnet_core.specs.names import spec_of
from resnet_core.telemetry.response_table import response_table, write


@pytest.fixture
def trained() -> torch.nn.Module:
    """A network whose BN layers have scales, shifts and running statistics of their own."""
    model = build(spec_of("cifar/resnet-8", width=4), 0)
    model.train()
    for _ in range(3):
        model(torch.randn(8, 3, 16, 16) * 2 + 1)
    for layer in model.modules():
        if isinstance(layer, torch.nn.BatchNorm2d):
            torch.nn.init.uniform_(layer.weight, 0.5, 1.5)
            torch.nn.init.normal_(layer.bias)
    return model


def _outputs(model: torch.nn.Module, batches: list[torch.Tensor]) -> list[torch.Tensor]:
    """Every response of every batch, one tensor a layer."""
    responses: list[list[torch.Tensor]] = []
    for site in response_sites(model):
        every: list[torch.Tensor] = []
        module = site.bn or site.conv
        module.register_forward_hook(lambda _, __, out, every=every: every.append(out.detach()))
        responses.append(every)
    with torch.no_grad():
        for batch in batches:
            model(batch)
    return [torch.cat(every) for every in responses]


def test_each_mode_is_the_std_over_all_elements_of_all_batches(trained: torch.nn.Module) -> None:
    batches = [torch.randn(6, 3, 16, 16), torch.randn(4, 3, 16, 16) - 1]
    table = response_table(trained, batches)

    assert [one.layer for one in table] == [site.layer_name for site in response_sites(trained)]
    evaluated = _outputs(trained.eval(), batches)
    assert [one.evaluation for one in table] == pytest.approx(
        [float(out.double().std(correction=0)) for out in evaluated]
    )
    normalised = _outputs(trained.train(), batches)
    assert [one.training for one in table] == pytest.approx(
        [float(out.double().std(correction=0)) for out in normalised]
    )


@pytest.mark.parametrize("mode", [True, False])
def test_the_network_comes_back_as_it_was(trained: torch.nn.Module, mode: bool) -> None:
    trained.train(mode)
    before = {name: value.clone() for name, value in trained.state_dict().items()}
    momenta = [getattr(layer, "momentum", None) for layer in trained.modules()]

    response_table(trained, [torch.randn(4, 3, 16, 16)])

    assert trained.training == mode
    assert momenta == [getattr(layer, "momentum", None) for layer in trained.modules()]
    after = trained.state_dict()
    assert all(torch.equal(value, after[name]) for name, value in before.items())
    assert not any(layer._forward_hooks for layer in trained.modules())


def test_the_table_is_written_as_csv(trained: torch.nn.Module, tmp_path: Path) -> None:
    table = response_table(trained, [torch.randn(4, 3, 16, 16)])
    write(tmp_path / "responses.csv", table, 4)
    with (tmp_path / "responses.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["layer"] for row in rows] == [one.layer for one in table]
    assert float(rows[0]["evaluation_std"]) == pytest.approx(table[0].evaluation, rel=1e-5)
    assert {row["images"] for row in rows} == {"4"}
