// ExternalData: the tensors whose bytes lie in other files ("external data"); it routes the arriving bytes to them.
// Belongs to one Loader; not thread-safe.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "onnx/growing_buffer.h"
#include "tensor/tensor.h"

namespace onedge::onnx {

// One tensor with external data. Its elements arrive after the graph.
struct ExternalTensor {
  std::string name;
  std::string location;
  uint64_t offset = 0;
  uint64_t length = 0;
  DType dtype = DType::kUndefined;
  Shape shape;

  GrowingBuffer arriving;
  Tensor tensor;  // defined once all bytes have arrived
};

// A file that a model needs beside it: the bytes [begin, end) of `location` hold tensors.
struct ExternalPart {
  std::string location;
  uint64_t begin = 0;
  uint64_t end = 0;
};

class ExternalData {
 public:
  explicit ExternalData(MemoryBudget* budget) : budget_(budget) {}

  // Fails if the location leaves the model's folder.
  Status Add(std::shared_ptr<ExternalTensor> tensor);
  std::vector<ExternalPart> Parts() const;

  // Declares the length of `location` before its bytes arrive: a range beyond it fails at once, and memory is allocated
  // in one piece.
  Status Begin(std::string_view location, uint64_t total_bytes);
  // Bytes [offset, offset + bytes.size()) of `location`. Ranges may come in any order if the bytes of each tensor come
  // in order. Bytes of no tensor are skipped; bytes that came before are not copied again.
  Status Feed(std::string_view location, uint64_t offset, std::span<const uint8_t> bytes);
  // Fails if a tensor's bytes are incomplete, and names the first one.
  Status Finish();

 private:
  struct File {
    std::vector<std::shared_ptr<ExternalTensor>> tensors;  // by offset, once sorted
    bool sorted = false;
    bool length_known = false;
    size_t first_open = 0;  // tensors before this one are complete
  };

  Result<File*> Find(std::string_view location);
  static void Sort(File& file);
  Status Complete(ExternalTensor& tensor);

  MemoryBudget* budget_;
  std::map<std::string, File, std::less<>> files_;
};

// Decimal digits without a sign, at most 2^63 - 1: the spelling of offset and length in external_data.
std::optional<uint64_t> ParseDecimal(std::string_view text);

}  // namespace onedge::onnx
