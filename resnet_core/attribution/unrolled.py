"""A copy of a network in which every nonlinearity is a module that is used once, never in place.

DeepLIFT keeps what went into each nonlinearity and what came out, by module: of a module that
is used twice it would keep the second use alone, and of a function nothing.
"""

from __future__ import annotations

import copy
import operator
from collections import Counter

import torch
from torch import fx, nn
from torch.nn import functional

_RELU = frozenset({functional.relu, torch.relu, torch.relu_, functional.relu_})
_PRODUCTS = frozenset({operator.mul, operator.imul, torch.mul})


def unrolled(model: nn.Module) -> fx.GraphModule:
    """The copy, which computes the same; its layers keep their names.

    Raises:
        torch.fx.proxy.TraceError: what the network does depends on the values that it sees.
    """
    traced = fx.symbolic_trace(copy.deepcopy(model))
    _name_functions(traced)
    _copy_shared(traced)
    for module in traced.modules():
        if getattr(module, "inplace", False):
            module.inplace = False  # type: ignore[assignment]
    traced.graph.lint()
    traced.recompile()
    return traced.eval()


def multiplies(traced: fx.GraphModule) -> bool:
    """Whether two things that both depend on the picture are multiplied, as by a gate."""
    return any(
        node.op == "call_function"
        and node.target in _PRODUCTS
        and all(isinstance(part, fx.Node) for part in node.args)
        for node in traced.graph.nodes
    )


def _name_functions(traced: fx.GraphModule) -> None:
    """Put an `nn.ReLU` in the place of every call of the function."""
    for number, node in enumerate(list(traced.graph.nodes)):
        called = node.op == "call_function" and node.target in _RELU
        if called or (node.op == "call_method" and node.target in {"relu", "relu_"}):
            name = f"unrolled_relu_{number}"
            traced.add_submodule(name, nn.ReLU())
            with traced.graph.inserting_after(node):
                node.replace_all_uses_with(traced.graph.call_module(name, (node.args[0],)))
            traced.graph.erase_node(node)


def _copy_shared(traced: fx.GraphModule) -> None:
    """Give every use of a module after the first a copy of its own."""
    seen: Counter[int] = Counter()
    for node in traced.graph.nodes:
        if node.op != "call_module":
            continue
        module = traced.get_submodule(node.target)
        seen[id(module)] += 1
        if seen[id(module)] > 1:
            name = f"{node.target}_use_{seen[id(module)]}"
            traced.add_submodule(name, copy.deepcopy(module))
            node.target = name
