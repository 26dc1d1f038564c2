// Loader: makes a graph and its weights from the bytes of an ONNX model as they arrive. The elements of each
// initializer are written once, to their final place; peak memory while loading is the weights plus at most one tensor.
// One Loader loads one model; not thread-safe.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/buffer.h"
#include "graph/graph.h"
#include "onnx/external_data.h"
#include "onnx/proto.h"

namespace onedge::onnx {

struct LoaderOptions {
  static constexpr uint64_t kUnknown = UINT64_MAX;

  MemoryBudget* budget = nullptr;  // pays for weights and for memory held while loading; must outlive the model
  // The length of the model file if it is known. Wrong lengths inside are then found at once, and no buffer ever grows.
  uint64_t model_bytes = kUnknown;
  size_t max_nodes = 1'000'000;          // after functions are inlined
  uint64_t max_dense_bytes = 256 << 20;  // of a sparse tensor made dense
};

struct Model {
  graph::Graph graph;  // sorted, functions inlined, external data in place
  int64_t ir_version = 0;
  std::string producer_name;
  std::string producer_version;
  std::string domain;
  int64_t model_version = 0;
  std::string doc_string;
  std::vector<OpsetImport> opset_imports;  // "" is ai.onnx
  std::vector<std::pair<std::string, std::string>> metadata_props;
};

class Loader {
 public:
  static Loader Create(const LoaderOptions& options = {});
  ~Loader();
  Loader(Loader&&) noexcept;
  Loader& operator=(Loader&&) noexcept;

  // The next bytes of the model file, in pieces of any size. After a failure every call fails with the same Status.
  Status Feed(std::span<const uint8_t> bytes);

  // Call after the last byte of the model file. Returns the files of its external data; empty if all data is inside.
  // Fails if the model is cut off.
  Result<std::vector<ExternalPart>> ExternalParts();
  // Declares the length of an external file before its bytes arrive: a wrong range is found at once, and no buffer
  // grows.
  Status BeginExternal(std::string_view location, uint64_t total_bytes);
  // Bytes of an external file from `offset` on. Pieces may come in any order if the bytes of each tensor come in order;
  // bytes of no tensor are skipped.
  Status FeedExternal(std::string_view location, uint64_t offset, std::span<const uint8_t> bytes);

  // The model. Do not use the Loader afterwards.
  Result<Model> Finish();

 private:
  class Impl;
  explicit Loader(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

// Loads a model without external data from memory.
Result<Model> Load(std::span<const uint8_t> bytes, LoaderOptions options = {});

}  // namespace onedge::onnx
