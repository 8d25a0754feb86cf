"""DeepLIFT with the rescale rule (Shrikumar et al. 2017), where the network allows it.

DeepLIFT stores the input and output of each nonlinearity by module: of a module that is used
twice it would store the second use alone, and of a function nothing. It therefore runs on a
copy in which every nonlinearity is a module that is used once, never in place.
"""

from __future__ import annotations

import copy
import operator
import warnings
from collections import Counter

import torch
from captum.attr import DeepLift
from torch import Tensor, fx, nn
from torch.nn import functional

from resnet_core.attribution.explanation import (
    Completeness,
    Explanation,
    Options,
    difference,
    restored_hooks,
)

_MOST_MISSED = 5.0  # percent of the logit's difference; where the rule holds it is rounding
_RELU = frozenset({functional.relu, torch.relu, torch.relu_, functional.relu_})
_PRODUCTS = frozenset({operator.mul, operator.imul, torch.mul})


class NotPossible(Exception):
    """A method that does not apply to this network.

    Attributes:
        reason: "product" where the network multiplies two values that depend on the picture,
            for which the rescale rule has no answer; "trace" where it cannot be unrolled;
            "incomplete" where the parts do not add up, so the rule has missed something.
    """

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def deep_lift(model: nn.Module, x: Tensor, target: Tensor, options: Options) -> Explanation:
    """Each nonlinearity's share of its change from the baseline; colours are summed.

    Raises:
        NotPossible: the network multiplies, as highway gates do, or cannot be unrolled,
            or its parts do not add up.
    """
    try:
        network = unrolled(model)
    except fx.proxy.TraceError as error:
        raise NotPossible("trace") from error
    if multiplies(network):
        raise NotPossible("product")
    with restored_hooks(network), warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Setting forward, backward hooks")
        values = DeepLift(network).attribute(x, torch.zeros_like(x), target=target)
    values = values.detach().float()
    completeness = Completeness(values.flatten(1).sum(1), difference(model, x, target))
    if completeness.percent.nan_to_num(0).max() > _MOST_MISSED:
        raise NotPossible("incomplete")
    return Explanation(values.sum(1), True, completeness)


def unrolled(model: nn.Module) -> fx.GraphModule:
    """Return a copy that computes the same with each nonlinearity a module used once.

    Its layers keep their names.

    Raises:
        torch.fx.proxy.TraceError: the network's steps depend on the values of its input.
    """
    traced = fx.symbolic_trace(copy.deepcopy(model))
    _replace_functions(traced)
    _copy_shared_modules(traced)
    for module in traced.modules():
        if getattr(module, "inplace", False):
            module.inplace = False  # type: ignore[assignment]
    traced.graph.lint()
    traced.recompile()
    return traced.eval()


def multiplies(traced: fx.GraphModule) -> bool:
    """Return True if two values that depend on the picture are multiplied, as by a gate."""
    return any(
        node.op == "call_function"
        and node.target in _PRODUCTS
        and all(isinstance(part, fx.Node) for part in node.args)
        for node in traced.graph.nodes
    )


def _replace_functions(traced: fx.GraphModule) -> None:
    """Replace every call of the function ReLU by an `nn.ReLU`."""
    for number, node in enumerate(list(traced.graph.nodes)):
        is_function = node.op == "call_function" and node.target in _RELU
        if is_function or (node.op == "call_method" and node.target in {"relu", "relu_"}):
            name = f"unrolled_relu_{number}"
            traced.add_submodule(name, nn.ReLU())
            with traced.graph.inserting_after(node):
                node.replace_all_uses_with(traced.graph.call_module(name, (node.args[0],)))
            traced.graph.erase_node(node)


def _copy_shared_modules(traced: fx.GraphModule) -> None:
    """Replace a module by a copy of it at every use after the first."""
    uses: Counter[int] = Counter()
    for node in traced.graph.nodes:
        if node.op != "call_module":
            continue
        module = traced.get_submodule(node.target)
        uses[id(module)] += 1
        if uses[id(module)] > 1:
            name = f"{node.target}_use_{uses[id(module)]}"
            traced.add_submodule(name, copy.deepcopy(module))
            node.target = name
