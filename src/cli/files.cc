#include "cli/files.h"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>

namespace onedge::cli {
namespace {

constexpr size_t kChunk = 1 << 20;

struct CloseFile {
  void operator()(std::FILE* file) const { std::fclose(file); }
};
using File = std::unique_ptr<std::FILE, CloseFile>;

Result<File> Open(const std::string& path, const char* mode) {
  std::error_code ignored;
  if (*mode == 'r' && std::filesystem::is_directory(path, ignored))
    return InvalidArgument(path, ": expected a file, got a folder");
  File file(std::fopen(path.c_str(), mode));
  if (!file) return NotFound(path, ": ", std::strerror(errno));
  return file;
}

}  // namespace

Status ReadInChunks(const std::string& path, const std::function<Status(std::span<const uint8_t>)>& feed) {
  ONEDGE_ASSIGN_OR_RETURN(const File file, Open(path, "rb"));
  std::vector<uint8_t> chunk(kChunk);
  while (const size_t size = std::fread(chunk.data(), 1, chunk.size(), file.get())) {
    ONEDGE_RETURN_IF_ERROR(feed({chunk.data(), size}));
  }
  if (std::ferror(file.get())) return Internal(path, ": ", std::strerror(errno));
  return OkStatus();
}

Result<std::vector<uint8_t>> ReadFile(const std::string& path) {
  std::vector<uint8_t> bytes;
  ONEDGE_RETURN_IF_ERROR(ReadInChunks(path, [&](std::span<const uint8_t> chunk) {
    bytes.insert(bytes.end(), chunk.begin(), chunk.end());
    return OkStatus();
  }));
  return bytes;
}

Status WriteFile(const std::string& path,
                 const std::function<Status(const std::function<Status(std::span<const uint8_t>)>& write)>& produce) {
  const std::string temporary = path + ".part";
  Status status;
  {
    ONEDGE_ASSIGN_OR_RETURN(File file, Open(temporary, "wb"));
    status = produce([&](std::span<const uint8_t> bytes) {
      if (std::fwrite(bytes.data(), 1, bytes.size(), file.get()) == bytes.size()) return OkStatus();
      return Internal(temporary, ": ", std::strerror(errno));
    });
    if (status.ok() && std::fflush(file.get()) != 0) status = Internal(temporary, ": ", std::strerror(errno));
  }
  std::error_code error;
  if (status.ok()) {
    std::filesystem::rename(temporary, path, error);
    if (error) status = Internal(path, ": ", error.message());
  }
  if (!status.ok()) std::filesystem::remove(temporary, error);
  return status;
}

Result<std::shared_ptr<const api::Model>> LoadModel(const std::string& path, api::LoadOptions options) {
  std::error_code error;
  const uintmax_t size = std::filesystem::file_size(path, error);
  if (!error) options.total_bytes = size;
  const auto loader = api::ModelLoader::Create(options);
  Status status = ReadInChunks(path, [&](std::span<const uint8_t> chunk) { return loader->Feed(chunk); });
  if (status.code() == StatusCode::kNotFound) return status;
  if (!status.ok()) return std::move(status).WithContext(path);
  const auto parts = loader->ExternalFiles();
  if (!parts.ok()) return parts.status().WithContext(path);
  for (const api::ExternalFile& part : *parts) {
    const std::string beside = (std::filesystem::path(path).parent_path() / part.location).string();
    uint64_t offset = 0;
    ONEDGE_RETURN_IF_ERROR(ReadInChunks(beside, [&](std::span<const uint8_t> chunk) {
      const uint64_t begin = offset;
      offset += chunk.size();
      return loader->FeedExternal(part.location, begin, chunk);
    }));
  }
  auto model = loader->Finish();
  if (!model.ok()) return std::move(model).status().WithContext(path);
  return model;
}

Result<std::shared_ptr<const api::Model>> LoadModel(std::span<const uint8_t> onnx) {
  const auto loader = api::ModelLoader::Create({.total_bytes = onnx.size(), .digest = false});
  ONEDGE_RETURN_IF_ERROR(loader->Feed(onnx));
  return loader->Finish();
}

}  // namespace onedge::cli
