// HannWindow, HammingWindow, BlackmanWindow and MelWeightMatrix (ai.onnx 17): factors that audio front ends apply to
// frames and spectra.
#include <cmath>
#include <limits>

#include "ops/nn/fourier.h"
#include "ops/nn/real_tensors.h"

namespace onedge::ops {
namespace {

constexpr int64_t kLargest = int64_t{1} << 22;

// Writes doubles as any number type; integers are truncated toward zero. REQUIRES: the values fit.
Status StoreNumbers(const std::vector<double>& values, Tensor& out) {
  const auto store = [&]<typename T>(T) {
    for (size_t i = 0; i < values.size(); ++i) {
      ONEDGE_DCHECK(!std::is_integral_v<T> || (values[i] > static_cast<double>(std::numeric_limits<T>::min()) - 1 &&
                                               values[i] < static_cast<double>(std::numeric_limits<T>::max()) + 1));
      out.mutable_data<T>()[i] = static_cast<T>(values[i]);
    }
    return OkStatus();
  };
  switch (out.dtype()) {
    case DType::kFloat32:
      return store(float());
    case DType::kFloat64:
      return store(double());
    case DType::kInt8:
      return store(int8_t());
    case DType::kInt16:
      return store(int16_t());
    case DType::kInt32:
      return store(int32_t());
    case DType::kInt64:
      return store(int64_t());
    case DType::kUint8:
      return store(uint8_t());
    case DType::kUint16:
      return store(uint16_t());
    case DType::kUint32:
      return store(uint32_t());
    case DType::kUint64:
      return store(uint64_t());
    case DType::kFloat16:
      for (size_t i = 0; i < values.size(); ++i)
        out.mutable_data<Float16>()[i] = ToFloat16(static_cast<float>(values[i]));
      return OkStatus();
    case DType::kBfloat16:
      for (size_t i = 0; i < values.size(); ++i)
        out.mutable_data<Bfloat16>()[i] = ToBfloat16(static_cast<float>(values[i]));
      return OkStatus();
    default:
      return Unsupported("attribute 'output_datatype': expected a number type, got ", DTypeName(out.dtype()));
  }
}

// Sums of cosines: a0 - a1 cos(2 pi n / N) + a2 cos(4 pi n / N).
struct CosineWindow {
  double a0 = 0, a1 = 0, a2 = 0;
  DType dtype = DType::kFloat32;
  bool periodic = true;  // N is the size; otherwise size - 1

  static CosineWindow Parse(AttributeReader& attrs, double a0, double a1, double a2) {
    CosineWindow window{a0, a1, a2};
    window.dtype = attrs.Type("output_datatype", DType::kFloat32);
    window.periodic = attrs.Int("periodic", 1) != 0;
    return window;
  }

  static Status CheckSize(int64_t size) {
    if (size >= 0 && size < kLargest) return OkStatus();
    return InvalidArgument("input 0: expected a size in [0, 2^22), got ", size);
  }

  Status Infer(ShapeContext& ctx) const {
    ONEDGE_RETURN_IF_ERROR(ctx.RequireTensor(0));
    ONEDGE_ASSIGN_OR_RETURN(const auto size, ctx.InputInts(0));
    Dim dim;
    if (size && size->size() == 1) {
      ONEDGE_RETURN_IF_ERROR(CheckSize((*size)[0]));
      dim = Dim::Known((*size)[0]);
    }
    ctx.SetOutput(0, dtype, Dims{dim});
    return OkStatus();
  }

  // size: int32 or int64 [] -> window: [size]
  Status Run(OpContext& ctx) const {
    ONEDGE_RETURN_IF_ERROR(ctx.CheckTensors(1));
    ONEDGE_ASSIGN_OR_RETURN(const auto sizes, ctx.Input(0).ToInt64s("input 0"));
    if (sizes.size() != 1) return InvalidArgument("input 0: expected one size, got shape ", ctx.Input(0).shape());
    ONEDGE_RETURN_IF_ERROR(CheckSize(sizes[0]));
    ONEDGE_ASSIGN_OR_RETURN(Tensor * out, ctx.Output(0, dtype, {sizes[0]}));
    const size_t size = static_cast<size_t>(sizes[0]);
    const size_t turn = periodic ? size : size - 1;
    std::vector<double> values(size, 1.0);
    for (size_t n = 0; turn > 0 && n < size; ++n) {
      values[n] = a0 - a1 * UnitRoot(n, turn).re + a2 * UnitRoot(2 * n, turn).re;
    }
    return StoreNumbers(values, *out);
  }
};

}  // namespace

struct HannWindow final : Op {
  CosineWindow window;
  Status InferShapes(ShapeContext& ctx) const override { return window.Infer(ctx); }
  Status Run(OpContext& ctx) const override { return window.Run(ctx); }
};
struct HammingWindow final : Op {
  CosineWindow window;
  Status InferShapes(ShapeContext& ctx) const override { return window.Infer(ctx); }
  Status Run(OpContext& ctx) const override { return window.Run(ctx); }
};
struct BlackmanWindow final : Op {
  CosineWindow window;
  Status InferShapes(ShapeContext& ctx) const override { return window.Infer(ctx); }
  Status Run(OpContext& ctx) const override { return window.Run(ctx); }
};

struct MelWeightMatrix final : Op {
  DType dtype = DType::kFloat32;

