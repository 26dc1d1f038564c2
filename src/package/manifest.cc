#include "package/manifest.h"

#include <algorithm>
#include <cmath>
#include <memory>

#include "base/heap_sort.h"
#include "text/json.h"

namespace onedge::package {
namespace {

constexpr int kMaxDepth = 8;

template <typename... Why>
Status Bad(const Why&... why) {
  return CorruptFile("manifest.json: ", why...);
}

Status Expected(std::string_view key, std::string_view what, JsonValue value) {
  return Bad("'", key, "': expected ", what, ", got ", value.type_name());
}

Result<std::string> ReadString(std::string_view key, JsonValue value) {
  if (!value.is_string()) return Expected(key, "a string", value);
  return std::string(value.string());
}

// Calls visit(key, value) -> Status for each member. A key that appears twice is an error.
template <typename Visit>
Status ForEachMember(std::string_view what, JsonValue object, const Visit& visit) {
  if (!object.is_object()) return Expected(what, "an object", object);
  std::vector<std::string_view> seen;
  for (JsonCursor member(object); member.Next();) {
    seen.push_back(member.key());
    ONEDGE_RETURN_IF_ERROR(visit(member.key(), member.value()));
  }
  HeapSort(seen, std::less<>());
  const auto twice = std::adjacent_find(seen.begin(), seen.end());
  if (twice != seen.end()) return Bad("the key '", *twice, "' comes twice in '", what, "'");
  return OkStatus();
}

template <typename Visit>
Status ForEachElement(std::string_view what, JsonValue array, const Visit& visit) {
  if (!array.is_array()) return Expected(what, "an array", array);
  for (JsonCursor element(array); element.Next();) ONEDGE_RETURN_IF_ERROR(visit(element.value()));
  return OkStatus();
}

Status ReadStrings(std::string_view key, JsonValue array, std::vector<std::string>& out) {
  return ForEachElement(key, array, [&](JsonValue value) -> Status {
    ONEDGE_ASSIGN_OR_RETURN(std::string text, ReadString(key, value));
    out.push_back(std::move(text));
    return OkStatus();
  });
}

Result<Settings> ReadSettings(std::string_view what, JsonValue object, int depth) {
  if (depth > kMaxDepth) return Bad("'", what, "' is nested more than ", kMaxDepth, " deep");
  Settings settings;
  ONEDGE_RETURN_IF_ERROR(ForEachMember(what, object, [&](std::string_view key, JsonValue value) -> Status {
    std::string name(key);
    if (value.is_null()) return OkStatus();
    if (value.is_bool()) {
      settings.Set(std::move(name), value.boolean());
    } else if (value.is_number()) {
      settings.Set(std::move(name), value.number());
    } else if (value.is_string()) {
      settings.Set(std::move(name), std::string(value.string()));
    } else if (value.is_object()) {
      ONEDGE_ASSIGN_OR_RETURN(Settings nested, ReadSettings(key, value, depth + 1));
      settings.Set(std::move(name), std::move(nested));
    } else if (JsonCursor first(value); value.is_array() && first.Next() && first.value().is_string()) {
      std::vector<std::string> texts;
      ONEDGE_RETURN_IF_ERROR(ReadStrings(key, value, texts));
      settings.Set(std::move(name), std::move(texts));
    } else {
      std::vector<double> numbers;
      ONEDGE_RETURN_IF_ERROR(ForEachElement(key, value, [&](JsonValue element) -> Status {
        if (!element.is_number()) return Expected(key, "an array of numbers or of strings", element);
        numbers.push_back(element.number());
        return OkStatus();
      }));
      settings.Set(std::move(name), std::move(numbers));
    }
    return OkStatus();
  }));
  return settings;
}

Status ReadSignatureList(std::string_view what, JsonValue array, std::vector<SignatureValue>& out) {
  return ForEachElement(what, array, [&](JsonValue entry) -> Status {
    SignatureValue& value = out.emplace_back();
    return ForEachMember(what, entry, [&](std::string_view key, JsonValue member) -> Status {
      if (key == "name" || key == "dtype") {
        ONEDGE_ASSIGN_OR_RETURN((key == "name" ? value.name : value.dtype), ReadString(key, member));
        return OkStatus();
      }
      if (key != "shape") return Bad("'", what, "' has the unknown key '", key, "'");
      return ForEachElement(key, member, [&](JsonValue dim) -> Status {
        if (const auto size = dim.Count(INT64_MAX)) {
          value.shape.emplace_back(static_cast<int64_t>(*size));
        } else if (dim.is_string()) {
          value.shape.emplace_back(std::string(dim.string()));
        } else {
          return Expected(key, "sizes and names of dimensions", dim);
        }
        return OkStatus();
      });
    });
  });
}

Status ReadPart(std::string_view name, JsonValue value, Manifest& manifest) {
  if (!IsPartName(name) || name == "manifest.json") return Bad("'", name, "' is not a name that a part can have");
  Part part;
  part.name = name;
  bool size_seen = false;
  ONEDGE_RETURN_IF_ERROR(ForEachMember(name, value, [&](std::string_view key, JsonValue member) -> Status {
    if (key == "sha256") {
      ONEDGE_ASSIGN_OR_RETURN(part.sha256, ReadString(key, member));
      return OkStatus();
    }
    if (key != "size") return Bad("part '", name, "' has the unknown key '", key, "'");
    if (!member.Count()) return Expected(key, "a number of bytes", member);
    part.size = *member.Count();
    size_seen = true;
    return OkStatus();
  }));
  const bool hex = part.sha256.size() == 64 && part.sha256.find_first_not_of("0123456789abcdef") == std::string::npos;
  if (!hex) return Bad("part '", name, "': sha256 is not 64 lowercase hexadecimal digits");
  if (!size_seen) return Bad("part '", name, "' has no size");
  manifest.parts.push_back(std::move(part));
  return OkStatus();
}

template <typename List, typename Write>
void AppendList(std::string& out, const List& list, const Write& write) {
  out += '[';
  for (const auto& element : list) {
    if (&element != &list.front()) out += ", ";
    write(element);
  }
  out += ']';
}

void AppendNumber(std::string& out, double value) {
  const bool whole = std::abs(value) < 9007199254740992.0 && value == std::floor(value);
  out += whole ? StrCat(static_cast<int64_t>(value)) : NumberToString(value);
}

void AppendSettings(std::string& out, const Settings& settings) {
  out += '{';
  for (const Settings::Entry& entry : settings.entries()) {
    if (&entry != &settings.entries().front()) out += ", ";
    AppendQuoted(out, entry.name);
    out += ": ";
    const Settings::Value& value = entry.value;
    if (const bool* flag = std::get_if<bool>(&value)) out += *flag ? "true" : "false";
    if (const double* number = std::get_if<double>(&value)) AppendNumber(out, *number);
    if (const auto* text = std::get_if<std::string>(&value)) AppendQuoted(out, *text);
    if (const auto* list = std::get_if<std::vector<double>>(&value)) {
      AppendList(out, *list, [&](double number) { AppendNumber(out, number); });
    }
    if (const auto* list = std::get_if<std::vector<std::string>>(&value)) {
      AppendList(out, *list, [&](const std::string& text) { AppendQuoted(out, text); });
    }
    if (const auto* nested = std::get_if<Settings>(&value)) AppendSettings(out, *nested);
  }
  out += '}';
}

void AppendSignature(std::string& out, const std::vector<SignatureValue>& values) {
  AppendList(out, values, [&](const SignatureValue& value) {
    out += "{\"name\": ";
    AppendQuoted(out, value.name);
    out += ", \"dtype\": ";
    AppendQuoted(out, value.dtype);
    out += ", \"shape\": ";
    AppendList(out, value.shape, [&](const std::variant<int64_t, std::string>& dim) {
      if (const int64_t* size = std::get_if<int64_t>(&dim)) {
        out += StrCat(*size);
      } else {
        AppendQuoted(out, *std::get_if<std::string>(&dim));
      }
    });
    out += '}';
  });
}

}  // namespace

bool IsPartName(std::string_view name) {
  if (name.empty() || name.size() > 255 || name.front() == '/' || name.back() == '/') return false;
  for (char c : name) {
    const bool fine = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
                      c == '_' || c == '-' || c == '/';
    if (!fine) return false;
  }
  return name.find("..") == std::string_view::npos && name.find("//") == std::string_view::npos;
}

void Settings::Set(std::string name, Value value) {
  for (Entry& entry : entries_) {
    if (entry.name == name) {
      entry.value = std::move(value);
      return;
    }
  }
  entries_.push_back({std::move(name), std::move(value)});
}

const Settings::Value* Settings::Find(std::string_view name) const {
  for (const Entry& entry : entries_) {
    if (entry.name == name) return &entry.value;
  }
  return nullptr;
}

Result<const Settings*> Settings::Nested(std::string_view name) const {
  const Value* value = Find(name);
  const Settings* nested = value ? std::get_if<Settings>(value) : nullptr;
  if (value && !nested) return Bad("setting '", name, "': expected an object");
  return nested;
}

const Part* Manifest::FindPart(std::string_view part) const {
  for (const Part& candidate : parts) {
    if (candidate.name == part) return &candidate;
  }
  return nullptr;
}

Result<Settings> ParseSettings(std::string_view json) {
  ONEDGE_ASSIGN_OR_RETURN(const JsonDocument document, JsonDocument::Parse(json, "manifest.json"));
  return ReadSettings("settings", document.root(), 0);
}

Result<Manifest> ParseManifest(std::string_view json) {
  ONEDGE_ASSIGN_OR_RETURN(const JsonDocument document, JsonDocument::Parse(json, "manifest.json"));
  JsonValue root = document.root();
  if (!root.is_object()) return Bad("expected an object");
  JsonValue format = root.Find("format");
  if (!format.Count()) return Bad("'format' is missing or not a number; is this a .onedge package?");
  if (*format.Count() != kFormatVersion) {
    return Unsupported("manifest.json: package format ", *format.Count(), "; this build reads format ", kFormatVersion,
                       ": update onedge, or pack the model again with this version's 'onedge pack'");
  }
  Manifest manifest;
  ONEDGE_RETURN_IF_ERROR(ForEachMember("manifest", root, [&](std::string_view key, JsonValue value) -> Status {
    if (key == "format") return OkStatus();
    if (key == "labels") return ReadStrings(key, value, manifest.labels);
    if (key == "preprocessing" || key == "postprocessing") {
      ONEDGE_ASSIGN_OR_RETURN((key == "preprocessing" ? manifest.preprocessing : manifest.postprocessing),
                              ReadSettings(key, value, 0));
      return OkStatus();
    }
    if (key == "signature") {
      return ForEachMember(key, value, [&](std::string_view side, JsonValue list) -> Status {
        if (side != "inputs" && side != "outputs") return Bad("'signature' has the unknown key '", side, "'");
        return ReadSignatureList(side, list, side == "inputs" ? manifest.inputs : manifest.outputs);
      });
    }
    if (key == "parts") {
      return ForEachMember(key, value,
                           [&](std::string_view name, JsonValue part) { return ReadPart(name, part, manifest); });
    }
    std::string* text = key == "name"          ? &manifest.name
                        : key == "version"     ? &manifest.version
                        : key == "task"        ? &manifest.task
                        : key == "license"     ? &manifest.license
                        : key == "description" ? &manifest.description
                                               : nullptr;
    if (!text) return Bad("unknown key '", key, "'; format ", kFormatVersion, " does not define it");
    ONEDGE_ASSIGN_OR_RETURN(*text, ReadString(key, value));
    return OkStatus();
  }));
  if (manifest.name.empty() || manifest.version.empty() || manifest.task.empty()) {
    return Bad("'", manifest.name.empty() ? "name" : manifest.version.empty() ? "version" : "task", "' is missing");
  }
  if (!manifest.FindPart("model.onnx")) return Bad("'parts' lacks model.onnx");
  manifest.json = json;
  return manifest;
}

std::string WriteManifest(const Manifest& manifest) {
  std::string out = StrCat("{\n \"format\": ", kFormatVersion);
  const auto key = [&](std::string_view name) { out += StrCat(",\n \"", name, "\": "); };
  const auto text = [&](std::string_view name, const std::string& value) {
    key(name);
    AppendQuoted(out, value);
  };
  text("name", manifest.name);
  text("version", manifest.version);
  text("task", manifest.task);
  if (!manifest.description.empty()) text("description", manifest.description);
  key("labels");
  AppendList(out, manifest.labels, [&](const std::string& label) { AppendQuoted(out, label); });
  key("preprocessing");
  AppendSettings(out, manifest.preprocessing);
  key("postprocessing");
  AppendSettings(out, manifest.postprocessing);
  key("signature");
  out += "{\"inputs\": ";
  AppendSignature(out, manifest.inputs);
  out += ", \"outputs\": ";
  AppendSignature(out, manifest.outputs);
  out += '}';
  text("license", manifest.license);
  key("parts");
  out += '{';
  for (const Part& part : manifest.parts) {
    out += &part == &manifest.parts.front() ? "\n  " : ",\n  ";
    AppendQuoted(out, part.name);
    out += StrCat(": {\"sha256\": \"", part.sha256, "\", \"size\": ", part.size, "}");
  }
  out += "\n }\n}\n";
  return out;
}

}  // namespace onedge::package
