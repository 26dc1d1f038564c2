// session_bench MODEL.onnx THREADS [--save FILE] INPUT...: prints a line when the model is loaded. Then, for each line
// on stdin, it runs the model as often as the line says (once if it says no number) and prints the milliseconds of one
// run. The benchmark driver (run.mjs) alternates these runs with those of other runtimes. INPUT: NAME=DIMxDIM:FILL, one
// value for all elements; a fill with a point makes float32, otherwise int64. Or NAME=DTYPE:DIMxDIM@FILE, the bytes of
// the elements in FILE; a scalar has no DIM.
// --save: first runs the model once and writes its outputs to FILE, each as a line "DTYPE DIMxDIM" and its bytes.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <string>
#include <string_view>

#include "api/model.h"

namespace onedge {
namespace {

Shape ParseShape(std::string_view text) {
  Shape shape;
  while (!text.empty()) {
    const size_t end = std::min(text.find('x'), text.size());
    shape.push_back(std::atoll(std::string(text.substr(0, end)).c_str()));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return shape;
}

Result<DType> ParseDType(std::string_view name) {
  for (int32_t number = 1; number <= 26; ++number) {
    const auto dtype = DTypeFromOnnx(number);
    if (dtype && DTypeName(*dtype) == name) return *dtype;
  }
  return InvalidArgument("unknown dtype '", name, "'");
}

Result<Tensor> Filled(const Shape& shape, const std::string& fill) {
  const bool is_float = fill.find('.') != std::string::npos;
  ONEDGE_ASSIGN_OR_RETURN(Tensor tensor, Tensor::Allocate(is_float ? DType::kFloat32 : DType::kInt64, shape));
  if (is_float) {
    std::fill_n(tensor.mutable_data<float>(), tensor.element_count(), std::strtof(fill.c_str(), nullptr));
  } else {
    std::fill_n(tensor.mutable_data<int64_t>(), tensor.element_count(), std::atoll(fill.c_str()));
  }
  return tensor;
}

Result<Tensor> FromFile(DType dtype, const Shape& shape, const std::string& path) {
  ONEDGE_ASSIGN_OR_RETURN(Tensor tensor, Tensor::Allocate(dtype, shape));
  std::ifstream file(path, std::ios::binary);
  const auto size = static_cast<std::streamsize>(tensor.byte_size());
  file.read(reinterpret_cast<char*>(tensor.mutable_bytes()), size);
  if (file.gcount() != size) return NotFound(path, ": expected ", tensor.byte_size(), " bytes");
  return tensor;
}

Result<runtime::NamedValue> ParseInput(std::string_view text) {
  const size_t equals = text.find('=');
  const size_t colon = text.find(':', equals);
  const size_t at = text.find('@', colon);
  if (equals == std::string_view::npos || colon == std::string_view::npos) {
    return InvalidArgument("expected NAME=DIMxDIM:FILL or NAME=DTYPE:DIMxDIM@FILE, got '", text, "'");
  }
  const std::string_view before = text.substr(equals + 1, colon - equals - 1);
  if (at == std::string_view::npos) {
    ONEDGE_ASSIGN_OR_RETURN(Tensor tensor, Filled(ParseShape(before), std::string(text.substr(colon + 1))));
    return runtime::NamedValue{text.substr(0, equals), std::move(tensor)};
  }
  ONEDGE_ASSIGN_OR_RETURN(const DType dtype, ParseDType(before));
  const Shape shape = ParseShape(text.substr(colon + 1, at - colon - 1));
  ONEDGE_ASSIGN_OR_RETURN(Tensor tensor, FromFile(dtype, shape, std::string(text.substr(at + 1))));
  return runtime::NamedValue{text.substr(0, equals), std::move(tensor)};
}

Status Save(std::span<const Value> outputs, const std::string& path) {
  std::ofstream file(path, std::ios::binary);
  for (const Value& output : outputs) {
    if (!output.is_tensor()) return InvalidArgument("an output is not a tensor");
    const Tensor& tensor = output.tensor();
    file << DTypeName(tensor.dtype()) << ' ';
    for (size_t axis = 0; axis < tensor.rank(); ++axis) file << (axis == 0 ? "" : "x") << tensor.dim(axis);
    file << '\n';
    file.write(reinterpret_cast<const char*>(tensor.bytes()), static_cast<std::streamsize>(tensor.byte_size()));
  }
  file.close();
  return file ? OkStatus() : InvalidArgument(path, ": cannot be written");
}

Status Bench(int argc, char** argv) {
  if (argc < 4) return InvalidArgument("usage: session_bench MODEL.onnx THREADS [--save FILE] INPUT...");
  std::ifstream file(argv[1], std::ios::binary);
  if (!file) return NotFound(argv[1], ": cannot be read");
  const auto loader = api::ModelLoader::Create();
  std::vector<char> chunk(1 << 20);
  while (file.read(chunk.data(), static_cast<std::streamsize>(chunk.size())), file.gcount() > 0) {
    ONEDGE_RETURN_IF_ERROR(
        loader->Feed({reinterpret_cast<const uint8_t*>(chunk.data()), static_cast<size_t>(file.gcount())}));
  }
  ONEDGE_ASSIGN_OR_RETURN(const auto model, loader->Finish());
  const size_t thread_count = static_cast<size_t>(std::atoi(argv[2]));
  const auto threads = thread_count == 1 ? nullptr : ThreadPool::Create(thread_count);
  ONEDGE_ASSIGN_OR_RETURN(const auto session, model->CreateSession(threads.get()));
  std::vector<runtime::NamedValue> inputs;
  const bool saves = argc > 4 && std::string_view(argv[3]) == "--save";
  for (int i = saves ? 5 : 3; i < argc; ++i) {
    ONEDGE_ASSIGN_OR_RETURN(runtime::NamedValue input, ParseInput(argv[i]));
    inputs.push_back(std::move(input));
  }
  if (saves) {
    ONEDGE_ASSIGN_OR_RETURN(const auto outputs, session->Run(inputs));
    ONEDGE_RETURN_IF_ERROR(Save(outputs, argv[4]));
  }
  std::printf("ready\n");
  std::fflush(stdout);
  for (std::string line; std::getline(std::cin, line);) {
    const int runs = std::max(1, std::atoi(line.c_str()));
    const auto start = std::chrono::steady_clock::now();
    for (int i = 0; i < runs; ++i) ONEDGE_RETURN_IF_ERROR(session->Run(inputs).status());
    const std::chrono::duration<double, std::milli> elapsed = std::chrono::steady_clock::now() - start;
    std::printf("%.4f\n", elapsed.count() / runs);
    std::fflush(stdout);
  }
  return OkStatus();
}

}  // namespace
}  // namespace onedge

int main(int argc, char** argv) {
  const onedge::Status status = onedge::Bench(argc, argv);
  if (!status.ok()) std::fprintf(stderr, "session_bench: %s\n", status.ToString().c_str());
  return status.ok() ? 0 : 1;
}
