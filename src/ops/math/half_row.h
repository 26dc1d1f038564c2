// Rows of float16: conversion to and from float32, four at a time, with the bits of tensor/half.h. Stateless.
#pragma once

#include <cstddef>

#include "tensor/half.h"

namespace onedge::ops {

void WidenRow(const Float16* x, float* y, size_t count);
void NarrowRow(const float* x, Float16* y, size_t count);  // to nearest, ties to even

}  // namespace onedge::ops
