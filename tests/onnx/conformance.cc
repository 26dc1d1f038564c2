// onnx_conformance DIR... --json OUT [--portable]: runs every folder below DIR that holds model.onnx and
// test_data_set_*/{input,output}_*.pb, as in ONNX's backend tests, on the CPU backend (or only on the portable
// kernels), and writes {"passed": [...], "failed": {name: why}, "unsupported": {name: why}}. Natively each folder runs
// in its own process, so that a crash affects only that folder. Exit status: 0 if all folders were run, whatever their
// results; 2 for wrong usage.
#ifndef __EMSCRIPTEN__
#include <sys/wait.h>
#include <unistd.h>
#endif

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "backends/cpu/cpu_backend.h"
#include "onnx/loader.h"
#include "onnx/value_codec.h"
#include "runtime/session.h"
#include "tests/support/tolerance.h"
#include "text/wire.h"

namespace onedge::conformance {
namespace {

namespace fs = std::filesystem;
using Backends = std::span<const backends::Backend* const>;  // in order of preference

constexpr unsigned kSecondsPerFolder = 300;
constexpr size_t kBudgetBytes = size_t{3} << 30;
// A graph with more nodes is a network, not an operator's test (the longest expanded function has fewer).
constexpr size_t kModelNodes = 60;

struct Outcome {
  char verdict;  // 'p', 'f', 'u'
  std::string why;
};

Outcome Passed() { return {'p', {}}; }
Outcome Failed(std::string why) { return {'f', std::move(why)}; }
Outcome FromStatus(std::string_view stage, const Status& status) {
  return {status.code() == StatusCode::kUnsupported ? 'u' : 'f', StrCat(stage, ": ", status.ToString())};
}

std::optional<std::vector<uint8_t>> ReadFile(const fs::path& path) {
  std::FILE* file = std::fopen(path.c_str(), "rb");
  if (!file) return std::nullopt;
  std::vector<uint8_t> bytes;
  uint8_t block[65536];
  for (size_t got; (got = std::fread(block, 1, sizeof block, file)) > 0;) bytes.insert(bytes.end(), block, block + got);
  const bool fine = !std::ferror(file);
  std::fclose(file);
  return fine ? std::optional(std::move(bytes)) : std::nullopt;
}

Result<onnx::Model> LoadModel(const fs::path& folder, MemoryBudget* budget) {
  const auto bytes = ReadFile(folder / "model.onnx");
  if (!bytes) return NotFound("cannot read model.onnx");
  onnx::Loader loader = onnx::Loader::Create({.budget = budget, .model_bytes = bytes->size()});
  ONEDGE_RETURN_IF_ERROR(loader.Feed(*bytes));
  ONEDGE_ASSIGN_OR_RETURN(const std::vector<onnx::ExternalPart> parts, loader.ExternalParts());
  for (const onnx::ExternalPart& part : parts) {
    const auto external = ReadFile(folder / part.location);
    if (!external) return NotFound("cannot read the external data file ", part.location);
    ONEDGE_RETURN_IF_ERROR(loader.BeginExternal(part.location, external->size()));
    ONEDGE_RETURN_IF_ERROR(loader.FeedExternal(part.location, 0, *external));
  }
  return loader.Finish();
}

// The files PREFIX_0.pb, PREFIX_1.pb, ... of a data set, up to the first missing one.
std::vector<fs::path> NumberedFiles(const fs::path& folder, std::string_view prefix) {
  std::vector<fs::path> files;
  while (fs::exists(folder / StrCat(prefix, "_", files.size(), ".pb"))) {
    files.push_back(folder / StrCat(prefix, "_", files.size(), ".pb"));
  }
  return files;
}

// The value's own name: field 8 of a TensorProto, field 1 of the others.
std::string NameIn(std::span<const uint8_t> bytes, bool tensor) {
  std::string name;
  MessageReader in(bytes, "value");
  while (in.Next()) {
    if (in.field() == (tensor ? 8u : 1u) && in.wire_type() == WireType::kBytes) name = in.String();
  }
  return name;
}

struct NamedFile {
  std::string name;
  Value value;
};

// Value `index` of a list of inputs or outputs: the entry that the file names, otherwise the entry at the file's
// number.
Result<NamedFile> LoadValue(const fs::path& file, size_t index, const std::vector<runtime::SignatureEntry>& entries) {
  const auto bytes = ReadFile(file);
  if (!bytes) return NotFound("cannot read ", file.filename().string());
  size_t at = index;
  for (size_t i = 0; i < entries.size(); ++i) {
    const auto kind = entries[i].type.kind;
    const bool tensor = kind == graph::TypeInfo::Kind::kTensor || kind == graph::TypeInfo::Kind::kUnknown;
    if (entries[i].name == NameIn(*bytes, tensor)) at = i;
  }
  if (at >= entries.size()) return InvalidArgument("there is no entry ", index, " for ", file.filename().string());
  Result<Value> value = onnx::ParseValue(*bytes, entries[at].type);
  if (!value.ok()) return std::move(value).status().WithContext(file.filename().string());
  return NamedFile{entries[at].name, std::move(*value)};
}

// Names and types as the file declares them, independent of our own inference.
std::vector<runtime::SignatureEntry> Declared(const graph::Graph& graph, const std::vector<graph::ValueId>& ids) {
  std::vector<runtime::SignatureEntry> entries;
  for (graph::ValueId id : ids) {
    const graph::ValueInfo& value = graph.values[static_cast<size_t>(id)];
    entries.push_back({value.name, value.type});
  }
  return entries;
}

struct Signature {
  std::vector<runtime::SignatureEntry> inputs;
  std::vector<runtime::SignatureEntry> outputs;
};

Outcome RunDataSet(runtime::Session& session, const Signature& signature, const fs::path& folder, bool model) {
  std::vector<NamedFile> files;
  for (const fs::path& file : NumberedFiles(folder, "input")) {
    Result<NamedFile> input = LoadValue(file, files.size(), signature.inputs);
    if (!input.ok()) return FromStatus("input", input.status());
    files.push_back(std::move(*input));
  }
  std::vector<runtime::NamedValue> inputs;
  for (const NamedFile& file : files) inputs.push_back({file.name, file.value});
  const auto outputs = session.Run(inputs);
  if (!outputs.ok()) return FromStatus("run", outputs.status());

  const std::vector<fs::path> expected_files = NumberedFiles(folder, "output");
  if (expected_files.empty()) return Failed("the data set has no output_0.pb");
  for (size_t i = 0; i < expected_files.size(); ++i) {
    const Result<NamedFile> expected = LoadValue(expected_files[i], i, signature.outputs);
    if (!expected.ok()) return FromStatus("expected output", expected.status());
    size_t at = 0;
    while (signature.outputs[at].name != expected->name) ++at;
    if (at >= outputs->size()) return Failed(StrCat("the run gave no output ", at));
    if (auto why = Difference((*outputs)[at], expected->value, model)) {
      return Failed(StrCat(folder.filename().string(), ": output '", expected->name, "': ", *why));
    }
  }
  return Passed();
}

Outcome RunFolder(const fs::path& folder, Backends backends) {
  MemoryBudget budget(kBudgetBytes);
  Result<onnx::Model> loaded = LoadModel(folder, &budget);
  if (!loaded.ok()) return FromStatus("load", loaded.status());
  const bool whole_network = loaded->graph.nodes.size() > kModelNodes;
  const Signature signature{Declared(loaded->graph, loaded->graph.inputs),
                            Declared(loaded->graph, loaded->graph.outputs)};
  auto model = runtime::Model::Create(std::move(loaded->graph), {.backends = backends, .budget = &budget});
  if (!model.ok()) return FromStatus("create", model.status());
  auto session = runtime::Session::Create(*model, {.budget = &budget});
  if (!session.ok()) return FromStatus("create", session.status());

  std::vector<fs::path> sets;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder)) {
    if (entry.is_directory() && entry.path().filename().string().starts_with("test_data_set_"))
      sets.push_back(entry.path());
  }
  std::sort(sets.begin(), sets.end());
  for (const fs::path& set : sets) {
    Outcome outcome = RunDataSet(**session, signature, set, whole_network);
    if (outcome.verdict != 'p') return outcome;
  }
  return Passed();
}

