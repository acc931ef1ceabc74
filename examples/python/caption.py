"""Captions images with a showtell model folder. Usage: python caption.py MODEL IMAGE ..."""

import json
import sys
from pathlib import Path

import numpy as np
import onnxruntime as ort
from PIL import Image, ImageOps


def pixels(path: str, width: int, height: int) -> np.ndarray:
    """[height, width, 3] uint8 RGB, upright."""
    with Image.open(path) as image:
        upright = ImageOps.exif_transpose(image).convert("RGB")
        return np.asarray(upright.resize((width, height), Image.Resampling.LANCZOS))


def main(folder: Path, *images: str) -> None:
    manifest = json.loads((folder / "model.json").read_text("utf-8"))
    tokenizer = json.loads((folder / "tokenizer.json").read_text("utf-8"))
    words = {token: word for word, token in tokenizer["model"]["vocab"].items()}
    pad, decoding = manifest["tokens"]["pad"], manifest["decoding"]
    size = manifest["preprocessing"]["width"], manifest["preprocessing"]["height"]

    graphs = manifest["graphs"]["captioner"]
    graph = graphs.get("int8") or graphs.get("fp32") or graphs["fp16"]
    session = ort.InferenceSession(folder / graph["file"], providers=ort.get_available_providers())
    batch = np.stack([pixels(image, *size) for image in images])  # [N, height, width, 3]
    tokens, scores, attention = session.run(
        ["tokens", "scores", "attention"],  # [N, T], [N], [N, T, L]: where each word looked
        {
            "image": batch,
            "max_length": np.array(decoding["maxLength"], np.int64),
            "beam": np.array(decoding["beam"], np.int64),
        },
    )
    for image, row in zip(images, tokens.tolist()):
        print(f"{image}: {' '.join(words[token] for token in row if token != pad)}")


if __name__ == "__main__":
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    main(Path(sys.argv[1]), *sys.argv[2:])
