"""Makes decoders.jsonl beside this file: on each line weights, features, captions, and what PyTorch computes of them.

Each decoder is written here from its paper's equations, one image, one caption and one step at a time:
Lu et al. 2017 (arXiv:1612.01887), eq. 6 to 13, and Anderson et al. 2018 (arXiv:1707.07998), eq. 1 to 7.
Common to both: layer norm and embedding of the features, first states out of the mean annotation vector.
Kernels are stored [inputs, outputs], LSTM gates as i, f, g, o.

Needs `pip install torch`; the tests need the file only.
"""

import json
from pathlib import Path

import torch
from torch import nn
from torch.nn import functional

torch.manual_seed(1612)
torch.set_default_dtype(torch.float64)

D, L, A, E, H, V = 5, 4, 3, 2, 4, 7
IMAGES = 2
CAPTIONS = [[4, 5, 6], [6, 4]]
START = 1


class Weights(dict):
    """Creates a weight at its first use."""

    def __call__(self, name, *shape):
        if name not in self:
            values = torch.empty(shape).uniform_(-1, 1)
            # What is stored is what is computed with.
            self[name] = (values * 1e4).round() / 1e4
        return self[name]

    def linear(self, name, x, units, bias=True):
        kernel = self(f"{name}/kernel", x.shape[-1], units)
        return functional.linear(x, kernel.T, self(f"{name}/bias", units) if bias else None)

    def lstm_cell(self, name, inputs, units):
        cell = nn.LSTMCell(inputs, units)
        with torch.no_grad():
            cell.weight_ih.copy_(self(f"{name}/kernel", inputs, 4 * units).T)
            cell.weight_hh.copy_(self(f"{name}/recurrent_kernel", units, 4 * units).T)
            cell.bias_ih.copy_(self(f"{name}/bias", 4 * units))
            cell.bias_hh.zero_()
        return lambda x, state: tuple(s[0] for s in cell(x[None], tuple(s[None] for s in state)))


def annotations(w, image, F):
    normed = functional.layer_norm(image, (D,), w("feature_norm/gamma", D), w("feature_norm/beta", D), 1e-3)
    return torch.relu(w.linear("feature_embedding", normed, F))


def first_state(w, v, size):
    mean = v.mean(0)
    return torch.tanh(w.linear("initial_hidden", mean, size)), torch.tanh(w.linear("initial_cell", mean, size))


def adaptive(w, image, words):
    v = annotations(w, image, H)  # [L, H]
    lstm = w.lstm_cell("lstm", E + H, H)
    w_h = w("attention_score/kernel", A, 1)[:, 0]
    h, m = first_state(w, v, H)
    for word in words:
        x = torch.cat([w("word_embedding/embeddings", V, E)[word], v.mean(0)])
        g = torch.sigmoid(w.linear("sentinel_input", x, H, False) + w.linear("sentinel_hidden", h, H, False))  # eq. 9
        h, m = lstm(x, (h, m))
        s = g * torch.tanh(m)  # eq. 10
        query = w.linear("attention_hidden", h, A, False)
        z = torch.tanh(w.linear("attention_features", v, A) + query) @ w_h  # eq. 6
        alpha = torch.softmax(z, 0)  # eq. 7
        c = alpha @ v  # eq. 8
        z_s = torch.tanh(w.linear("attention_sentinel", s, A, False) + query) @ w_h
        beta = torch.softmax(torch.cat([z, z_s[None]]), 0)[L]  # eq. 12
        c_hat = beta * s + (1 - beta) * c  # eq. 11
        yield w.linear("logits", c_hat + h, V), (1 - beta) * alpha, alpha  # eq. 13


def top_down(w, image, words):
    F = H + 1
    v = annotations(w, image, F)  # [L, F]
    attention_lstm = w.lstm_cell("attention_lstm", H + F + E, H)
    language_lstm = w.lstm_cell("language_lstm", F + H, H)
    hidden, cell = first_state(w, v, 2 * H)
    h1, h2 = hidden[:H], hidden[H:]
    c1, c2 = cell[:H], cell[H:]
    for word in words:
        x1 = torch.cat([h2, v.mean(0), w("word_embedding/embeddings", V, E)[word]])  # eq. 2
        h1, c1 = attention_lstm(x1, (h1, c1))  # eq. 1
        query = w.linear("attention_hidden", h1, A, False)
        a = torch.tanh(w.linear("attention_features", v, A) + query) @ w("attention_score/kernel", A, 1)[:, 0]  # eq. 3
        alpha = torch.softmax(a, 0)  # eq. 4
        v_hat = alpha @ v  # eq. 5
        h2, c2 = language_lstm(torch.cat([v_hat, h1]), (h2, c2))  # eq. 6
        yield w.linear("logits", h2, V), alpha, alpha  # eq. 7


def rounded(tensor):
    return [round(value, 8) for value in tensor.detach().flatten().tolist()]


def make(name, decoder, feature_size):
    weights = Weights()
    features = (torch.rand(IMAGES, L, D) * 2).mul(1e4).round() / 1e4
    captions = []
    for image, caption in zip(features, CAPTIONS):
        logits, attention, over_places = zip(*decoder(weights, image, [START, *caption]))
        captions.append(
            {
                "words": caption,
                "logits": [rounded(x) for x in logits],
                "attention": [rounded(x) for x in attention],
                "attentionSum": rounded(sum(over_places)),
            }
        )
    return {
        "config": {
            "decoder": name,
            "locations": L,
            "channels": D,
            "featureSize": feature_size,
            "featureEmbedding": True,
            "attentionSize": A,
            "embeddingSize": E,
            "hiddenSize": H,
            "vocabularySize": V,
        },
        "weights": {key: rounded(value) for key, value in weights.items()},
        "features": rounded(features),
        "captions": captions,
    }


golden = [make("adaptive", adaptive, H), make("top-down", top_down, H + 1)]
path = Path(__file__).parent / "decoders.jsonl"
path.write_text("".join(json.dumps(line, separators=(",", ":")) + "\n" for line in golden))
print(path, path.stat().st_size)
