"""The response standard deviations against the elements themselves, in float64."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from resnet_core.networks.catalog import ResponseSite, build, response_sites
from resnet_core.specs.cifar import NetworkSpec
from resnet_core.telemetry.moments import Moments
from resnet_core.telemetry.responses import ResponseProbe, Responses, direct_std
from resnet_core.telemetry.values import Values


def trained_like(spec: NetworkSpec, seed: int = 0) -> nn.Module:
    """Random scales and shifts in every BN, some of them negative, one of them zero."""
    model = build(spec, seed).to(memory_format=torch.channels_last)
    generator = torch.Generator().manual_seed(seed)
    for module in model.modules():
        if isinstance(module, nn.BatchNorm2d):
            nn.init.normal_(module.weight, 0.6, 0.5, generator=generator)
            nn.init.normal_(module.bias, -0.2, 0.5, generator=generator)
            with torch.no_grad():
                module.weight[0] = 0
    return model.train()


def images(batch: int = 32, size: int = 8) -> Tensor:
    generator = torch.Generator().manual_seed(1)
    return torch.randn(batch, 3, size, size, generator=generator)


@contextmanager
def _kept(model: nn.Module, sites: list[ResponseSite]) -> Iterator[dict[str, Tensor]]:
    """The responses themselves, kept by hooks of the test's own."""
    found: dict[str, Tensor] = {}
    handles = []
    for site in sites:

        def keep(_: nn.Module, __: object, output: Tensor, name: str = site.layer_name) -> None:
            found[name] = output.detach().clone()

        handles.append((site.bn or site.conv).register_forward_hook(keep))
    yield found
    for handle in handles:
        handle.remove()


def _float64(model: nn.Module, x: Tensor) -> NDArray[np.float64]:
    """Of the same network in float64, from its responses."""
    exact = copy.deepcopy(model).double()
    sites = response_sites(exact)
    with _kept(exact, sites) as responses:
        exact(x.double())
    return np.array([responses[site.layer_name].std(correction=0).item() for site in sites])


def _read(found: Responses) -> tuple[NDArray[np.float64], float | None]:
    """Standard deviations and the audit's error."""
    return found.read(Values.fetched(found.tensors()))


FAMILIES = ["plain", "resnet", "highway", "preresnet"]


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("batch_norm", [True, False])
@pytest.mark.parametrize("block", ["basic", "bottleneck"])
def test_against_the_elements_in_float64(family: str, batch_norm: bool, block: str) -> None:
    layers = 3 if block == "bottleneck" else 2
    spec = NetworkSpec(
        family=family,  # type: ignore[arg-type]
        depth=3 * layers + 2,
        block=block,  # type: ignore[arg-type]
        layers_per_block=layers,
        width=4,
        batch_norm=batch_norm,
    )
    model = trained_like(spec)
    probe = ResponseProbe(response_sites(model))
    with probe.listening(audit=True) as found:
        model(images())
    measured, audit_error = _read(found)
    np.testing.assert_allclose(measured, _float64(model, images()), rtol=1e-6)
    assert audit_error == pytest.approx(0, abs=5e-6)


@pytest.mark.parametrize("seed", range(5))
def test_a_deep_network(seed: int) -> None:
    model = trained_like(NetworkSpec(family="resnet", depth=56, width=4), seed)
    probe = ResponseProbe(response_sites(model))
    with probe.listening() as found:
        model(images(16))
    np.testing.assert_allclose(_read(found)[0], _float64(model, images(16)), rtol=1e-6)


def test_every_element_counts_alike_whatever_the_channels_means() -> None:
    """std over B, C, H, W together: channels apart in their mean make it larger."""
    model = build(NetworkSpec(family="plain", depth=8, width=4), seed=0).train()
    bn = model.bn1
    with torch.no_grad():
        bn.weight.fill_(0)
        bn.bias.copy_(torch.tensor([1.0, 1.0, -1.0, -1.0]))
    probe = ResponseProbe(response_sites(model))
    with probe.listening() as found:
        model(images())
    assert _read(found)[0][0] == pytest.approx(1.0, abs=1e-12)


