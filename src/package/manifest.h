// Manifest: the description inside a .onedge package (manifest.json, docs/package_format.md). Plain data.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/status.h"

namespace onedge::package {

// The package format that this build reads and writes.
inline constexpr int64_t kFormatVersion = 1;

// A JSON object of settings for pre- and post-processing, in the order of the file. What a setting means is the task's
// business.
class Settings {
 public:
  struct Entry;
  // A null is not kept; an empty array counts as an array of numbers.
  using Value = std::variant<bool, double, std::string, std::vector<double>, std::vector<std::string>, Settings>;

  bool empty() const { return entries_.empty(); }
  const std::vector<Entry>& entries() const { return entries_; }
  void Set(std::string name, Value value);

  // Null if there is no such setting.
  const Value* Find(std::string_view name) const;
  // The same for a setting that is an object; another type is an error that names the setting.
  Result<const Settings*> Nested(std::string_view name) const;

 private:
  std::vector<Entry> entries_;
};

struct Settings::Entry {
  std::string name;
  Value value;
};

// One input or output of the model, for people and clients. The graph itself is authoritative.
struct SignatureValue {
  std::string name;
  std::string dtype;                                      // "float32", "int64"
  std::vector<std::variant<int64_t, std::string>> shape;  // a size, or the name of a symbolic dimension
};

struct Part {
  std::string name;    // the entry's name in the archive
  std::string sha256;  // 64 lowercase hexadecimal digits
  uint64_t size = 0;   // bytes
};

struct Manifest {
  std::string name;
  std::string version;  // semantic: "1.2.0"
  std::string task;     // "text-classification"
  std::vector<std::string> labels;
  Settings preprocessing;
  Settings postprocessing;
  std::vector<SignatureValue> inputs;
  std::vector<SignatureValue> outputs;
  std::string license;      // SPDX
  std::string description;  // optional
  std::vector<Part> parts;  // all entries except manifest.json, in the order of the archive
  std::string json;         // the text that ParseManifest read; empty for a manifest made in memory

  const Part* FindPart(std::string_view part) const;
};

// A JSON object of settings, as in a manifest.
Result<Settings> ParseSettings(std::string_view json);

// Strict: an unknown format, an unknown key, a wrong type, or a missing name, version, task or part is an error.
Result<Manifest> ParseManifest(std::string_view json);
// JSON with one key a line. The same manifest always gives the same bytes.
std::string WriteManifest(const Manifest& manifest);

// Valid names in an archive: relative, '/' between parts, no "..", at most 255 bytes of [A-Za-z0-9._-/].
bool IsPartName(std::string_view name);

}  // namespace onedge::package
