"""Probes: what is measured inside the network at the iterations that are recorded.

- Response std of each 3x3 layer (Fig. 7): the standard deviation, over all elements of a
  mini-batch (B, C, H, W together), of the layer's output after BN and before the nonlinearity
  or the addition.
- Branch ratio ||F(x)|| / ||x|| of each block: F(x) is the branch's output as it enters the
  addition (section 3.1); in a plain block, y = f(F(x)), it is the nonlinearity's whole input.
- Gradient norm of each 3x3 layer's weights.

Both of the first follow from BN's own statistics (`Moments`) where BN is the last layer.
Elsewhere (networks without BN; a preresnet's stem and branches) the elements are measured.
Values stay on the device, packed into one row (`PackedValues`), so that a single copy fetches
all of them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from resnet_core.networks.blocks import Block
from resnet_core.networks.catalog import ResponseSite, block_sites, response_sites
from resnet_core.telemetry.events import Float32

Float64 = NDArray[np.float64]
Groups = Mapping[str, Sequence[Tensor]]  # tensors on the device, by name
Values = Mapping[str, Float64]  # each group's elements in a row, on the CPU


class PackedValues:
    """Named groups of tensors in one row.

    Attributes:
        row: all elements, still on the device.
    """

    def __init__(self, groups: Groups) -> None:
        self.row = torch.cat([t.detach().reshape(-1) for group in groups.values() for t in group])
        self._slices: dict[str, slice] = {}
        begin = 0
        for name, group in groups.items():
            end = begin + sum(tensor.numel() for tensor in group)
            self._slices[name] = slice(begin, end)
            begin = end

    def fetch(self) -> Values:
        """Wait for the device and return the elements of each group."""
        return self.unpack(self.row.cpu().numpy().astype(np.float64))

    def unpack(self, row: Float64) -> Values:
        """Return the groups of another row with the same layout."""
        return {name: row[place] for name, place in self._slices.items()}


def gradients(parameters: Iterable[Tensor]) -> list[Tensor]:
    """Return each parameter's gradient; zeros where the loss does not depend on it.

    Weight decay is not in it: SGD adds that to the update.
    """
    return [torch.zeros_like(p) if p.grad is None else p.grad for p in parameters]


def norms(tensors: list[Tensor]) -> Tensor:
    """Return the Euclidean norm of each tensor, on their device."""
    return torch.stack(torch._foreach_norm(tensors))


# The backward nodes whose third saved result is 1 / sqrt(v + eps) of every channel.
_WITH_INVERSE_STD = {"NativeBatchNormBackward0", "CudnnBatchNormBackward0"}


class Moments:
    """Moments of the outputs of some BN layers in one pass in training mode.

    Args:
        name: prefix of its groups of values.

    Attributes:
        indices: the index of each recorded output, in the order of `read`.
    """

    def __init__(self, name: str) -> None:
        self.indices: list[int] = []
        self._name = name
        self._layers: list[nn.BatchNorm2d] = []
        self._inverse_std: list[Tensor] = []

    def record(self, index: int, layer: nn.Module, output: Tensor) -> bool:
        """Record the statistics behind this output; return False if `layer` has none."""
        inverse_std = _saved_inverse_std(layer, output)
        if inverse_std is None:
            return False
        assert isinstance(layer, nn.BatchNorm2d)
        self.indices.append(index)
        self._layers.append(layer)
        self._inverse_std.append(inverse_std)
        return True

    def groups(self) -> Groups:
        """Return the tensors that the moments follow from; fetch them before the weights change."""
        return {
            f"{self._name}.inverse_std": self._inverse_std,
            f"{self._name}.gamma": [layer.weight for layer in self._layers],
            f"{self._name}.beta": [layer.bias for layer in self._layers],
        }

    def read(self, values: Values) -> tuple[Float64, Float64]:
        """Return mean and mean square, one element a layer."""
        if not self._layers:
            return np.empty(0), np.empty(0)
        # Channels of all layers in a row:
        inverse, gamma, beta = (values[name] for name in self.groups())
        channels = np.array([layer.num_features for layer in self._layers])
        eps = np.repeat([layer.eps for layer in self._layers], channels)
        starts = np.concatenate([[0], np.cumsum(channels)[:-1]])
        # v / (v + eps) = 1 - eps / (v + eps) needs no v.
        squares = np.add.reduceat(gamma**2 * (1 - eps * inverse**2) + beta**2, starts)
        return np.add.reduceat(beta, starts) / channels, np.maximum(squares, 0) / channels


def _saved_inverse_std(layer: nn.Module, output: Tensor) -> Tensor | None:
    """Return 1 / sqrt(v + eps) of every channel if `output` is of this BN in training mode."""
    node = output.grad_fn
    if not isinstance(layer, nn.BatchNorm2d) or node is None:
        return None
    if node.name() not in _WITH_INVERSE_STD or not layer.training:
        return None
    return node._saved_result2.detach()  # type: ignore[attr-defined]


@dataclass(frozen=True)
class Readings:
    """The measurements of one pass; see `Measurement` for each."""

    response_std: Float32
    gradient_norm: Float32
    branch_ratio: Float32
    audit_error: float | None


class Responses:
    """Response std of every layer in one pass; the values stay on the device until `read`.

    With `audit`, every layer's elements are measured as well, in float64.
    """

    def __init__(self, sites: Sequence[ResponseSite], *, audit: bool = False) -> None:
        self._sites, self._audit = sites, audit
        self._moments = Moments("response")
        self._measured: dict[int, Tensor] = {}  # std by layer, where no BN follows
        self._audited: dict[int, Tensor] = {}

    def attach(self, hooks: ExitStack) -> None:
        """Record the next forward pass until `hooks` are removed."""
        for index, site in enumerate(self._sites):
            module = site.conv if site.bn is None else site.bn

            def record(module: nn.Module, _: Any, response: Tensor, index: int = index) -> None:
                if not self._moments.record(index, module, response):
                    self._measured[index] = response.detach().float().std(correction=0)
                if self._audit:
                    self._audited[index] = direct_std(response)

            hooks.callback(module.register_forward_hook(record).remove)

    def groups(self) -> Groups:
        return {
            **self._moments.groups(),
            "response.measured": list(self._measured.values()),
            "response.audited": list(self._audited.values()),
        }

    def read(self, values: Values) -> tuple[Float64, float | None]:
        """Return the standard deviations, one a layer, and the audit's error.

        The error is the largest relative difference to the direct measurement, None without
        an audit; a layer of constant response counts with the difference itself.
        """
        mean, square = self._moments.read(values)
        std = np.empty(len(self._sites))
        std[self._moments.indices] = np.sqrt(np.maximum(square - mean**2, 0))
        std[list(self._measured)] = values["response.measured"]
        if not self._audited:
            return std, None
        direct = values["response.audited"]
        return std, float(np.max(np.abs(std - direct) / np.where(direct > 0, direct, 1.0)))


class Branches:
    """||F(x)|| / ||x|| of every block in one pass, Euclidean norms over the mini-batch."""

    def __init__(self, blocks: Sequence[Block]) -> None:
        self._blocks = blocks
        self._inputs: list[Tensor] = []  # x of each block, until the end of the pass
        self._input_norms: list[Tensor] = []
        self._moments = Moments("branch")  # of F(x), where BN ends the branch
        self._elements: list[int] = []  # of each F(x) there
        self._measured: dict[int, Tensor] = {}  # ||F(x)|| by block, elsewhere

    def attach(self, hooks: ExitStack) -> None:
        """Record the next forward pass until `hooks` are removed."""

        def record_input(_: nn.Module, inputs: tuple[Tensor]) -> None:
            self._inputs.append(inputs[0].detach())

        for index, block in enumerate(self._blocks):
            last = block.get_submodule(block.branch[-1])

            def record(module: nn.Module, _: Any, result: Tensor, index: int = index) -> None:
                if self._moments.record(index, module, result):
                    self._elements.append(result.numel())
                else:
                    self._measured[index] = _norm(result.detach())

            hooks.callback(block.register_forward_pre_hook(record_input).remove)
            hooks.callback(last.register_forward_hook(record).remove)

    def finish(self) -> None:
        """Measure the inputs of all blocks at once, which a GPU does in a few kernels."""
        self._input_norms = _norms(self._inputs)
        self._inputs.clear()

    def groups(self) -> Groups:
        return {
            **self._moments.groups(),
            "branch.measured": list(self._measured.values()),
            "branch.input": self._input_norms,
        }

    def read(self, values: Values) -> Float64:
        """Return ||F(x)|| / ||x||, one a block; not a number where x is zero."""
        _, square = self._moments.read(values)
        norms = np.empty(len(self._blocks))
        norms[self._moments.indices] = np.sqrt(square * self._elements)
        norms[list(self._measured)] = values["branch.measured"]
        with np.errstate(divide="ignore", invalid="ignore"):
            return norms / values["branch.input"]


class ProbeOutputs:
    """The values that the probes recorded in one forward pass, on the device until `read`."""

    def __init__(self, responses: Responses, branches: Branches, layers: Sequence[int]) -> None:
        self._responses, self._branches, self._layers = responses, branches, list(layers)

    def groups(self) -> Groups:
        """Return the values by name; fetch them before the weights change."""
        return {**self._responses.groups(), **self._branches.groups()}

    def read(self, values: Values, gradient_norms: Float64) -> Readings:
        """Return the measurements.

        Args:
            gradient_norms: of every parameter of the network, in its order.
        """
        response_std, audit_error = self._responses.read(values)
        return Readings(
            response_std=response_std.astype(np.float32),
            gradient_norm=gradient_norms[self._layers].astype(np.float32),
            branch_ratio=self._branches.read(values).astype(np.float32),
            audit_error=audit_error,
        )


class Probes:
    """The probes of one network.

    Attributes:
        layers: names of the 3x3 layers, first to last.
        blocks: names of the blocks, first to last.
        parameters: number of the network's parameters.
    """

    def __init__(self, model: nn.Module) -> None:
        self.parameters = sum(parameter.numel() for parameter in model.parameters())
        self._sites, blocks = response_sites(model), block_sites(model)
        self.layers = tuple(site.layer_name for site in self._sites)
        self.blocks = tuple(name for name, _ in blocks)
        self._modules = [block for _, block in blocks]
        positions = {id(parameter): at for at, parameter in enumerate(model.parameters())}
        self._weights = [positions[id(site.conv.weight)] for site in self._sites]

    @contextmanager
    def recording(self, *, audit: bool = False) -> Iterator[ProbeOutputs]:
        """Record one forward pass in training mode; the hooks are removed at the end."""
        responses, branches = Responses(self._sites, audit=audit), Branches(self._modules)
        with ExitStack() as hooks:
            responses.attach(hooks)
            branches.attach(hooks)
            yield ProbeOutputs(responses, branches, self._weights)
        branches.finish()


def direct_std(response: Tensor) -> Tensor:
    """Return the std over all elements (N, not N - 1), in float64 where the device has it."""
    dtype = torch.float32 if response.device.type == "mps" else torch.float64
    return response.detach().to(dtype).std(correction=0)


def _norms(tensors: list[Tensor]) -> list[Tensor]:
    """Return the Euclidean norms, in fp32."""
    if tensors and tensors[0].is_cuda:
        return list(torch._foreach_norm(tensors, dtype=torch.float32))
    return [_norm(tensor) for tensor in tensors]


def _norm(x: Tensor) -> Tensor:
    """Return ||x||, added up in fp32 from every image's norm.

    In bf16 each image's own norm is rounded to 8 bits, 0.2 % at most: told to return fp32,
    torch copies all of x first on a CPU, which costs more than the rest of the telemetry
    together. fp16 ends at 65504, too near for the norm of a large response.
    """
    dtype = torch.float32 if x.dtype == torch.float16 else None
    images = torch.linalg.vector_norm(x, dim=(1, 2, 3), dtype=dtype)  # B
    return torch.linalg.vector_norm(images, dtype=torch.float32)
