#include "package/reader.h"

#include <algorithm>

#include "package/crc32.h"
#include "package/zip_format.h"

namespace onedge::package {
namespace {

constexpr std::string_view kManifestName = "manifest.json";
constexpr uint64_t kMaxManifestBytes = 16 << 20;

}  // namespace

template <typename... Why>
Status Reader::Bad(const Why&... why) const {
  return CorruptFile("package", name_.empty() ? "" : StrCat(", part '", name_, "'"), ", byte ", offset_, ": ", why...);
}

void Reader::Expect(State state, size_t size) {
  state_ = state;
  wanted_ = size;
  header_.clear();
}

Status Reader::Feed(std::span<const uint8_t> bytes) {
  while (status_.ok() && !bytes.empty()) status_ = Step(bytes);
  return status_;
}

Status Reader::Step(std::span<const uint8_t>& bytes) {
  if (state_ == State::kData) return TakeData(bytes);
  if (state_ == State::kDone) return Bad("more bytes follow the end of the archive");
  if (state_ == State::kSkip) {
    const size_t passed = static_cast<size_t>(std::min<uint64_t>(skip_, bytes.size()));
    bytes = bytes.subspan(passed);
    offset_ += passed;
    skip_ -= passed;
    if (skip_ == 0) Expect(after_skip_, after_skip_ == State::kSignature ? 4 : 0);
    return OkStatus();
  }
  const size_t taken = std::min(wanted_ - header_.size(), bytes.size());
  header_.append(reinterpret_cast<const char*>(bytes.data()), taken);
  bytes = bytes.subspan(taken);
  offset_ += taken;
  if (header_.size() < wanted_) return OkStatus();

  const auto skip = [this](uint64_t size, State then) {
    skip_ = size;
    after_skip_ = then;
    if (size == 0) {
      Expect(then, then == State::kSignature ? 4 : 0);
    } else {
      state_ = State::kSkip;
    }
    return OkStatus();
  };
  switch (state_) {
    case State::kSignature:
      return TakeSignature();
    case State::kLocal:
      return TakeLocalHeader();
    case State::kNameAndExtra:
      return TakeNameAndExtra();
    // From here on, header_ starts after the signature.
    case State::kCentral:
      return skip(uint64_t{zip::Load<uint16_t>(header_, 24)} + zip::Load<uint16_t>(header_, 26) +
                      zip::Load<uint16_t>(header_, 28),
                  State::kSignature);
    case State::kEnd64:
      return skip(0, State::kSignature);
    case State::kLocator64:
      return skip(0, State::kSignature);
    case State::kEnd:
      return skip(zip::Load<uint16_t>(header_, 16), State::kDone);
    default:
      return Bad("unexpected state");
  }
}

Status Reader::TakeSignature() {
  const uint32_t signature = zip::Load<uint32_t>(header_, 0);
  name_.clear();
  if (signature == zip::kLocalHeader && !in_directory_) {
    Expect(State::kLocal, zip::kLocalBytes - 4);
    return OkStatus();
  }
  if (!manifest_) {
    return CorruptFile(
        "this is not a .onedge package: it starts with other bytes than a ZIP archive with manifest.json");
  }
  in_directory_ = true;
  switch (signature) {
    case zip::kCentralHeader:
      Expect(State::kCentral, zip::kCentralBytes - 4);
      return OkStatus();
    case zip::kEnd64:
      Expect(State::kEnd64, zip::kEnd64Bytes - 4);
      return OkStatus();
    case zip::kLocator64:
      Expect(State::kLocator64, zip::kLocator64Bytes - 4);
      return OkStatus();
    case zip::kEnd:
      Expect(State::kEnd, zip::kEndBytes - 4);
      return OkStatus();
    default:
      return Bad("expected the header of an entry or the archive's directory");
  }
}

Status Reader::TakeLocalHeader() {
  const uint16_t flags = zip::Load<uint16_t>(header_, 2);
  const uint16_t method = zip::Load<uint16_t>(header_, 4);
  expected_crc_ = zip::Load<uint32_t>(header_, 10);
  const uint32_t stored = zip::Load<uint32_t>(header_, 14), size = zip::Load<uint32_t>(header_, 18);
  if (flags & (zip::kFlagEncrypted | zip::kFlagStrong)) return Bad("the entry is encrypted; .onedge packages are not");
  if (flags & zip::kFlagDescriptor) return Bad("the entry's size follows its data; pack the model with 'onedge pack'");
  if (method != 0) {
    return Bad("the entry is compressed (method ", method,
               "); the parts of a .onedge package are stored: pack it with 'onedge pack'");
  }
  if (stored != size) return Bad("a stored entry with two sizes: ", stored, " and ", size);
  size_ = size;
  needs_zip64_ = size == zip::kMax32;
  name_length_ = zip::Load<uint16_t>(header_, 22);
  const size_t extra_length = zip::Load<uint16_t>(header_, 24);
  if (name_length_ == 0) return Bad("an entry without a name");
  Expect(State::kNameAndExtra, name_length_ + extra_length);
  return OkStatus();
}

Status Reader::TakeNameAndExtra() {
  const std::string name = header_.substr(0, name_length_);
  if (!IsPartName(name)) return Bad("an entry has a name that parts cannot have");
  name_ = name;
  bool zip64_seen = false;
  for (size_t at = name_length_; at < header_.size();) {
    if (header_.size() - at < 4) return Bad("its extra field is cut off");
    const uint16_t id = zip::Load<uint16_t>(header_, at), length = zip::Load<uint16_t>(header_, at + 2);
    if (length > header_.size() - at - 4) return Bad("its extra field is cut off");
    if (id == zip::kExtraZip64 && needs_zip64_) {
      if (length < 16) return Bad("its 64-bit sizes are cut off");
      size_ = zip::Load<uint64_t>(header_, at + 4);
      if (size_ != zip::Load<uint64_t>(header_, at + 12)) return Bad("a stored entry with two sizes");
      zip64_seen = true;
    }
    at += 4 + size_t{length};
  }
  if (needs_zip64_ && !zip64_seen) return Bad("its 64-bit sizes are missing");
  if (offset_ % zip::kAlignment != 0) {
    return Bad("its data starts at byte ", offset_, ", not at a multiple of ", zip::kAlignment,
               "; pack the model with 'onedge pack'");
  }
  if (!seen_.insert(name_).second) return Bad("the part comes twice");
  left_ = size_;
  crc_ = 0;
  sha_ = Sha256();
  if (!manifest_) {
    if (name_ != kManifestName) return Bad("the first part must be manifest.json; pack the model with 'onedge pack'");
    if (size_ > kMaxManifestBytes) return Bad(size_, " bytes are too many for a manifest");
  } else {
    part_ = manifest_->FindPart(name_);
    if (!part_) return Bad("manifest.json does not list this part");
    if (part_->size != size_) return Bad("it has ", size_, " bytes, manifest.json says ", part_->size);
    if (name_ == "model.onnx" && seen_.contains("weights.bin")) return Bad("model.onnx must come before weights.bin");
    ONEDGE_RETURN_IF_ERROR(sink_->OnPartBegin(*part_, offset_));
  }
  state_ = State::kData;
  return left_ == 0 ? EndPart() : OkStatus();
}

Status Reader::TakeData(std::span<const uint8_t>& bytes) {
  const auto piece = bytes.first(static_cast<size_t>(std::min<uint64_t>(left_, bytes.size())));
  crc_ = Crc32(crc_, piece);
  if (!manifest_) {
    manifest_json_.append(reinterpret_cast<const char*>(piece.data()), piece.size());
  } else {
    if (hash_) {
      hash_->Update(piece);
    } else {
      sha_.Update(piece);
    }
    ONEDGE_RETURN_IF_ERROR(sink_->OnPartBytes(piece));
  }
  bytes = bytes.subspan(piece.size());
  offset_ += piece.size();
  left_ -= piece.size();
  return left_ == 0 ? EndPart() : OkStatus();
}

Status Reader::EndPart() {
  if (crc_ != expected_crc_) return Bad("its CRC-32 is wrong: the bytes were damaged; download the package again");
  if (!manifest_) {
    sha_.Update({reinterpret_cast<const uint8_t*>(manifest_json_.data()), manifest_json_.size()});
    digest_ = ToHex(sha_.Finish());
    ONEDGE_ASSIGN_OR_RETURN(manifest_, ParseManifest(manifest_json_));
    manifest_json_ = std::string();
    ONEDGE_RETURN_IF_ERROR(sink_->OnManifest(*manifest_));
  } else {
    ONEDGE_RETURN_IF_ERROR(CheckDigest());
    ONEDGE_RETURN_IF_ERROR(sink_->OnPartEnd());
  }
  Expect(State::kSignature, 4);
  return OkStatus();
}

Status Reader::CheckDigest() {
  if (hash_) {
    hash_->End(part_->name, part_->sha256);
    return OkStatus();
  }
  const std::string digest = ToHex(sha_.Finish());
  if (digest == part_->sha256) return OkStatus();
  return Bad("its SHA-256 is ", digest, ", manifest.json says ", part_->sha256,
             ": the bytes were changed; get the package again");
}

Status Reader::Finish() {
  ONEDGE_RETURN_IF_ERROR(status_);
  if (offset_ == 0) return CorruptFile("the package is empty: 0 bytes came");
  if (state_ != State::kDone) {
    return Bad("the package is cut off", left_ > 0 ? StrCat("; ", left_, " bytes of this part are missing") : "",
               "; download it again");
  }
  for (const Part& part : manifest_->parts) {
    if (!seen_.contains(part.name))
      return CorruptFile("package: manifest.json lists the part '", part.name, "', which is missing");
  }
  return OkStatus();
}

}  // namespace onedge::package
