#!/usr/bin/python3
"""Trains the digit classifier on scikit-learn's digits, exports it to ONNX and writes digits.onedge.

    apt-get install --no-install-recommends python3-torch python3-onnx python3-sklearn libopenblas0-serial
    ./train.py WORK        WORK gets model.onnx, labels.txt and metrics.json

Seeded; one thread; about a minute. The last 360 of the 1,797 images are held out (the file is in order of writers, so most of them
were written by people whom the model has not seen); nothing is tuned on them.
"""
import json
import os
import sys

import numpy as np
import onnx
import torch
import torch.nn.functional as F
from sklearn.datasets import load_digits
from torch import nn

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.dirname(HERE))
from onedge_package import write_package  # noqa: E402

HELD_OUT = 360
EPOCHS = 120
BATCH = 64


class DigitClassifier(nn.Module):
    """image: f32 [batch, 1, 8, 8], 0 to 1 -> logits: f32 [batch, 10]."""

    def __init__(self):
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2d(1, 24, 3, padding=1), nn.BatchNorm2d(24), nn.ReLU(),
            nn.Conv2d(24, 32, 3, padding=1), nn.BatchNorm2d(32), nn.ReLU(), nn.MaxPool2d(2),
            nn.Conv2d(32, 48, 3, padding=1), nn.BatchNorm2d(48), nn.ReLU(), nn.MaxPool2d(2))
        self.classifier = nn.Sequential(nn.Flatten(), nn.Dropout(0.2), nn.Linear(48 * 2 * 2, 10))

    def forward(self, image):
        return self.classifier(self.features(image))


def disturb(images, generator):
    """Variants as a mouse on a canvas makes them: turned, moved, scaled, slanted, thicker, thinner, paler, or dark ink on light."""
    n = len(images)

    def uniform(low, high):
        return torch.rand(n, generator=generator) * (high - low) + low
    angle, slant = uniform(-0.25, 0.25), uniform(-0.25, 0.25)
    sx, sy = 1 / uniform(0.75, 1.2), 1 / uniform(0.8, 1.1)
    cos, sin = torch.cos(angle), torch.sin(angle)
    theta = torch.stack([torch.stack([cos * sx, (slant - sin) * sy, uniform(-0.3, 0.3)], 1),
                         torch.stack([sin * sx, cos * sy, uniform(-0.25, 0.25)], 1)], 1)
    canvas = F.interpolate(images, size=(32, 32), mode="bilinear", align_corners=False)
    canvas = F.grid_sample(canvas, F.affine_grid(theta, canvas.shape, align_corners=False), align_corners=False)
    thick, thin = F.max_pool2d(canvas, 5, 1, 2), -F.max_pool2d(-canvas, 3, 1, 1)
    weight = uniform(-0.6, 0.8).view(-1, 1, 1, 1)
    canvas = canvas + weight.clamp(min=0) * (thick - canvas) + (-weight).clamp(min=0) * (thin - canvas)
    small = F.avg_pool2d(canvas, 4)
    gamma = uniform(0.6, 1.5).view(-1, 1, 1, 1)
    small = small.clamp(0, 1) ** gamma * uniform(0.7, 1.0).view(-1, 1, 1, 1)
    small = (small + 0.04 * torch.randn(small.shape, generator=generator)).clamp(0, 1)
    dark_ink = (torch.rand(n, generator=generator) < 0.3).view(-1, 1, 1, 1)
    return torch.where(dark_ink, 1 - small, small)


def accuracy(model, images, labels):
    model.eval()
    with torch.no_grad():
        return float((model(images).argmax(1) == labels).float().mean())


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    work = sys.argv[1]
    os.makedirs(work, exist_ok=True)
    torch.set_num_threads(1)
    torch.manual_seed(1)
    generator = torch.Generator().manual_seed(1)
    digits = load_digits()
    images = torch.tensor(digits.images / 16.0, dtype=torch.float32)[:, None]
    labels = torch.tensor(digits.target)
    train_images, train_labels = images[:-HELD_OUT], labels[:-HELD_OUT]
    test_images, test_labels = images[-HELD_OUT:], labels[-HELD_OUT:]

    model = DigitClassifier()
    optimizer = torch.optim.AdamW(model.parameters(), lr=3e-3, weight_decay=1e-3)
    steps = EPOCHS * (len(train_images) // BATCH)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, max_lr=4e-3, total_steps=steps)
    for epoch in range(EPOCHS):
        model.train()
        order = torch.randperm(len(train_images), generator=generator)
        for start in range(0, len(order) - BATCH + 1, BATCH):
            rows = order[start:start + BATCH]
            batch = train_images[rows]
            batch = torch.where((torch.rand(BATCH, generator=generator) < 0.75).view(-1, 1, 1, 1), disturb(batch, generator), batch)
            loss = F.cross_entropy(model(batch), train_labels[rows], label_smoothing=0.02)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()

    disturbed = torch.cat([disturb(test_images, generator) for _ in range(10)])
    with torch.no_grad():
        model.eval()
        predicted = model(test_images).argmax(1)
    confusion = np.zeros((10, 10), dtype=int)
    for truth, guess in zip(test_labels.tolist(), predicted.tolist()):
        confusion[truth, guess] += 1
    metrics = {
        "parameters": sum(p.numel() for p in model.parameters()),
        "train_images": len(train_images), "held_out_images": len(test_images),
        "train": accuracy(model, train_images, train_labels),
        "held_out": accuracy(model, test_images, test_labels),
        "held_out_dark_ink": accuracy(model, 1 - test_images, test_labels),
        "held_out_disturbed": accuracy(model, disturbed, test_labels.repeat(10)),
        "confusion": confusion.tolist(),
    }
    path = os.path.join(work, "model.onnx")
    torch.onnx.export(model, torch.zeros(2, 1, 8, 8), path, input_names=["image"], output_names=["logits"],
                      dynamic_axes={"image": {0: "batch"}, "logits": {0: "batch"}}, opset_version=14)
    with open(os.path.join(work, "labels.txt"), "w") as f:
        f.write("".join(f"{d}\n" for d in range(10)))
    metrics["package_bytes"] = write_package(
        os.path.join(HERE, "digits.onedge"), onnx.load(path), name="digits", version="1.0.0", task="image-classification",
        labels=[str(d) for d in range(10)],
        preprocessing={"image": {"width": 8, "height": 8, "channels": 1, "scale": 1 / 255, "mean": [0.0], "std": [1.0], "invert": False,
                                 "layout": "NCHW"}},
        postprocessing={"function": "softmax"}, license="Apache-2.0")
    with open(os.path.join(work, "metrics.json"), "w") as f:
        json.dump(metrics, f, indent=1)
    with torch.no_grad():
        json.dump({"image": test_images.flatten(1).tolist(), "logits": model(test_images).tolist(), "labels": test_labels.tolist()},
                  open(os.path.join(work, "test.json"), "w"))
    print(json.dumps({k: v for k, v in metrics.items() if k != "confusion"}, indent=1))
    print(confusion)


if __name__ == "__main__":
    main()
