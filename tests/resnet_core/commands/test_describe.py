from __future__ import annotations

from collections.abc import Callable

import pytest


@pytest.mark.parametrize(
    ("arguments", "parameters", "layers"),
    [
        (["cifar/resnet-20"], 269_722, 20),
        (["cifar/resnet-56", "--shortcut", "A"], 853_018, 56),
        (["cifar/resnet-56", "--shortcut", "B"], 855_770, 56),
        (["cifar/resnet-56", "--shortcut", "C"], 900_858, 56),
        (["cifar/plain-56"], 853_018, 56),
        (["cifar/resnet-1202"], 19_421_274, 1202),
    ],
)
def test_the_papers_counts(
    call: Callable, arguments: list[str], parameters: int, layers: int
) -> None:
    said = call("describe", *arguments, "--json")
    assert said.code == 0
    assert (said.json["parameters"], said.json["weighted_layers"]) == (parameters, layers)


def test_multiply_adds_and_settings(call: Callable) -> None:
    assert call("describe", "cifar/resnet-56", "--json").json["multiply_adds"] == 125_485_696
    small = call(
        "describe", "cifar/resnet-8", "--width", "1", "--image-size", "8", "--classes", "2",
        "--channels", "1", "--no-batch-norm", "--json",
    ).json  # fmt: skip
    assert small["spec"]["batch_norm"] is False
    assert small["spec"]["image_size"] == 8
    assert small["layers"][0]["in_channels"] == 1


def test_for_people_it_is_a_table(call: Callable) -> None:
    said = call("describe", "cifar/resnet-56")
    assert "853,018" in said.out
    assert "y = ReLU(F(x) + x)" in said.out


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["cifar/resnet-21"], "network: depth 21 is not 6n + 2"),
        (["cifar/resnet-0"], "network: depth 0"),
        (["cifar/resnet--1"], "network: depth -1"),
        (["cifar/resnet-1000000000"], "network: depth 1000000000"),
        (["cifar/dense-20"], "network: there is no family 'dense'"),
        (["cifar/resnet-20", "--shortcut", "D"], "shortcut: 'D' is not known; choose 'A', 'B' or"),
        (["cifar/resnet-20", "--width", "0"], "width: 0 is too small; use at least 1"),
    ],
)
def test_bad_input_is_one_sentence_and_code_2(
    call: Callable, arguments: list[str], sentence: str
) -> None:
    said = call("describe", *arguments)
    assert said.code == 2
    assert said.out == ""
    assert said.err.startswith(sentence)
    assert len(said.err.splitlines()) == 1
