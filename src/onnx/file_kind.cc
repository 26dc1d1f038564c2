#include "onnx/file_kind.h"

#include <string>

#include "text/wire.h"

namespace onedge::onnx {
namespace {

struct Kind {
  size_t offset;
  std::string_view magic;
  std::string_view advice;
};

constexpr Kind kKinds[] = {
    {0, "version https://git-lfs", "a Git LFS pointer, not the file itself; fetch it with 'git lfs pull'"},
    {0, "PK\x03\x04",
     "a ZIP archive; an .onedge package is opened as such, a PyTorch file must be exported to ONNX first"},
    {0, "\x1f\x8b", "gzip; decompress it first"},
    {0, "\x28\xb5\x2f\xfd", "zstd; decompress it first"},
    {0,
     "\xfd"
     "7zXZ",
     "xz; decompress it first"},
    {0, "BZh", "bzip2; decompress it first"},
    {0, "GGUF", "a GGUF file; export the model to ONNX instead"},
    {4, "TFL3", "a TensorFlow Lite model; convert it to ONNX first"},
    {4, "ORTM", "an ONNX Runtime (.ort) model; use the .onnx file that it was made from"},
    {0, "\x89HDF", "an HDF5 (Keras) file; convert it to ONNX first"},
    {0, "\x93NUMPY", "a NumPy array"},
    {0, "\x89PNG", "a PNG image"},
    {0, "\xff\xd8\xff", "a JPEG image"},
    {0, "%PDF", "a PDF document"},
    {0,
     "\x7f"
     "ELF",
     "a program"},
    {0, std::string_view("\0asm", 4), "a WebAssembly module"},
    {0, "\x80\x02", "a Python pickle, perhaps PyTorch's; export the model to ONNX first"},
    {0, "\x80\x04", "a Python pickle; export the model to ONNX first"},
};

}  // namespace

std::string_view GuessFileKind(std::span<const uint8_t> head) {
  const std::string_view text = AsText(head);
  for (const Kind& kind : kKinds) {
    if (text.size() >= kind.offset && text.substr(kind.offset).starts_with(kind.magic)) return kind.advice;
  }
  if (text.size() > 9 && text[8] == '{')
    return "a safetensors file; it holds weights only, export the model to ONNX instead";
  const size_t start = text.find_first_not_of(" \t\r\n\xef\xbb\xbf");
  if (start == std::string_view::npos) return {};
  if (text[start] == '<') return "an HTML or XML page, perhaps the answer of a server that did not have the file";
  if (text[start] == '{' || text[start] == '[') return "JSON, perhaps an error message of the server";
  for (char c : text) {
    if (static_cast<unsigned char>(c) < 0x20 && c != '\t' && c != '\r' && c != '\n') return {};
  }
  return text.size() > 8 ? "text" : std::string_view();
}

}  // namespace onedge::onnx
