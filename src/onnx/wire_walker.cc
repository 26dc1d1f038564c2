#include "onnx/wire_walker.h"

#include <algorithm>

namespace onedge::onnx {

WireWalker::WireWalker(Handler* handler, MemoryBudget* budget, uint64_t total_bytes)
    : handler_(handler), budget_(budget), total_known_(total_bytes != UINT64_MAX), ends_{total_bytes} {}

Status WireWalker::Feed(std::span<const uint8_t> bytes) {
  while (!bytes.empty()) {
    if (left_in_message() == 0 && state_ != State::kPayload) {
      return CorruptFile(ends_.size() == 1 ? "more bytes follow the announced end of the file"
                                           : "a field runs past the end of its message",
                         " (byte ", offset_, ")");
    }
    if (Status status = Step(bytes); !status.ok()) {
      return Status(status.code(), StrCat(status.message(), " (byte ", offset_, ")"))
          .WithNode(status.node(), status.op());
    }
  }
  return OkStatus();
}

Status WireWalker::Finish() const {
  if (state_ == State::kTag && number_bits_ == 0 && ends_.size() == 1) {
    if (total_known_ && left_in_message() > 0) {
      return CorruptFile("the file ends after ", offset_, " bytes; ", left_in_message(), " more were announced");
    }
    return OkStatus();
  }
  const uint64_t missing = std::max(payload_left_, ends_.size() > 1 ? left_in_message() : uint64_t{0});
  return CorruptFile("the file is cut off after ", offset_, " bytes, inside field ", field_,
                     missing > 0 ? StrCat(", with at least ", missing, " bytes missing") : "", "; download it again");
}

Result<bool> WireWalker::TakeVarint(std::span<const uint8_t>& bytes) {
  const uint8_t byte = bytes.front();
  if (number_bits_ == 63 && byte > 1) return CorruptFile("a number is longer than 64 bits");
  number_ |= static_cast<uint64_t>(byte & 0x7f) << number_bits_;
  number_bits_ += 7;
  bytes = bytes.subspan(1);
  ++offset_;
  return byte < 0x80;
}

Status WireWalker::Step(std::span<const uint8_t>& bytes) {
  switch (state_) {
    case State::kTag: {
      ONEDGE_ASSIGN_OR_RETURN(const bool complete, TakeVarint(bytes));
      if (!complete) return OkStatus();
      ONEDGE_RETURN_IF_ERROR(CheckTag(number_));
      field_ = static_cast<uint32_t>(number_ >> 3);
      type_ = static_cast<WireType>(number_ & 7);
      number_ = 0;
      number_bits_ = 0;
      state_ = type_ == WireType::kVarint ? State::kVarint : type_ == WireType::kBytes ? State::kLength : State::kFixed;
      return OkStatus();
    }
    case State::kVarint: {
      ONEDGE_ASSIGN_OR_RETURN(const bool complete, TakeVarint(bytes));
      if (!complete) return OkStatus();
      break;
    }
    case State::kFixed: {
      number_ |= static_cast<uint64_t>(bytes.front()) << number_bits_;
      number_bits_ += 8;
      bytes = bytes.subspan(1);
      ++offset_;
      if (number_bits_ < (type_ == WireType::kFixed32 ? 32u : 64u)) return OkStatus();
      break;
    }
    case State::kLength: {
      ONEDGE_ASSIGN_OR_RETURN(const bool complete, TakeVarint(bytes));
      return complete ? BeginPayload() : OkStatus();
    }
    case State::kPayload:
      return TakePayload(bytes);
  }
  const uint64_t value = number_;
  number_ = 0;
  number_bits_ = 0;
  state_ = State::kTag;
  ONEDGE_RETURN_IF_ERROR(handler_->OnScalar(field_, type_, value));
  return CloseMessages();
}

Status WireWalker::BeginPayload() {
  payload_left_ = number_;
  number_ = 0;
  number_bits_ = 0;
  state_ = State::kTag;
  if (payload_left_ > left_in_message()) {
    return CorruptFile("field ", field_, " claims ", payload_left_, " bytes where ", left_in_message(), " are left");
  }
  ONEDGE_ASSIGN_OR_RETURN(action_, handler_->OnBegin(field_, payload_left_));
  if (action_ == Action::kEnter) {
    ends_.push_back(offset_ + payload_left_);
    payload_left_ = 0;
    return CloseMessages();
  }
  if (action_ == Action::kCollect) collected_.Reset(budget_, payload_left_, total_known_);
  state_ = State::kPayload;
  std::span<const uint8_t> none;
  return payload_left_ == 0 ? TakePayload(none) : OkStatus();
}

Status WireWalker::TakePayload(std::span<const uint8_t>& bytes) {
  const size_t size = static_cast<size_t>(std::min<uint64_t>(payload_left_, bytes.size()));
  const std::span<const uint8_t> piece = bytes.first(size);
  // A field that arrived in one piece needs no copy.
  const bool whole = action_ == Action::kCollect && size == payload_left_ && collected_.size() == 0;
  if (action_ == Action::kCollect && !whole) ONEDGE_RETURN_IF_ERROR(collected_.Append(piece));
  if (action_ == Action::kStream && size > 0) ONEDGE_RETURN_IF_ERROR(handler_->OnPiece(piece));
  bytes = bytes.subspan(size);
  offset_ += size;
  payload_left_ -= size;
  if (payload_left_ > 0) return OkStatus();
  state_ = State::kTag;
  if (action_ == Action::kStream) ONEDGE_RETURN_IF_ERROR(handler_->OnStreamEnd());
  if (action_ == Action::kCollect) {
    ONEDGE_RETURN_IF_ERROR(handler_->OnWhole(field_, whole ? piece : collected_.bytes()));
    collected_.Reset(budget_, 0, false);
  }
  return CloseMessages();
}

Status WireWalker::CloseMessages() {
  while (ends_.size() > 1 && left_in_message() == 0) {
    ends_.pop_back();
    ONEDGE_RETURN_IF_ERROR(handler_->OnMessageEnd());
  }
  return OkStatus();
}

}  // namespace onedge::onnx
