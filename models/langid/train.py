#!/usr/bin/python3
"""Trains the language identifier, exports it to ONNX, quantises it and writes the packages.

    apt-get install --no-install-recommends python3-torch python3-onnx python3-numpy libopenblas0-serial
    scripts/setup && scripts/build native        in the root of the repository: `onedge pack` writes the packages
    ./corpus.py fetch DATA                       downloads and unpacks the packages of packages.txt, without installing them
    PYTHONHASHSEED=0 ./corpus.py build DATA corpus.tsv
    ./train.py corpus.tsv WORK [--samples N]    WORK gets tokenizer.json, model.onnx, model-int8.onnx, labels.txt, tests.json
    ./train.py corpus.tsv WORK --export-only     from WORK/model.pt: exports, packages and evaluates again
    node evaluate.mjs WORK metrics.json; ./report.py metrics.json        accuracy of the graphs; the tables of README.md

Seeded; one thread. --samples, not the clock, says how long it trains, so that a run can be repeated.
"""
import argparse
import collections
import json
import os
import random
import re
import subprocess
import sys
import time
import unicodedata

import numpy as np
import torch
from torch import nn

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.dirname(HERE)]
import corpus as corpus_module  # noqa: E402
import wordpiece  # noqa: E402
from bert import BertModel, init_weights  # noqa: E402

VERSION = "1.0.0"
LABELS = sorted(corpus_module.LANGUAGES)
UNSPACED = ("ja", "zh", "th")
# Characters that a window holds in these languages, relative to the others: each character carries more meaning.
DENSITY = {"ja": 0.45, "zh": 0.35, "ko": 0.6, "th": 0.9}


class Config:
    vocab, positions, types, hidden, layers, heads, intermediate, dropout = 8448, wordpiece.MAX_LENGTH, 0, 128, 2, 4, 256, 0.1


class LanguageIdentifier(nn.Module):
    """input_ids, attention_mask: i64 [batch, sequence] -> logits: f32 [batch, labels]. BERT, masked mean pooling, a linear layer."""

    def __init__(self, config, labels):
        super().__init__()
        self.bert = BertModel(config)
        self.classifier = nn.Linear(config.hidden, labels)

    def forward(self, input_ids, attention_mask):
        return self.pool(self.bert(input_ids, attention_mask), attention_mask)

    def shallow(self, input_ids, attention_mask):
        """Without the encoder's layers: the first stage of training, some ten times as fast, teaches the pieces their languages."""
        return self.pool(self.bert.embeddings(input_ids), attention_mask)

    def pool(self, hidden, attention_mask):
        mask = attention_mask.unsqueeze(-1).to(torch.float32)
        pooled = (hidden * mask).sum(1) / torch.clamp(mask.sum(1), min=1e-9)
        return self.classifier(pooled)


# Samples.

def read_corpus(path):
    """{split: {language: {family: [paragraph]}}}"""
    splits = collections.defaultdict(lambda: collections.defaultdict(lambda: collections.defaultdict(list)))
    with open(path, encoding="utf-8") as f:
        for line in f:
            split, code, family, text = line.rstrip("\n").split("\t")
            splits[split][code][family].append(text)
    return splits


FAMILY_WEIGHT = {"wesnoth": 2.0, "man": 0.7, "descriptions": 1.0, "messages-office": 0.6}
STRANGERS = ("Google Facebook YouTube WhatsApp Twitter iPhone Windows Linux Debian Microsoft Android Wikipedia John Maria Anna Peter "
             "Ahmed Li Wang Smith Garcia Ivanov Tanaka Kim Nguyen London Paris Berlin Madrid Roma Moscow Tokyo New York Brasil NATO "
             "UNESCO COVID-19 AI CEO PDF USB TV ok OK lol :) :-) ;) :D xD <3 😀 😂 👍 ❤️ 🎉 #tag @anna https://example.org www.abc.com "
             "a@b.eu 2024 1998 12:30 3,5 10% €20 $5 100 15.03.2021 7").split()


