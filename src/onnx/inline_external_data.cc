#include "onnx/inline_external_data.h"

#include <algorithm>
#include <charconv>
#include <map>

#include "onnx/model_proto.h"

namespace onedge::onnx {
namespace {

using ::onnx::TensorProto;

struct Place {
  std::string location;
  uint64_t offset = 0;
  uint64_t length = UINT64_MAX;  // to the end
};

Result<Place> PlaceOf(const TensorProto& tensor) {
  Place place;
  for (const auto& entry : tensor.external_data()) {
    if (entry.key() == "location") place.location = entry.value();
    if (entry.key() != "offset" && entry.key() != "length") continue;
    uint64_t& value = entry.key() == "offset" ? place.offset : place.length;
    const char* end = entry.value().data() + entry.value().size();
    if (const auto [at, error] = std::from_chars(entry.value().data(), end, value); error != std::errc() || at != end) {
      return CorruptFile("tensor '", tensor.name(), "': external_data ", entry.key(), " is '", entry.value(),
                         "', not a number");
    }
  }
  return place;
}

}  // namespace

Result<std::vector<uint8_t>> InlineExternalData(std::span<const uint8_t> file, const ReadExternalFile& read) {
  ONEDGE_ASSIGN_OR_RETURN(::onnx::ModelProto model, ParseModelProto(file));
  std::map<std::string, std::vector<uint8_t>> files;
  for (TensorProto& tensor : *model.mutable_graph()->mutable_initializer()) {
    if (tensor.data_location() != TensorProto::EXTERNAL) continue;
    ONEDGE_ASSIGN_OR_RETURN(const Place place, PlaceOf(tensor));
    auto found = files.find(place.location);
    if (found == files.end()) {
      ONEDGE_ASSIGN_OR_RETURN(std::vector<uint8_t> bytes, read(place.location));
      found = files.emplace(place.location, std::move(bytes)).first;
    }
    const uint64_t size = found->second.size();
    const uint64_t rest = size - std::min(place.offset, size);
    if (place.offset > size || (place.length != UINT64_MAX && place.length > rest)) {
      return CorruptFile("tensor '", tensor.name(), "': its external data is ", place.length, " bytes from ",
                         place.offset, " of '", place.location, "', which has ", size);
    }
    tensor.set_raw_data(found->second.data() + place.offset, static_cast<size_t>(std::min(place.length, rest)));
    tensor.clear_external_data();
    tensor.clear_data_location();
  }
  if (files.empty()) return std::vector<uint8_t>(file.begin(), file.end());
  return SerializeModelProto(model);
}

}  // namespace onedge::onnx