def test_a_constant_response_is_0() -> None:
    model = build(NetworkSpec(depth=8, width=4), seed=0).train()
    nn.init.zeros_(model.layer1[0].bn2.weight)
    probe = ResponseProbe(response_sites(model))
    with probe.listening(audit=True) as found:
        model(images())
    measured, audit_error = _read(found)
    assert measured[2] == 0
    assert audit_error == pytest.approx(0, abs=5e-6)


def test_a_dead_layer_before_bn() -> None:
    """v = 0: nothing is left of gamma."""
    model = trained_like(NetworkSpec(depth=8, width=4))
    nn.init.zeros_(model.layer2[0].conv1.weight)
    probe = ResponseProbe(response_sites(model))
    with probe.listening() as found:
        model(images())
    expected = model.layer2[0].bn1.bias.double().std(correction=0).item()
    assert _read(found)[0][3] == pytest.approx(expected, rel=1e-6)


def test_in_bf16_the_error_is_small_and_told() -> None:
    model = trained_like(NetworkSpec(depth=20, width=8))
    probe = ResponseProbe(response_sites(model))
    with probe.listening(audit=True) as found, torch.autocast("cpu", torch.bfloat16):
        model(images(64))
    error = _read(found)[1]
    assert error is not None
    assert 1e-6 < error < 2e-3


def test_the_audit_finds_a_wrong_figure(monkeypatch: pytest.MonkeyPatch) -> None:
    model = trained_like(NetworkSpec(depth=8, width=4))
    probe = ResponseProbe(response_sites(model))
    with probe.listening(audit=True) as found:
        model(images())
    read = Moments.read

    def wrong(self: Moments, values: Values) -> tuple[NDArray[np.float64], ...]:
        return tuple(moment * [1, 1, 1, 1.25**2, 1, 1, 1] for moment in read(self, values))

    for bn in (site.bn for site in response_sites(model)):
        assert bn is not None
        nn.init.zeros_(bn.bias)  # so that the mean square alone is the variance
    with probe.listening(audit=True) as found:
        model(images())
    monkeypatch.setattr(Moments, "read", wrong)
    assert _read(found)[1] == pytest.approx(0.25, rel=1e-4)


def test_no_audit_is_no_error() -> None:
    model = trained_like(NetworkSpec(depth=8, width=4))
    probe = ResponseProbe(response_sites(model))
    with probe.listening(audit=True) as found:
        model(images())
    with probe.listening() as found:
        model(images())
    assert _read(found)[1] is None


def test_bn_whose_statistics_are_not_known_is_measured() -> None:
    """In evaluation mode, or without a gradient, there is nothing to ask BN for."""
    model = trained_like(NetworkSpec(depth=8, width=4))
    probe = ResponseProbe(response_sites(model))
    with torch.no_grad(), probe.listening() as found:
        model(images())
    np.testing.assert_allclose(_read(found)[0], _float64(model, images()), rtol=1e-5)
    model.eval()
    sites = response_sites(model)
    with _kept(model, sites) as responses, probe.listening() as found:
        model(images())
    expected = [direct_std(responses[site.layer_name]).item() for site in sites]
    np.testing.assert_allclose(_read(found)[0], expected, rtol=1e-5)


def test_listening_changes_no_number() -> None:
    models = [trained_like(NetworkSpec(depth=8, width=4)) for _ in range(2)]
    probe = ResponseProbe(response_sites(models[0]))
    with probe.listening(audit=True):
        heard = models[0](images())
    assert torch.equal(heard, models[1](images()))
    for mine, other in zip(models[0].buffers(), models[1].buffers(), strict=True):
        assert torch.equal(mine, other)
