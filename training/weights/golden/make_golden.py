"""Writes the files that training/weights/pytorch.test.ts reads. Needs PyTorch; run as python make_golden.py."""

import json
import os
from collections import OrderedDict

import torch

FOLDER = os.path.dirname(os.path.abspath(__file__))


class Hostile:
    """Would run a command in a reader that calls what a pickle names."""

    def __reduce__(self):
        return os.system, ("exit 1",)


def main():
    torch.manual_seed(0)
    base = torch.randn(12)
    state = OrderedDict(
        [
            ("conv.weight", torch.randn(3, 2, 2, 2).to(memory_format=torch.channels_last)),
            ("conv.bias", torch.randn(3)),
            ("half", torch.randn(5).half()),
            ("bfloat", torch.randn(2, 3).bfloat16()),
            ("double", torch.randn(2).double()),
            ("slice", base[3:9].view(2, 3)),
            ("transposed", base.view(3, 4).t()),
            ("scalar", torch.tensor(2.5)),
            ("empty", torch.zeros(0, 4)),
            ("count", torch.tensor(7)),
            ("parameter", torch.nn.Parameter(torch.randn(4))),
        ]
    )
    state._metadata = OrderedDict([("", {"version": 1})])

    def save(value, name, **options):
        torch.save(value, os.path.join(FOLDER, name), **options)

    save(state, "state-dict.pth")
    save(state, "state-dict-legacy.pth", _use_new_zipfile_serialization=False)
    save({"epoch": 3, "optimizer": {"lr": [0.1, 1e-3]}, "state_dict": state}, "checkpoint.pth")
    save({"weight": torch.zeros(2), "hostile": Hostile()}, "hostile.pth")
    save(torch.nn.Linear(2, 2), "module.pth")
    expected = {
        name: {"shape": list(value.shape), "data": value.detach().float().reshape(-1).tolist()}
        for name, value in state.items()
        if value.dtype.is_floating_point
    }
    with open(os.path.join(FOLDER, "state-dict.json"), "w") as file:
        json.dump(expected, file)


if __name__ == "__main__":
    main()