#ifdef __EMSCRIPTEN__
// WebAssembly has one process.
Outcome RunApart(const fs::path& folder, Backends backends) { return RunFolder(folder, backends); }
#else
// RunFolder in a child process; a crash or a hang becomes a failure.
Outcome RunApart(const fs::path& folder, Backends backends) {
  int ends[2];
  if (pipe(ends) != 0) return Failed("cannot make a pipe");
  const pid_t child = fork();
  if (child < 0) return Failed("cannot start a process");
  if (child == 0) {
    close(ends[0]);
    alarm(kSecondsPerFolder);
    const Outcome outcome = RunFolder(folder, backends);
    const std::string text = outcome.verdict + outcome.why;
    for (size_t done = 0; done < text.size();) {
      const ssize_t wrote = write(ends[1], text.data() + done, text.size() - done);
      if (wrote <= 0) _exit(1);
      done += static_cast<size_t>(wrote);
    }
    _exit(0);
  }
  close(ends[1]);
  std::string text;
  char block[4096];
  for (ssize_t got; (got = read(ends[0], block, sizeof block)) > 0;) text.append(block, static_cast<size_t>(got));
  close(ends[0]);
  int state = 0;
  waitpid(child, &state, 0);
  if (WIFSIGNALED(state)) {
    if (WTERMSIG(state) == SIGALRM) return Failed(StrCat("took more than ", kSecondsPerFolder, " s"));
    return Failed(StrCat("crashed: ", strsignal(WTERMSIG(state))));
  }
  if (text.empty()) return Failed(StrCat("the process ended with status ", WEXITSTATUS(state), " and said nothing"));
  return {text[0], text.substr(1)};
}
#endif

