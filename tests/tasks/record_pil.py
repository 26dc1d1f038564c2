#!/usr/bin/env python3
"""Prints what Pillow's resize makes of a ramp of pixels, for tests/tasks/image_test.cc. Needs python3-pil."""

import PIL
from PIL import Image

WIDTH, HEIGHT = 7, 5
image = Image.new("F", (WIDTH, HEIGHT))
image.putdata([(x * 31 + y * 57) % 256 for y in range(HEIGHT) for x in range(WIDTH)])
print("Pillow", PIL.__version__)
for name in ("BILINEAR", "BICUBIC", "NEAREST"):
    for size in ((4, 3), (8, 2)):
        values = list(image.resize(size, getattr(Image, name)).getdata())
        print(name, size, ", ".join(f"{value:.4f}f" for value in values))
