// TensorDecoder: decodes a TensorProto, field by field, into a Tensor. raw_data and the typed arrays may arrive in
// pieces and go straight into the tensor's own memory; fields may come in any order. Belongs to one thread.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "onnx/external_data.h"
#include "onnx/growing_buffer.h"
#include "tensor/tensor.h"
#include "text/wire.h"

namespace onedge::onnx {

// A decoded TensorProto: its elements, or the place they will come from.
struct TensorEntry {
  std::string name;
  Tensor tensor;
  std::shared_ptr<ExternalTensor> external;  // set if the elements are external data; `tensor` is then undefined

  // The elements. REQUIRES: ExternalData::Finish succeeded, if the tensor has external data.
  const Tensor& elements() const {
    ONEDGE_DCHECK(!external || external->tensor.defined());
    return external ? external->tensor : tensor;
  }
};

// More dimensions than any operator takes; a longer list means a broken file.
inline constexpr size_t kMaxRank = 64;

class TensorDecoder {
 public:
  // `trusted`: lengths were checked against the true size of the file. `budget` may be null.
  TensorDecoder(MemoryBudget* budget, bool trusted) : budget_(budget), trusted_(trusted) {}

  // True for fields whose bytes go to Piece, false for those that go to Whole, nullopt for fields to skip.
  Result<std::optional<bool>> Begin(uint32_t field, uint64_t size);
  Status Scalar(uint32_t field, WireType type, uint64_t value);
  Status Whole(uint32_t field, std::span<const uint8_t> bytes);
  Status Piece(std::span<const uint8_t> bytes);
  Status StreamEnd();

  // All fields from memory.
  Status Message(std::span<const uint8_t> bytes);

  // Checks that dims, data_type and the elements agree. `external` takes tensors with external data; null refuses them.
  Result<TensorEntry> Finish(ExternalData* external);

  const std::string& name() const { return name_; }

 private:
  Status SetScalar(uint32_t field, int64_t value);
  // Chooses the field that holds the elements; a second such field is an error.
  Status Claim(uint32_t field);
  Status CheckElementField(uint32_t field) const;
  void Reserve(uint32_t field, uint64_t size);
  Status AppendElement(uint64_t bits);
  Status TypedPiece(std::span<const uint8_t> bytes);
  // The bytes that dims and data_type require; nullopt on overflow.
  std::optional<uint64_t> ExpectedBytes() const;
  Result<TensorEntry> FinishExternal(ExternalData* external);
  Status Describe(Status status) const;

  MemoryBudget* budget_;
  bool trusted_;
  std::string name_;
  std::vector<int64_t> dims_;
  int32_t data_type_ = 0;
  bool external_location_ = false;
  std::vector<std::pair<std::string, std::string>> external_;
  uint32_t data_field_ = 0;    // the field with the elements; 0: none seen
  uint32_t stream_field_ = 0;  // the field whose pieces are arriving
  bool raw_seen_ = false;
  bool started_ = false;  // elements_ has been given its expected size
  GrowingBuffer elements_;
  std::vector<std::string> strings_;
  uint64_t carry_ = 0;  // a typed element that a piece's end cuts in two
  unsigned carry_bits_ = 0;
  // Typed arrays that came before data_type, which gives the width of an element.
  std::vector<std::pair<uint32_t, std::string>> early_;
};

// A whole TensorProto from memory; external data is refused.
Result<TensorEntry> DecodeTensor(std::span<const uint8_t> bytes, MemoryBudget* budget,
                                 ExternalData* external = nullptr);

}  // namespace onedge::onnx
