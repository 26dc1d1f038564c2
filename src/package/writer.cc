#include "package/writer.h"

#include <algorithm>

#include "base/checked_math.h"
#include "base/sha256.h"
#include "package/crc32.h"
#include "package/zip_format.h"

namespace onedge::package {
namespace {

struct Entry {
  std::string name;
  uint64_t size = 0;
  uint32_t crc = 0;
  uint64_t offset = 0;  // of the local header
};

std::span<const uint8_t> Bytes(std::string_view text) {
  return {reinterpret_cast<const uint8_t*>(text.data()), text.size()};
}

uint32_t Clamped(uint64_t value) { return static_cast<uint32_t>(std::min(value, zip::kMax32)); }

// The fields from "version needed" to the uncompressed size: the same in local and central headers.
void AppendCommon(std::string& out, const Entry& entry, bool zip64) {
  zip::Append<uint16_t>(out, zip64 ? 45 : 20);
  zip::Append<uint16_t>(out, zip::kFlagUtf8);
  zip::Append<uint16_t>(out, 0);  // stored
  zip::Append<uint16_t>(out, 0);  // midnight
  zip::Append<uint16_t>(out, zip::kDate1980);
  zip::Append<uint32_t>(out, entry.crc);
  zip::Append<uint32_t>(out, Clamped(entry.size));
  zip::Append<uint32_t>(out, Clamped(entry.size));
}

std::string LocalHeader(const Entry& entry) {
  const bool zip64 = entry.size >= zip::kMax32;
  std::string extra;
  if (zip64) {
    zip::Append<uint16_t>(extra, zip::kExtraZip64);
    zip::Append<uint16_t>(extra, 16);
    zip::Append<uint64_t>(extra, entry.size);
    zip::Append<uint64_t>(extra, entry.size);
  }
  const uint64_t unpadded = entry.offset + zip::kLocalBytes + entry.name.size() + extra.size() + 6;
  const uint64_t padding = AlignUp(unpadded, zip::kAlignment) - unpadded;
  zip::Append<uint16_t>(extra, zip::kExtraAlignment);
  zip::Append<uint16_t>(extra, static_cast<uint16_t>(padding + 2));
  zip::Append<uint16_t>(extra, zip::kAlignment);
  extra.append(padding, '\0');

  std::string header;
  zip::Append<uint32_t>(header, zip::kLocalHeader);
  AppendCommon(header, entry, zip64);
  zip::Append<uint16_t>(header, static_cast<uint16_t>(entry.name.size()));
  zip::Append<uint16_t>(header, static_cast<uint16_t>(extra.size()));
  return header + entry.name + extra;
}

void AppendCentralHeader(std::string& out, const Entry& entry) {
  std::string sizes;
  if (entry.size >= zip::kMax32) {
    zip::Append<uint64_t>(sizes, entry.size);
    zip::Append<uint64_t>(sizes, entry.size);
  }
  if (entry.offset >= zip::kMax32) zip::Append<uint64_t>(sizes, entry.offset);
  std::string extra;
  if (!sizes.empty()) {
    zip::Append<uint16_t>(extra, zip::kExtraZip64);
    zip::Append<uint16_t>(extra, static_cast<uint16_t>(sizes.size()));
    extra += sizes;
  }
  zip::Append<uint32_t>(out, zip::kCentralHeader);
  zip::Append<uint16_t>(out, extra.empty() ? 20 : 45);  // made by: FAT, so no attributes follow
  AppendCommon(out, entry, !extra.empty());
  zip::Append<uint16_t>(out, static_cast<uint16_t>(entry.name.size()));
  zip::Append<uint16_t>(out, static_cast<uint16_t>(extra.size()));
  for (int i = 0; i < 3; ++i) zip::Append<uint16_t>(out, 0);  // comment length, disk, internal attributes
  zip::Append<uint32_t>(out, 0);                              // external attributes
  zip::Append<uint32_t>(out, Clamped(entry.offset));
  out += entry.name + extra;
}

std::string Directory(const std::vector<Entry>& entries, uint64_t start) {
  std::string out;
  for (const Entry& entry : entries) AppendCentralHeader(out, entry);
  const uint64_t size = out.size();
  if (start >= zip::kMax32) {
    const uint64_t end64 = start + size;
    zip::Append<uint32_t>(out, zip::kEnd64);
    zip::Append<uint64_t>(out, zip::kEnd64Bytes - 12);
    zip::Append<uint16_t>(out, 45);
    zip::Append<uint16_t>(out, 45);
    zip::Append<uint64_t>(out, 0);  // two disk numbers
    zip::Append<uint64_t>(out, entries.size());
    zip::Append<uint64_t>(out, entries.size());
    zip::Append<uint64_t>(out, size);
    zip::Append<uint64_t>(out, start);
    zip::Append<uint32_t>(out, zip::kLocator64);
    zip::Append<uint32_t>(out, 0);
    zip::Append<uint64_t>(out, end64);
    zip::Append<uint32_t>(out, 1);
  }
  zip::Append<uint32_t>(out, zip::kEnd);
  zip::Append<uint32_t>(out, 0);  // two disk numbers
  zip::Append<uint16_t>(out, static_cast<uint16_t>(entries.size()));
  zip::Append<uint16_t>(out, static_cast<uint16_t>(entries.size()));
  zip::Append<uint32_t>(out, Clamped(size));
  zip::Append<uint32_t>(out, Clamped(start));
  zip::Append<uint16_t>(out, 0);
  return out;
}

}  // namespace

PartSource PartSource::FromBytes(std::string name, std::span<const uint8_t> bytes) {
  return {std::move(name), [bytes](const ByteSink& sink) { return sink(bytes); }};
}

Result<std::string> WritePackage(Manifest manifest, std::span<const PartSource> parts, const ByteSink& out) {
  manifest.parts.clear();
  std::vector<Entry> entries(1);
  for (const PartSource& part : parts) {
    if (!IsPartName(part.name) || part.name == "manifest.json") {
      return InvalidArgument("'", part.name, "' is not a name that a part of a package can have");
    }
    if (manifest.FindPart(part.name)) return InvalidArgument("the part '", part.name, "' is given twice");
    if (part.name == "weights.bin" && !manifest.FindPart("model.onnx")) {
      return InvalidArgument("model.onnx must come before weights.bin, so that a stream has the graph first");
    }
    Entry& entry = entries.emplace_back();
    entry.name = part.name;
    Sha256 sha;
    ONEDGE_RETURN_IF_ERROR(part.write([&](std::span<const uint8_t> bytes) {
      entry.size += bytes.size();
      entry.crc = Crc32(entry.crc, bytes);
      sha.Update(bytes);
      return OkStatus();
    }));
    manifest.parts.push_back({part.name, ToHex(sha.Finish()), entry.size});
  }
  if (!manifest.FindPart("model.onnx")) return InvalidArgument("a package needs the part model.onnx");
  if (parts.size() > 1000) return InvalidArgument("a package of ", parts.size(), " parts; at most 1000");

  const std::string json = WriteManifest(manifest);
  entries[0] = {"manifest.json", json.size(), Crc32(0, Bytes(json)), 0};
  uint64_t offset = 0;
  for (size_t i = 0; i < entries.size(); ++i) {
    entries[i].offset = offset;
    const std::string header = LocalHeader(entries[i]);
    ONEDGE_RETURN_IF_ERROR(out(Bytes(header)));
    uint64_t written = 0;
    const ByteSink counted = [&](std::span<const uint8_t> bytes) {
      written += bytes.size();
      return out(bytes);
    };
    ONEDGE_RETURN_IF_ERROR(i == 0 ? counted(Bytes(json)) : parts[i - 1].write(counted));
    if (written != entries[i].size) {
      return Internal("the part '", entries[i].name, "' gave ", entries[i].size, " bytes first and ", written, " then");
    }
    offset += header.size() + written;
  }
  ONEDGE_RETURN_IF_ERROR(out(Bytes(Directory(entries, offset))));
  Sha256 digest;
  digest.Update(Bytes(json));
  return ToHex(digest.Finish());
}

}  // namespace onedge::package
