"""The product's training step in PyTorch eager (CPU), formula by formula: training/model/soft-attention/teacher-forced.ts.
Forward, backward, clip 5, Adam, as `bench/train.ts` runs it on the TensorFlow.js engines. Prints JSON {"seconds": [...]}.
pytorch_step.py --L 196 [--threads 2] [--warmup 2] [--steps 5]"""
import argparse, json, time
import torch, torch.nn as nn, torch.nn.functional as F

ap = argparse.ArgumentParser()
ap.add_argument("--L", type=int, default=196)
ap.add_argument("--threads", type=int, default=2)
ap.add_argument("--warmup", type=int, default=2)
ap.add_argument("--steps", type=int, default=5)
a = ap.parse_args()
torch.set_num_threads(a.threads)
torch.manual_seed(0)
B, L, D, A, E, H, V, T = 32, a.L, 512, 256, 256, 512, 3000, 16


class Decoder(nn.Module):
    def __init__(self):
        super().__init__()
        self.norm = nn.LayerNorm(D, eps=1e-3)
        self.project, self.init_h, self.init_c = nn.Linear(D, A), nn.Linear(D, H), nn.Linear(D, H)
        self.words, self.query = nn.Embedding(V, E), nn.Linear(H, A, bias=False)
        self.score, self.gate = nn.Linear(A, 1, bias=False), nn.Linear(H, D)
        self.cell = nn.LSTMCell(E + D, H)
        self.deep, self.logits = nn.Linear(H + D, E), nn.Linear(E, V)

    def forward(self, x, tokens):
        features = self.norm(x)  # [B, L, D]
        projected, mean = self.project(features), features.mean(1)  # [B, L, A], [B, D]
        h, c = torch.tanh(self.init_h(mean)), torch.tanh(self.init_c(mean))  # [B, H]
        words, states, attentions = self.words(tokens), [], []  # [B, T, E]
        for t in range(T):
            energy = self.score(torch.tanh(projected + self.query(h).unsqueeze(1))).squeeze(2)  # [B, L]
            attention = F.softmax(energy, dim=1)
            glimpse = torch.bmm(attention.unsqueeze(1), features).squeeze(1)  # [B, F]
            context = torch.sigmoid(self.gate(h)) * glimpse
            h, c = self.cell(torch.cat([words[:, t], context], 1), (h, c))
            states.append(torch.cat([h, context], 1))
            attentions.append(attention)
        deep = torch.tanh(self.deep(torch.stack(states, 1)) + words)  # [B, T, E]
        return self.logits(deep), torch.stack(attentions, 1).sum(1)  # [B, T, V], [B, L]


net = Decoder()
opt = torch.optim.Adam(net.parameters(), lr=5e-4)
x = torch.relu(torch.rand(B, L, D) * 2 - 1)
tokens, targets = torch.randint(V, (B, T)), torch.randint(V, (B, T))


def step():
    logits, seen = net(x, tokens)
    loss = F.cross_entropy(logits.reshape(-1, V), targets.reshape(-1), label_smoothing=0.1)
    loss = loss + 0.5 * ((1 - seen) ** 2).mean()
    opt.zero_grad()
    loss.backward()
    nn.utils.clip_grad_norm_(net.parameters(), 5.0)
    opt.step()
    return loss.item()


for _ in range(a.warmup):
    step()
seconds = []
for _ in range(a.steps):
    t = time.perf_counter()
    loss = step()
    seconds.append(time.perf_counter() - t)
print(json.dumps({"seconds": seconds, "loss": loss}))