class Sampler:
    """Draws (text, label) pairs: languages equally often, families by the root of their size, windows from a word to paragraphs."""

    def __init__(self, languages, seed):
        self.random = random.Random(seed)
        self.languages = languages
        self.families = {}
        for code, families in languages.items():
            names = sorted(families)
            self.families[code] = (names, [FAMILY_WEIGHT.get(n, 1.0) * sum(map(len, families[n])) ** 0.5 for n in names])

    def window(self, code):
        """A run of text of this language: 10 % a few words, 30 % a phrase, 40 % a sentence or two, 20 % longer."""
        rnd = self.random
        names, weights = self.families[code]
        family = self.languages[code][rnd.choices(names, weights)[0]]
        kind = rnd.random()
        length = (rnd.uniform(4, 16) if kind < 0.1 else rnd.uniform(12, 45) if kind < 0.4 else rnd.uniform(40, 150) if kind < 0.8
                  else rnd.uniform(120, 450))
        length = int(max(2, length * DENSITY.get(code, 1)))
        text = rnd.choice(family)
        while len(text) < length and rnd.random() < 0.7:
            text += " " + rnd.choice(family)
        if len(text) <= length:
            return text
        if code in UNSPACED:
            start = rnd.randrange(len(text) - length) if rnd.random() < 0.6 else 0
            return text[start:start + length]
        if rnd.random() < 0.6:
            start = text.find(" ", rnd.randrange(len(text) - length)) + 1
            text = text[start:]
        end = text.find(" ", length)
        return text[:end] if end > 0 else text

    def disturb(self, text, code):
        """Makes it look like other kinds of text: no punctuation, no diacritics, typing errors, foreign words, numbers, links."""
        rnd = self.random
        if rnd.random() < 0.15:
            text = re.sub(r"[^\w\s]", "" if rnd.random() < 0.5 else " ", text) if code not in ("hi", "bn", "ta", "th") else \
                re.sub(r"[.,;:!?()\"'-]", "", text)
        if rnd.random() < 0.06 and corpus_module.LANGUAGES[code] == corpus_module.LATIN and code != "vi":
            text = "".join(c for c in unicodedata.normalize("NFD", text) if not unicodedata.combining(c))
        if rnd.random() < 0.04:
            text = text.upper()
        if rnd.random() < 0.05 and len(text) > 8:
            for _ in range(1 + len(text) // 40):
                i = rnd.randrange(len(text) - 1)
                text = rnd.choice((text[:i] + text[i + 1:], text[:i] + text[i + 1] + text[i] + text[i + 2:], text[:i] + text[i] + text[i:]))
        if rnd.random() < 0.12:
            words = text.split(" ")
            for _ in range(1 + len(words) // 8):
                words.insert(rnd.randint(0, len(words)), rnd.choice(STRANGERS))
            text = " ".join(words)
        if rnd.random() < 0.08:
            text = text.rstrip(".!? ") + rnd.choice(("!", "!!", "?", "??", "...", "…", " :)", " 😀", "", ""))
        return text

    def draw(self, count):
        codes = list(self.languages)
        for _ in range(count):
            code = self.random.choice(codes)
            yield self.disturb(self.window(code), code), LABELS.index(code)


def pad(batch):
    width = max(len(ids) for ids in batch)
    ids = np.zeros((len(batch), width), dtype=np.int64)
    for row, sample in enumerate(batch):
        ids[row, :len(sample)] = sample
    ids = torch.from_numpy(ids)
    return ids, (ids != wordpiece.PAD).to(torch.int64)


# Tokenizer.

def train_tokenizer(languages):
    """Words are counted over at most 1.5 million characters a language, drawn evenly from its families."""
    counts = {}
    for code, families in sorted(languages.items()):
        counts[code] = collections.Counter()
        for family in families.values():
            budget = 1_500_000 // len(families)
            for text in random.Random(1).sample(family, len(family)):
                counts[code].update(w for w in wordpiece.words_of(text) if w)
                budget -= len(text)
                if budget < 0:
                    break
    return wordpiece.train(counts, Config.vocab)


# Training.

def train(model, forward, tokenizer, sampler, args, samples, rate, dev):
    """One stage: AdamW, 200 steps of warm-up, then a cosine down to 1 % of the rate over the given number of samples."""
    optimizer = torch.optim.AdamW(model.parameters(), lr=rate, betas=(0.9, 0.98), weight_decay=0.01)
    loss_of = nn.CrossEntropyLoss(label_smoothing=0.03)
    generator = torch.Generator().manual_seed(args.seed)
    done, step, started, losses = 0, 0, time.time(), []
    while done < samples:
        pool = sorted(((tokenizer.encode(text), label) for text, label in sampler.draw(64 * args.batch)), key=lambda s: len(s[0]))
        batches = [pool[i:i + args.batch] for i in range(0, len(pool), args.batch)]
        sampler.random.shuffle(batches)
        for batch in batches:
            ids, mask = pad([s for s, _ in batch])
            dropped = (torch.rand(ids.shape, generator=generator) < 0.08) & (ids > wordpiece.SEP)
            ids[dropped] = wordpiece.UNK
            decay = max(0.01, 0.5 * (1 + np.cos(np.pi * min(done / samples, 1.0))))
            optimizer.param_groups[0]["lr"] = rate * min(1.0, (step + 1) / 200) * decay
            loss = loss_of(forward(ids, mask), torch.tensor([label for _, label in batch]))
            optimizer.zero_grad(set_to_none=True)
            loss.backward()
            nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
            losses.append(loss.item())
            done += len(batch)
            step += 1
        if step % 256 == 0:
            accuracy = evaluate(forward, tokenizer, dev)
            print(f"{done} samples, {time.time() - started:.0f} s, loss {np.mean(losses[-256:]):.4f}, dev {accuracy:.4f}", flush=True)


def predict(forward, encoded):
    """Most likely label of each id list, batched by length."""
    model = forward.__self__ if hasattr(forward, "__self__") else forward
    model.eval()
    order = sorted(range(len(encoded)), key=lambda i: len(encoded[i]))
    predictions = np.zeros(len(encoded), dtype=np.int64)
    with torch.no_grad():
        for start in range(0, len(order), 128):
            rows = order[start:start + 128]
            predictions[rows] = forward(*pad([encoded[i] for i in rows])).argmax(1).numpy()
    model.train()
    return predictions


def evaluate(forward, tokenizer, samples):
    labels = np.array([LABELS.index(code) for code, _ in samples])
    return float((predict(forward, [tokenizer.encode(text) for _, text in samples]) == labels).mean())


# Held-out sentences.

def sentences(languages, per_language, seed, shortest=1, longest=400):
    """[(language, sentence)]: up to per_language sentences of each language, families equally where they have enough."""
    result = []
    for code, families in sorted(languages.items()):
        pools = []
        for name in sorted(families):
            pool = sorted({s.strip() for text in families[name] for s in re.split(r"(?<=[.!?。！？।؟])\s*(?=\S)" if code in ("zh", "ja") else r"(?<=[.!?。！？।؟])\s+", text)})
            pool = [s for s in pool if shortest <= len(s) <= longest and sum(c.isalpha() for c in s) >= min(3, shortest)]
            random.Random(seed).shuffle(pool)
            pools.append(pool)
        chosen = []
        while len(chosen) < per_language and any(pools):
            for pool in pools:
                if pool and len(chosen) < per_language:
                    chosen.append(pool.pop())
        result += [(code, s) for s in chosen]
    return result


def read_tsv(path):
    with open(path, encoding="utf-8") as f:
        return [tuple(line.rstrip("\n").split("\t")) for line in f if line.strip() and not line.startswith("#")]


def test_sets(splits):
    udhr = read_tsv(os.path.join(HERE, "udhr_article1.tsv"))
    parts = [(code, part.strip()) for code, text in udhr for part in re.split(r"(?<=[.!?。！？।])\s*", text) if part.strip()]
    return {
        "held-out, 40+ characters": sentences(splits["test"], 400, 5, shortest=40),
        "held-out, 20-39 characters": sentences(splits["test"], 200, 6, 20, 39),
        "held-out, 10-19 characters": sentences(splits["test"], 200, 7, 10, 19),
        "held-out, 4-9 characters": sentences(splits["test"], 200, 8, 4, 9),
        "fortunes and widelands, 40+ characters": sentences(splits["ood"], 300, 9, shortest=40),
        "fortunes and widelands, 20-39 characters": sentences(splits["ood"], 200, 10, 20, 39),
        "UDHR article 1": udhr,
        "UDHR article 1, by sentence": parts,
        "everyday sentences": read_tsv(os.path.join(HERE, "everyday.tsv")),
        "UDHR article 1, upper case": [(code, text.upper()) for code, text in udhr],
    }


# Export.

def export(model, work):
    import onnx
    from quantize_dynamic import quantize_dynamic
    model.eval()
    ids = torch.randint(4, Config.vocab, (2, 16), generator=torch.Generator().manual_seed(1))
    axes = {0: "batch", 1: "sequence"}
    path = os.path.join(work, "model.onnx")
    torch.onnx.export(model, (ids, torch.ones_like(ids)), path, input_names=["input_ids", "attention_mask"], output_names=["logits"],
                      dynamic_axes={"input_ids": axes, "attention_mask": axes, "logits": {0: "batch"}}, opset_version=14)
    full = onnx.load(path)
    small = quantize_dynamic(full)
    onnx.save(small, os.path.join(work, "model-int8.onnx"))
    with open(os.path.join(work, "labels.txt"), "w", encoding="utf-8") as f:
        f.write("".join(label + "\n" for label in LABELS))
    sizes = {}
    for file, name in ((path, "langid"), (os.path.join(work, "model-int8.onnx"), "langid-int8")):
        package = os.path.join(HERE, name + ".onedge")
        # onedge pack also compiles the tokenizer, so that a loader need not.
        subprocess.run(
            [os.path.join(HERE, "..", "..", "build", "native", "onedge"), "pack", file, "-o", package, "--name", name,
             "--version", VERSION, "--task", "text-classification", "--labels", os.path.join(work, "labels.txt"),
             "--tokenizer", os.path.join(work, "tokenizer.json"), "--max-length", str(wordpiece.MAX_LENGTH),
             "--option", "function=softmax", "--license", "Apache-2.0"], check=True)
        sizes[name] = os.path.getsize(package)
    return sizes


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("corpus")
    parser.add_argument("work")
    parser.add_argument("--shallow-samples", type=int, default=400_000)
    parser.add_argument("--samples", type=int, default=180_000)
    parser.add_argument("--batch", type=int, default=96)
    parser.add_argument("--rate", type=float, default=1.5e-3)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--export-only", action="store_true")
    args = parser.parse_args()
    os.makedirs(args.work, exist_ok=True)
    torch.set_num_threads(1)
    torch.manual_seed(args.seed)
    random.seed(args.seed)

    splits = read_corpus(args.corpus)
    assert sorted(splits["train"]) == LABELS, sorted(set(LABELS) ^ set(splits["train"]))
    tokenizer_path = os.path.join(args.work, "tokenizer.json")
    if not os.path.exists(tokenizer_path):
        started = time.time()
        with open(tokenizer_path, "w", encoding="utf-8") as f:
            f.write(wordpiece.tokenizer_json(train_tokenizer(splits["train"])))
        print(f"tokenizer: {time.time() - started:.0f} s", flush=True)
    with open(tokenizer_path, encoding="utf-8") as f:
        tokenizer_text = f.read()
    vocab = json.loads(tokenizer_text)["model"]["vocab"]
    tokenizer = wordpiece.WordPiece(sorted(vocab, key=vocab.get))
    model = LanguageIdentifier(Config, len(LABELS))
    init_weights(model, args.seed)
    print(f"{sum(p.numel() for p in model.parameters())} parameters, {len(LABELS)} languages, {len(tokenizer.ids)} pieces", flush=True)
    checkpoint = os.path.join(args.work, "model.pt")
    if args.export_only:
        model.load_state_dict(torch.load(checkpoint))
    else:
        sampler, dev = Sampler(splits["train"], args.seed), sentences(splits["dev"], 40, 4, shortest=20)
        train(model, model.shallow, tokenizer, sampler, args, args.shallow_samples, 5e-3, dev)
        torch.save(model.state_dict(), os.path.join(args.work, "shallow.pt"))
        train(model, model, tokenizer, sampler, args, args.samples, args.rate, dev)
        torch.save(model.state_dict(), checkpoint)
    sizes = export(model, args.work)

    tests = {}
    for name, samples in test_sets(splits).items():
        encoded = [tokenizer.encode(text) for _, text in samples]
        tests[name] = {"labels": [code for code, _ in samples], "ids": encoded, "predicted": [LABELS[i] for i in predict(model, encoded)],
                       "texts": [text for _, text in samples]}
        right = np.mean([a == b for a, b in zip(tests[name]["labels"], tests[name]["predicted"])])
        print(f"{name}: {len(samples)} samples, {100 * right:.2f} % right (torch, f32)")
    with open(os.path.join(args.work, "tests.json"), "w", encoding="utf-8") as f:
        json.dump(tests, f, ensure_ascii=False)
    print("packages:", sizes)


if __name__ == "__main__":
    main()
