// The parts of a Model. Internal to src/api.
#pragma once

#include "api/model.h"
#include "backends/cpu/cpu_backend.h"
#include "runtime/model.h"

namespace onedge::api {

// OK for a device of this build: "cpu", and "auto" (the best available). Others are refused by name.
Status CheckDevice(std::string_view device);

struct Model::Parts {
  explicit Parts(size_t memory_limit) : budget(memory_limit) {}

  MemoryBudget budget;  // first, so that it outlives what it counts
  backends::cpu::CpuBackend backend;
  Manifest manifest;
  std::shared_ptr<const runtime::Model> model;
  std::unique_ptr<const Tokenizer> tokenizer;
  std::vector<ValueInfo> inputs, outputs;
  std::vector<OpsetImport> opset_imports;
  size_t parameters = 0;
  std::vector<std::pair<std::string, size_t>> operators;
  std::vector<std::string> misses;
  std::string digest;
  std::string used;  // see runtime::ModelOptions
  uint64_t file_bytes = 0;
};

}  // namespace onedge::api
