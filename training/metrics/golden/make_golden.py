"""Makes coco-caption.jsonl beside this file: on each line a random set of images with pycocoevalcap 1.2's scores.

The scores are BLEU-1 to BLEU-4, ROUGE-L and CIDEr-D, of the set and of each image.

Needs `pip install pycocoevalcap==1.2`; the tests need the file only. The sentences are tokenised already, so the
reference's Java tokeniser has no part in it.
"""

import json
import random
from pathlib import Path

from pycocoevalcap.bleu.bleu import Bleu
from pycocoevalcap.cider.cider import Cider
from pycocoevalcap.rouge.rouge import Rouge

WORDS = "a a a the two dog man runs on in grass red ball with".split()
random.seed(20150406)


def sentence(longest=12):
    return " ".join(random.choices(WORDS, k=random.randint(1, longest)))


def altered(words):
    """A sentence near another one, so that long n-grams match too."""
    words = [word for word in words.split() if random.random() > 0.15]
    if words and random.random() < 0.5:
        words[random.randrange(len(words))] = random.choice(WORDS)
    return " ".join(words) or "a"


def image():
    longest = 60 if random.random() < 0.03 else 12
    first = sentence(longest)
    references = [first] + [
        altered(first) if random.random() < 0.6 else sentence(longest)
        for _ in range(random.choice([0, 1, 2, 4]))
    ]
    kind = random.random()
    if kind < 0.06:
        candidate = ""
    elif kind < 0.12:
        candidate = " ".join([random.choice(WORDS)] * random.randint(2, 15))
    elif kind < 0.2:
        candidate = random.choice(references)
    elif kind < 0.85:
        candidate = altered(random.choice(references))
    else:
        candidate = sentence(longest)
    if random.random() < 0.02:
        references.append("")
    return {"candidate": candidate, "references": references}


def scored(images):
    candidates = {i: [entry["candidate"]] for i, entry in enumerate(images)}
    references = {i: entry["references"] for i, entry in enumerate(images)}
    bleu, bleu_each = Bleu(4).compute_score(references, candidates, verbose=0)
    rouge, rouge_each = Rouge().compute_score(references, candidates)
    cider, cider_each = Cider().compute_score(references, candidates)
    for i, entry in enumerate(images):
        values = [each[i] for each in bleu_each] + [rouge_each[i], cider_each[i]]
        entry["scores"] = [float(value) for value in values]
    return {"scores": [float(value) for value in [*bleu, rouge, cider]], "images": images}


sizes = [1, 1, 2, 2, 3, 3, 5, 5, 8, 8, 12, 20, 30, 50, 60]
lines = [json.dumps(scored([image() for _ in range(size)]), separators=(",", ":")) for size in sizes]
path = Path(__file__).parent / "coco-caption.jsonl"
path.write_text("\n".join(lines) + "\n")
print(path, path.stat().st_size)