  Status InferShapes(ShapeContext& ctx) const override {
    for (size_t i = 0; i < 5; ++i) ONEDGE_RETURN_IF_ERROR(ctx.RequireTensor(i));
    ONEDGE_ASSIGN_OR_RETURN(const auto bins, ctx.InputInts(0));
    ONEDGE_ASSIGN_OR_RETURN(const auto length, ctx.InputInts(1));
    Dims out(2, Dim::Unknown());
    if (bins && bins->size() == 1 && (*bins)[0] >= 0) out[1] = Dim::Known((*bins)[0]);
    if (length && length->size() == 1 && (*length)[0] >= 0) out[0] = Dim::Known((*length)[0] / 2 + 1);
    ctx.SetOutput(0, dtype, out);
    return OkStatus();
  }

  // num_mel_bins, dft_length, sample_rate: int [], lower_edge_hertz, upper_edge_hertz: float []
  // -> weights: [dft_length / 2 + 1, num_mel_bins], triangles that overlap by half
  Status Run(OpContext& ctx) const override {
    ONEDGE_RETURN_IF_ERROR(ctx.CheckTensors(5));
    int64_t ints[3];
    for (size_t i = 0; i < 3; ++i) {
      ONEDGE_ASSIGN_OR_RETURN(const auto values, ctx.Input(i).ToInt64s(StrCat("input ", i)));
      if (values.size() != 1 || values[0] < 1 || values[0] >= kLargest) {
        return InvalidArgument("input ", i, ": expected one number in [1, 2^22)");
      }
      ints[i] = values[0];
    }
    double edges[2];
    for (size_t i = 0; i < 2; ++i) {
      ONEDGE_ASSIGN_OR_RETURN(const Tensor edge, ConvertReal(ctx.Input(3 + i), DType::kFloat64, ctx.budget()));
      if (edge.element_count() != 1 || !(edge.data<double>()[0] >= 0) || !(edge.data<double>()[0] < 1e12)) {
        return InvalidArgument("input ", 3 + i, ": expected one frequency in Hz");
      }
      edges[i] = edge.data<double>()[0];
    }
    const int64_t bins = ints[0], length = ints[1], rate = ints[2];
    const int64_t rows = length / 2 + 1;
    if (rows * bins > int64_t{1} << 26)
      return ResourceExhausted("a mel matrix of ", rows, " by ", bins, " is too large");
    ONEDGE_ASSIGN_OR_RETURN(Tensor * out, ctx.Output(0, dtype, {rows, bins}));
    const double low = 2595 * std::log10(1 + edges[0] / 700);
    const double high = 2595 * std::log10(1 + edges[1] / 700);
    const double step = (high - low) / static_cast<double>(bins + 2);
    const auto bin_of = [&](int64_t i) {
      const double hertz = 700 * (std::pow(10, (static_cast<double>(i) * step + low) / 2595) - 1);
      const double bin = std::floor(static_cast<double>(length + 1) * hertz / static_cast<double>(rate));
      return static_cast<int64_t>(std::min(1e15, std::max(0.0, bin)));
    };
    std::vector<double> values(static_cast<size_t>(rows * bins));
    for (int64_t i = 0; i < bins; ++i) {
      const int64_t left = bin_of(i), center = bin_of(i + 1), right = bin_of(i + 2);
      if (center == left && center < rows) values[static_cast<size_t>(center * bins + i)] = 1;
      for (int64_t j = left; center > left && j <= center && j < rows; ++j) {
        values[static_cast<size_t>(j * bins + i)] = static_cast<double>(j - left) / static_cast<double>(center - left);
      }
      for (int64_t j = center; right > center && j < right && j < rows; ++j) {
        values[static_cast<size_t>(j * bins + i)] =
            static_cast<double>(right - j) / static_cast<double>(right - center);
      }
    }
    return StoreNumbers(values, *out);
  }
};

template <>
Result<OpPtr> Parse<HannWindow>(AttributeReader& attrs) {
  auto op = std::make_unique<HannWindow>();
  op->window = CosineWindow::Parse(attrs, 0.5, 0.5, 0);
  return OpPtr(std::move(op));
}

template <>
Result<OpPtr> Parse<HammingWindow>(AttributeReader& attrs) {
  auto op = std::make_unique<HammingWindow>();
  op->window = CosineWindow::Parse(attrs, 25.0 / 46, 1 - 25.0 / 46, 0);
  return OpPtr(std::move(op));
}

template <>
Result<OpPtr> Parse<BlackmanWindow>(AttributeReader& attrs) {
  auto op = std::make_unique<BlackmanWindow>();
  op->window = CosineWindow::Parse(attrs, 0.42, 0.5, 0.08);
  return OpPtr(std::move(op));
}

template <>
Result<OpPtr> Parse<MelWeightMatrix>(AttributeReader& attrs) {
  auto op = std::make_unique<MelWeightMatrix>();
  op->dtype = attrs.Type("output_datatype", DType::kFloat32);
  return OpPtr(std::move(op));
}

}  // namespace onedge::ops
