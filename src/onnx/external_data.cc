#include "onnx/external_data.h"

#include <algorithm>

#include "base/checked_math.h"
#include "base/heap_sort.h"

namespace onedge::onnx {
namespace {

// True for a path below the model's folder, with '/' between its parts.
bool StaysInFolder(std::string_view location) {
  if (location.empty() || location.front() == '/' || location.find('\\') != std::string_view::npos ||
      location.find(':') != std::string_view::npos || location.find('\0') != std::string_view::npos) {
    return false;
  }
  for (size_t start = 0; start <= location.size();) {
    const size_t end = std::min(location.find('/', start), location.size());
    if (location.substr(start, end - start) == "..") return false;
    start = end + 1;
  }
  return true;
}

}  // namespace

std::optional<uint64_t> ParseDecimal(std::string_view text) {
  if (text.empty()) return std::nullopt;
  int64_t value = 0;
  for (char digit : text) {
    if (digit < '0' || digit > '9') return std::nullopt;
    const auto tens = CheckedMultiply<int64_t>(value, 10);
    const auto sum = tens ? CheckedAdd<int64_t>(*tens, digit - '0') : std::nullopt;
    if (!sum) return std::nullopt;
    value = *sum;
  }
  return static_cast<uint64_t>(value);
}

Status ExternalData::Add(std::shared_ptr<ExternalTensor> tensor) {
  if (!StaysInFolder(tensor->location)) {
    return CorruptFile("tensor '", tensor->name, "': external data location '", tensor->location,
                       "' is not a relative path below the model's folder");
  }
  if (!CheckedAdd<uint64_t>(tensor->offset, tensor->length)) {
    return CorruptFile("tensor '", tensor->name, "': external data at offset ", tensor->offset, " with length ",
                       tensor->length, " ends beyond 64 bits");
  }
  File& file = files_[tensor->location];
  file.tensors.push_back(std::move(tensor));
  file.sorted = false;
  return OkStatus();
}

std::vector<ExternalPart> ExternalData::Parts() const {
  std::vector<ExternalPart> parts;
  for (const auto& [location, file] : files_) {
    ExternalPart part{location, UINT64_MAX, 0};
    for (const auto& tensor : file.tensors) {
      part.begin = std::min(part.begin, tensor->offset);
      part.end = std::max(part.end, tensor->offset + tensor->length);
    }
    parts.push_back(std::move(part));
  }
  return parts;
}

void ExternalData::Sort(File& file) {
  if (file.sorted) return;
  HeapSort(file.tensors, [](const auto& a, const auto& b) { return a->offset < b->offset; });
  file.sorted = true;
}

Result<ExternalData::File*> ExternalData::Find(std::string_view location) {
  const auto found = files_.find(location);
  if (found == files_.end()) {
    std::string known;
    for (const auto& [name, file] : files_) known += StrCat(known.empty() ? "" : ", ", "'", name, "'");
    return NotFound("the model has no external data in '", location, "'; it names ", known.empty() ? "none" : known);
  }
  Sort(found->second);
  return &found->second;
}

Status ExternalData::Begin(std::string_view location, uint64_t total_bytes) {
  ONEDGE_ASSIGN_OR_RETURN(File * file, Find(location));
  for (const auto& tensor : file->tensors) {
    if (tensor->offset + tensor->length > total_bytes) {
      return CorruptFile("tensor '", tensor->name, "': its external data ends at byte ",
                         tensor->offset + tensor->length, " of '", location, "', which has only ", total_bytes);
    }
  }
  file->length_known = true;
  return OkStatus();
}

Status ExternalData::Feed(std::string_view location, uint64_t offset, std::span<const uint8_t> bytes) {
  ONEDGE_ASSIGN_OR_RETURN(File * file, Find(location));
  const auto end = CheckedAdd<uint64_t>(offset, bytes.size());
  if (!end) return InvalidArgument("external data '", location, "': offset ", offset, " is too large");
  auto& tensors = file->tensors;
  while (file->first_open < tensors.size() && tensors[file->first_open]->tensor.defined()) ++file->first_open;
  for (size_t i = file->first_open; i < tensors.size() && tensors[i]->offset < *end; ++i) {
    ExternalTensor& tensor = *tensors[i];
    if (tensor.tensor.defined()) continue;
    const uint64_t next = tensor.offset + tensor.arriving.size();
    const uint64_t stop = std::min(*end, tensor.offset + tensor.length);
    if (stop <= next || offset >= tensor.offset + tensor.length) continue;
    if (offset > next) {
      return InvalidArgument("external data '", location, "': byte ", next, " of tensor '", tensor.name,
                             "' has not come yet, got bytes from ", offset, "; feed each tensor's bytes in order");
    }
    if (tensor.arriving.size() == 0) tensor.arriving.Reset(budget_, tensor.length, file->length_known);
    const auto piece = bytes.subspan(static_cast<size_t>(next - offset), static_cast<size_t>(stop - next));
    ONEDGE_RETURN_IF_ERROR(tensor.arriving.Append(piece).WithContext(StrCat("tensor '", tensor.name, "'")));
    if (tensor.arriving.size() == tensor.length) ONEDGE_RETURN_IF_ERROR(Complete(tensor));
  }
  return OkStatus();
}

Status ExternalData::Complete(ExternalTensor& tensor) {
  ONEDGE_ASSIGN_OR_RETURN(Buffer buffer, tensor.arriving.Take());
  if (tensor.dtype == DType::kBool) {
    for (size_t i = 0; i < buffer.size(); ++i) buffer.data()[i] = buffer.data()[i] != 0;
  }
  ONEDGE_ASSIGN_OR_RETURN(tensor.tensor, Tensor::FromBuffer(tensor.dtype, tensor.shape, std::move(buffer)));
  return OkStatus();
}

Status ExternalData::Finish() {
  for (auto& [location, file] : files_) {
    for (const auto& tensor : file.tensors) {
      if (tensor->length == 0 && !tensor->tensor.defined()) ONEDGE_RETURN_IF_ERROR(Complete(*tensor));
      if (tensor->tensor.defined()) continue;
      return CorruptFile("tensor '", tensor->name, "': its external data is missing: expected bytes ", tensor->offset,
                         " to ", tensor->offset + tensor->length, " of '", location, "', got ", tensor->arriving.size(),
                         " bytes; pass that file too");
    }
  }
  return OkStatus();
}

}  // namespace onedge::onnx
