#include "package/manifest.h"

#include <yyjson.h>

#include <algorithm>
#include <cmath>
#include <memory>

#include "base/heap_sort.h"

namespace onedge::package {
namespace {

constexpr int kMaxDepth = 8;

struct DocumentDeleter {
  void operator()(yyjson_doc* document) const { yyjson_doc_free(document); }
};

using Document = std::unique_ptr<yyjson_doc, DocumentDeleter>;

template <typename... Why>
Status Bad(const Why&... why) {
  return CorruptFile("manifest.json: ", why...);
}

Result<Document> ParseJson(std::string_view json) {
  yyjson_read_err error;
  Document document(yyjson_read_opts(const_cast<char*>(json.data()), json.size(), YYJSON_READ_NOFLAG, nullptr, &error));
  if (!document) return Bad(error.msg, " (byte ", error.pos, ")");
  return document;
}

std::string_view TextOf(yyjson_val* value) { return {yyjson_get_str(value), yyjson_get_len(value)}; }

Status Expected(std::string_view key, std::string_view what, yyjson_val* value) {
  return Bad("'", key, "': expected ", what, ", got ", yyjson_get_type_desc(value));
}

Result<std::string> ReadString(std::string_view key, yyjson_val* value) {
  if (!yyjson_is_str(value)) return Expected(key, "a string", value);
  return std::string(TextOf(value));
}

// Calls visit(key, value) -> Status for each member; a key that comes twice is an error.
template <typename Visit>
Status ForEachMember(std::string_view what, yyjson_val* object, const Visit& visit) {
  if (!yyjson_is_obj(object)) return Expected(what, "an object", object);
  std::vector<std::string_view> seen;
  yyjson_obj_iter iter = yyjson_obj_iter_with(object);
  while (yyjson_val* key = yyjson_obj_iter_next(&iter)) {
    seen.push_back(TextOf(key));
    ONEDGE_RETURN_IF_ERROR(visit(TextOf(key), yyjson_obj_iter_get_val(key)));
  }
  HeapSort(seen, std::less<>());
  const auto twice = std::adjacent_find(seen.begin(), seen.end());
  if (twice != seen.end()) return Bad("the key '", *twice, "' comes twice in '", what, "'");
  return OkStatus();
}

template <typename Visit>
Status ForEachElement(std::string_view what, yyjson_val* array, const Visit& visit) {
  if (!yyjson_is_arr(array)) return Expected(what, "an array", array);
  yyjson_arr_iter iter = yyjson_arr_iter_with(array);
  while (yyjson_val* value = yyjson_arr_iter_next(&iter)) ONEDGE_RETURN_IF_ERROR(visit(value));
  return OkStatus();
}

Status ReadStrings(std::string_view key, yyjson_val* array, std::vector<std::string>& out) {
  return ForEachElement(key, array, [&](yyjson_val* value) -> Status {
    ONEDGE_ASSIGN_OR_RETURN(std::string text, ReadString(key, value));
    out.push_back(std::move(text));
    return OkStatus();
  });
}

Result<Settings> ReadSettings(std::string_view what, yyjson_val* object, int depth) {
  if (depth > kMaxDepth) return Bad("'", what, "' is nested more than ", kMaxDepth, " deep");
  Settings settings;
  ONEDGE_RETURN_IF_ERROR(ForEachMember(what, object, [&](std::string_view key, yyjson_val* value) -> Status {
    std::string name(key);
    if (yyjson_is_null(value)) return OkStatus();
    if (yyjson_is_bool(value)) {
      settings.Set(std::move(name), yyjson_get_bool(value));
    } else if (yyjson_is_num(value)) {
      settings.Set(std::move(name), yyjson_get_num(value));
    } else if (yyjson_is_str(value)) {
      settings.Set(std::move(name), std::string(TextOf(value)));
    } else if (yyjson_is_obj(value)) {
      ONEDGE_ASSIGN_OR_RETURN(Settings nested, ReadSettings(key, value, depth + 1));
      settings.Set(std::move(name), std::move(nested));
    } else if (yyjson_is_str(yyjson_arr_get_first(value))) {
      std::vector<std::string> texts;
      ONEDGE_RETURN_IF_ERROR(ReadStrings(key, value, texts));
      settings.Set(std::move(name), std::move(texts));
    } else {
      std::vector<double> numbers;
      ONEDGE_RETURN_IF_ERROR(ForEachElement(key, value, [&](yyjson_val* element) -> Status {
        if (!yyjson_is_num(element)) return Expected(key, "an array of numbers or of strings", element);
        numbers.push_back(yyjson_get_num(element));
        return OkStatus();
      }));
      settings.Set(std::move(name), std::move(numbers));
    }
    return OkStatus();
  }));
  return settings;
}

Status ReadSignatureList(std::string_view what, yyjson_val* array, std::vector<SignatureValue>& out) {
  return ForEachElement(what, array, [&](yyjson_val* entry) -> Status {
    SignatureValue& value = out.emplace_back();
    return ForEachMember(what, entry, [&](std::string_view key, yyjson_val* member) -> Status {
      if (key == "name" || key == "dtype") {
        ONEDGE_ASSIGN_OR_RETURN((key == "name" ? value.name : value.dtype), ReadString(key, member));
        return OkStatus();
      }
      if (key != "shape") return Bad("'", what, "' has the unknown key '", key, "'");
      return ForEachElement(key, member, [&](yyjson_val* dim) -> Status {
        if (yyjson_is_uint(dim) && yyjson_get_uint(dim) <= INT64_MAX) {
          value.shape.emplace_back(static_cast<int64_t>(yyjson_get_uint(dim)));
        } else if (yyjson_is_str(dim)) {
          value.shape.emplace_back(std::string(TextOf(dim)));
        } else {
          return Expected(key, "sizes and names of dimensions", dim);
        }
        return OkStatus();
      });
    });
  });
}

Status ReadPart(std::string_view name, yyjson_val* value, Manifest& manifest) {
  if (!IsPartName(name) || name == "manifest.json") return Bad("'", name, "' is not a name that a part can have");
  Part part;
  part.name = name;
  bool size_seen = false;
  ONEDGE_RETURN_IF_ERROR(ForEachMember(name, value, [&](std::string_view key, yyjson_val* member) -> Status {
    if (key == "sha256") {
      ONEDGE_ASSIGN_OR_RETURN(part.sha256, ReadString(key, member));
      return OkStatus();
    }
    if (key != "size") return Bad("part '", name, "' has the unknown key '", key, "'");
    if (!yyjson_is_uint(member)) return Expected(key, "a number of bytes", member);
    part.size = yyjson_get_uint(member);
    size_seen = true;
    return OkStatus();
  }));
  const bool hex = part.sha256.size() == 64 && part.sha256.find_first_not_of("0123456789abcdef") == std::string::npos;
  if (!hex) return Bad("part '", name, "': sha256 is not 64 lowercase hexadecimal digits");
  if (!size_seen) return Bad("part '", name, "' has no size");
  manifest.parts.push_back(std::move(part));
  return OkStatus();
}

void AppendJson(std::string& out, std::string_view text) {
  out += '"';
  for (char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (byte < 0x20) {
      out += "\\u00";
      out += "0123456789abcdef"[byte >> 4];
      out += "0123456789abcdef"[byte & 15];
    } else {
      out += c;
    }
  }
  out += '"';
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
    AppendJson(out, entry.name);
    out += ": ";
    const Settings::Value& value = entry.value;
    if (const bool* flag = std::get_if<bool>(&value)) out += *flag ? "true" : "false";
    if (const double* number = std::get_if<double>(&value)) AppendNumber(out, *number);
    if (const auto* text = std::get_if<std::string>(&value)) AppendJson(out, *text);
    if (const auto* list = std::get_if<std::vector<double>>(&value)) {
      AppendList(out, *list, [&](double number) { AppendNumber(out, number); });
    }
    if (const auto* list = std::get_if<std::vector<std::string>>(&value)) {
      AppendList(out, *list, [&](const std::string& text) { AppendJson(out, text); });
    }
    if (const auto* nested = std::get_if<Settings>(&value)) AppendSettings(out, *nested);
  }
  out += '}';
}

void AppendSignature(std::string& out, const std::vector<SignatureValue>& values) {
  AppendList(out, values, [&](const SignatureValue& value) {
    out += "{\"name\": ";
    AppendJson(out, value.name);
    out += ", \"dtype\": ";
    AppendJson(out, value.dtype);
    out += ", \"shape\": ";
    AppendList(out, value.shape, [&](const std::variant<int64_t, std::string>& dim) {
      if (const int64_t* size = std::get_if<int64_t>(&dim)) {
        out += StrCat(*size);
      } else {
        AppendJson(out, *std::get_if<std::string>(&dim));
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

template <typename T>
Result<const T*> Settings::Get(std::string_view name, std::string_view expected) const {
  const Value* value = Find(name);
  if (!value) return static_cast<const T*>(nullptr);
  const T* typed = std::get_if<T>(value);
  if (!typed) return Bad("setting '", name, "': expected ", expected);
  return typed;
}

Result<bool> Settings::Bool(std::string_view name, bool fallback) const {
  ONEDGE_ASSIGN_OR_RETURN(const bool* value, Get<bool>(name, "true or false"));
  return value ? *value : fallback;
}

Result<double> Settings::Number(std::string_view name, double fallback) const {
  ONEDGE_ASSIGN_OR_RETURN(const double* value, Get<double>(name, "a number"));
  return value ? *value : fallback;
}

Result<uint64_t> Settings::Count(std::string_view name, uint64_t fallback) const {
  ONEDGE_ASSIGN_OR_RETURN(const double* value, Get<double>(name, "a whole number"));
  if (!value) return fallback;
  if (!(*value >= 0 && *value <= 9007199254740992.0 && *value == std::floor(*value))) {
    return Bad("setting '", name, "': expected a whole number, got ", *value);
  }
  return static_cast<uint64_t>(*value);
}

Result<std::string> Settings::String(std::string_view name, std::string_view fallback) const {
  ONEDGE_ASSIGN_OR_RETURN(const std::string* value, Get<std::string>(name, "a string"));
  return value ? *value : std::string(fallback);
}

Result<std::vector<double>> Settings::Numbers(std::string_view name) const {
  ONEDGE_ASSIGN_OR_RETURN(const auto* value, Get<std::vector<double>>(name, "an array of numbers"));
  return value ? *value : std::vector<double>();
}

Result<std::vector<std::string>> Settings::Strings(std::string_view name) const {
  const Value* found = Find(name);
  if (found) {
    const auto* empty = std::get_if<std::vector<double>>(found);
    if (empty && empty->empty()) return std::vector<std::string>();
  }
  ONEDGE_ASSIGN_OR_RETURN(const auto* value, Get<std::vector<std::string>>(name, "an array of strings"));
  return value ? *value : std::vector<std::string>();
}

Result<const Settings*> Settings::Nested(std::string_view name) const { return Get<Settings>(name, "an object"); }

Status Settings::CheckKnown(std::initializer_list<std::string_view> known) const {
  for (const Entry& entry : entries_) {
    if (std::find(known.begin(), known.end(), entry.name) != known.end()) continue;
    std::string names;
    for (std::string_view name : known) names += StrCat(names.empty() ? "" : ", ", name);
    return Unsupported("manifest.json: setting '", entry.name, "' is not known here; known are ", names);
  }
  return OkStatus();
}

const Part* Manifest::FindPart(std::string_view part) const {
  for (const Part& candidate : parts) {
    if (candidate.name == part) return &candidate;
  }
  return nullptr;
}

Result<Settings> ParseSettings(std::string_view json) {
  ONEDGE_ASSIGN_OR_RETURN(const Document document, ParseJson(json));
  return ReadSettings("settings", yyjson_doc_get_root(document.get()), 0);
}

Result<Manifest> ParseManifest(std::string_view json) {
  ONEDGE_ASSIGN_OR_RETURN(const Document document, ParseJson(json));
  yyjson_val* root = yyjson_doc_get_root(document.get());
  if (!yyjson_is_obj(root)) return Bad("expected an object");
  yyjson_val* format = yyjson_obj_get(root, "format");
  if (!yyjson_is_uint(format)) return Bad("'format' is missing or not a number; is this a .onedge package?");
  if (yyjson_get_uint(format) != kFormatVersion) {
    return Unsupported("manifest.json: package format ", yyjson_get_uint(format), "; this build reads format ",
                       kFormatVersion, ": update onedge, or pack the model again with this version's 'onedge pack'");
  }
  Manifest manifest;
  ONEDGE_RETURN_IF_ERROR(ForEachMember("manifest", root, [&](std::string_view key, yyjson_val* value) -> Status {
    if (key == "format") return OkStatus();
    if (key == "labels") return ReadStrings(key, value, manifest.labels);
    if (key == "preprocessing" || key == "postprocessing") {
      ONEDGE_ASSIGN_OR_RETURN((key == "preprocessing" ? manifest.preprocessing : manifest.postprocessing),
                              ReadSettings(key, value, 0));
      return OkStatus();
    }
    if (key == "signature") {
      return ForEachMember(key, value, [&](std::string_view side, yyjson_val* list) -> Status {
        if (side != "inputs" && side != "outputs") return Bad("'signature' has the unknown key '", side, "'");
        return ReadSignatureList(side, list, side == "inputs" ? manifest.inputs : manifest.outputs);
      });
    }
    if (key == "parts") {
      return ForEachMember(key, value,
                           [&](std::string_view name, yyjson_val* part) { return ReadPart(name, part, manifest); });
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
    AppendJson(out, value);
  };
  text("name", manifest.name);
  text("version", manifest.version);
  text("task", manifest.task);
  if (!manifest.description.empty()) text("description", manifest.description);
  key("labels");
  AppendList(out, manifest.labels, [&](const std::string& label) { AppendJson(out, label); });
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
    AppendJson(out, part.name);
    out += StrCat(": {\"sha256\": \"", part.sha256, "\", \"size\": ", part.size, "}");
  }
  out += "\n }\n}\n";
  return out;
}

}  // namespace onedge::package
