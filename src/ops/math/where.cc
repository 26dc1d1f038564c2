// Where (ai.onnx 9, 16): elements of x if the condition is true, otherwise of y, with broadcasting. Any dtype.
#include <type_traits>

#include "ops/math/elementwise.h"

namespace onedge::ops {
namespace {

// T: an unsigned integer of the elements' width, or a struct of two.
template <typename T>
void SelectRows(ThreadPool* pool, const BroadcastPlan& plan, const uint8_t* condition, const T* x, const T* y, T* out) {
  const int64_t steps[] = {plan.vector(0), plan.vector(1), plan.vector(2)};
  ForEachRow(pool, plan, [&](const int64_t* offsets, int64_t to, int64_t count) {
    const uint8_t* c = condition + offsets[0];
    const T* from_x = x + offsets[1];
    const T* from_y = y + offsets[2];
    if (!plan.vector(0)) {  // the whole row comes from one side
      const bool yes = *c != 0;
      const T* from = yes ? from_x : from_y;
      const int64_t step = steps[yes ? 1 : 2];
      for (int64_t i = 0; i < count; ++i) out[to + i] = from[i * step];
      return;
    }
    if constexpr (std::is_trivially_copyable_v<T>) {  // both sides are loaded, so that the compiler can vectorize
      const T one_x = *from_x, one_y = *from_y;
      T* target = out + to;
      if (steps[1] == 1 && steps[2] == 1) {
        for (int64_t i = 0; i < count; ++i) {
          const T a = from_x[i], b = from_y[i];
          target[i] = c[i] ? a : b;
        }
        return;
      }
      if (steps[1] == 1 && steps[2] == 0) {
        for (int64_t i = 0; i < count; ++i) {
          const T a = from_x[i];
          target[i] = c[i] ? a : one_y;
        }
        return;
      }
      if (steps[1] == 0 && steps[2] == 1) {
        for (int64_t i = 0; i < count; ++i) {
          const T b = from_y[i];
          target[i] = c[i] ? one_x : b;
        }
        return;
      }
    }
    for (int64_t i = 0; i < count; ++i) out[to + i] = c[i] ? from_x[i * steps[1]] : from_y[i * steps[2]];
  });
}

struct Wide {
  uint64_t halves[2];
};

}  // namespace

struct Where final : Op {
  Status InferShapes(ShapeContext& ctx) const override {
    for (size_t i = 0; i < 3; ++i) ONEDGE_RETURN_IF_ERROR(ctx.RequireTensor(i));
    if (ctx.InputDType(0) != DType::kUndefined && ctx.InputDType(0) != DType::kBool) {
      return InvalidArgument("input 0 (condition): expected bool, got ", DTypeName(ctx.InputDType(0)));
    }
    const DType x = ctx.InputDType(1);
    const DType y = ctx.InputDType(2);
    if (x != DType::kUndefined && y != DType::kUndefined && x != y) {
      return InvalidArgument("inputs 1 and 2: expected one dtype, got ", DTypeName(x), " and ", DTypeName(y));
    }
    return InferBroadcast(ctx, x != DType::kUndefined ? x : y);
  }

  // condition: bool; x, y: any of one dtype -> their broadcast
  Status Run(OpContext& ctx) const override {
    ONEDGE_RETURN_IF_ERROR(ctx.CheckTensors(3));
    const Tensor& condition = ctx.Input(0);
    const Tensor& x = ctx.Input(1);
    const Tensor& y = ctx.Input(2);
    if (condition.dtype() != DType::kBool) {
      return InvalidArgument("input 0 (condition): expected bool, got ", condition.ToString());
    }
    if (x.dtype() != y.dtype()) {
      return InvalidArgument("inputs 1 and 2: expected one dtype, got ", x.ToString(), " and ", y.ToString());
    }
    const Shape* shapes[] = {&condition.shape(), &x.shape(), &y.shape()};
    ONEDGE_ASSIGN_OR_RETURN(const Shape shape, BroadcastAll(shapes));
    const size_t bits = DTypeBits(x.dtype());
    if (bits < 8 && x.dtype() != DType::kString) return UnsupportedDType(1, x.dtype());
    ONEDGE_ASSIGN_OR_RETURN(Tensor* const out, ctx.Output(0, x.dtype(), shape));
    const BroadcastPlan plan = PlanBroadcast(shape, shapes);
    const auto select = [&]<typename T>(T) {
      SelectRows(ctx.threads(), plan, condition.bytes(), x.data<T>(), y.data<T>(), out->mutable_data<T>());
    };
    if (x.dtype() == DType::kString) {
      SelectRows(ctx.threads(), plan, condition.bytes(), x.strings().data(), y.strings().data(),
                 out->mutable_strings().data());
    } else if (bits == 8) {
      select(uint8_t{});
    } else if (bits == 16) {
      select(uint16_t{});
    } else if (bits == 32) {
      select(uint32_t{});
    } else if (bits == 64) {
      select(uint64_t{});
    } else {
      select(Wide{});
    }
    return OkStatus();
  }
};

template <>
Result<OpPtr> Parse<Where>(AttributeReader&) {
  return OpPtr(std::make_unique<Where>());
}

}  // namespace onedge::ops
