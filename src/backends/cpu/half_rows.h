// Rows of float16: conversion to and from f32, for each instruction set. The bits are those of tensor/half.h, except
// that AVX2 and NEON make a signalling NaN quiet. Stateless.
#pragma once

#include <cstddef>

#include "tensor/half.h"

namespace onedge::backends::cpu {

struct HalfRows {
  void (*widen)(const Float16* x, float* y, size_t count);
  void (*narrow)(const float* x, Float16* y, size_t count);  // to nearest, ties to even
};

// The fastest for this processor.
const HalfRows& SelectHalfRows();
// Those that every processor can run.
const HalfRows& Simd128HalfRows();

}  // namespace onedge::backends::cpu