bool IsCase(const fs::path& folder) {
  std::error_code error;
  if (!fs::is_regular_file(folder / "model.onnx", error)) return false;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder, error)) {
    if (entry.path().filename().string().starts_with("test_data_set_")) return true;
  }
  return false;
}

// Name (the path below `root`, or the root's own name) to folder.
std::map<std::string, fs::path> FindCases(const std::vector<fs::path>& roots) {
  std::map<std::string, fs::path> cases;
  std::error_code error;
  for (const fs::path& given : roots) {
    const fs::path root = fs::canonical(given, error);
    if (IsCase(root)) cases[root.filename().string()] = root;
    fs::recursive_directory_iterator walk(root, fs::directory_options::skip_permission_denied, error);
    for (; !error && walk != fs::recursive_directory_iterator(); walk.increment(error)) {
      if (walk->is_directory(error) && IsCase(walk->path()))
        cases[walk->path().lexically_relative(root).string()] = walk->path();
    }
  }
  return cases;
}

std::string Quoted(std::string_view text) {
  std::string out = "\"";
  for (char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out += StrCat('\\', c);
    } else if (byte < 0x20 || byte >= 0x7f) {
      // A message may contain bytes of a broken file: they are written as Latin-1, so that the JSON is always valid.
      char escaped[8];
      std::snprintf(escaped, sizeof escaped, "\\u%04x", byte);
      out += escaped;
    } else {
      out += c;
    }
  }
  return out + "\"";
}

std::string ToJson(const std::map<std::string, Outcome>& outcomes) {
  std::string passed, failed, unsupported;
  for (const auto& [name, outcome] : outcomes) {
    if (outcome.verdict == 'p') {
      passed += StrCat(passed.empty() ? "" : ",", "\n  ", Quoted(name));
    } else {
      std::string& list = outcome.verdict == 'u' ? unsupported : failed;
      list += StrCat(list.empty() ? "" : ",", "\n  ", Quoted(name), ": ", Quoted(outcome.why));
    }
  }
  return StrCat("{\"passed\": [", passed, "],\n \"failed\": {", failed, "},\n \"unsupported\": {", unsupported, "}}\n");
}

int Main(int argc, char** argv) {
  std::vector<fs::path> roots;
  std::string json;
  bool verbose = false, portable = false;
  for (int i = 1; i < argc; ++i) {
    const std::string_view argument = argv[i];
    if (argument == "--json" && i + 1 < argc) {
      json = argv[++i];
    } else if (argument == "--verbose") {
      verbose = true;
    } else if (argument == "--portable") {
      portable = true;
    } else if (argument.starts_with("--")) {
      std::fprintf(stderr, "unknown option %s\n", argv[i]);
      return 2;
    } else if (!fs::is_directory(argument)) {
      std::fprintf(stderr, "%s is not a folder\n", argv[i]);
      return 2;
    } else {
      roots.emplace_back(argument);
    }
  }
  if (roots.empty()) {
    std::fprintf(stderr, "usage: onnx_conformance DIR... [--json OUT] [--portable] [--verbose]\n");
    return 2;
  }
  const backends::cpu::CpuBackend cpu;
  const backends::Backend* const all[] = {&cpu};
  const Backends backends(all, portable ? 0 : 1);
  std::map<std::string, Outcome> outcomes;
  size_t counts[3] = {};
  for (const auto& [name, folder] : FindCases(roots)) {
    Outcome outcome = RunApart(folder, backends);
    ++counts[outcome.verdict == 'p' ? 0 : outcome.verdict == 'f' ? 1 : 2];
    if (verbose && outcome.verdict != 'p') {
      std::fprintf(stderr, "%s %s: %s\n", outcome.verdict == 'u' ? "unsupported" : "FAILED", name.c_str(),
                   outcome.why.c_str());
    }
    outcomes.emplace(name, std::move(outcome));
  }
  std::fprintf(stderr, "%zu passed, %zu failed, %zu unsupported\n", counts[0], counts[1], counts[2]);
  if (json.empty()) return 0;
  const std::string text = ToJson(outcomes);
  std::FILE* out = std::fopen(json.c_str(), "wb");
  const bool written = out && std::fwrite(text.data(), 1, text.size(), out) == text.size();
  if ((out && std::fclose(out) != 0) || !written) {
    std::fprintf(stderr, "cannot write %s\n", json.c_str());
    return 1;
  }
  return 0;
}

}  // namespace
}  // namespace onedge::conformance

int main(int argc, char** argv) { return onedge::conformance::Main(argc, argv); }
