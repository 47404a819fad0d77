#include "core/bond/frame.h"

#include <algorithm>

namespace wirebraid {

namespace {
constexpr uint8_t kKindMask = 0x3;
constexpr uint16_t kGone = 0x1;
constexpr uint8_t kFlag = 0x4;  // HELLO: answer; DATA: resent; REPORT: answer requested

uint8_t first_byte(FrameKind kind, bool flag) {
  return static_cast<uint8_t>(kFrameNibble << 4 | static_cast<uint8_t>(kind) | (flag ? kFlag : 0));
}

bool has_kind(ConstByteSpan payload, FrameKind kind, size_t size) {
  return payload.size() >= size && frame_kind(payload) == kind;
}
}  // namespace

std::optional<FrameKind> frame_kind(ConstByteSpan payload) {
  if (!is_frame(payload)) return std::nullopt;
  return static_cast<FrameKind>(payload[0] & kKindMask);
}

bool Report::was_received(uint64_t counter) const {
  if (counter == highest_counter) return true;
  if (counter > highest_counter) return false;
  const uint64_t bit = highest_counter - 1 - counter;
  return bit < bitmap_size * 8u && (bitmap[bit / 8] >> (bit % 8) & 1) != 0;
}

void write_hello(uint8_t* to, const Hello& hello) {
  to[0] = first_byte(FrameKind::hello, hello.answer);
  to[1] = hello.version;
  store_le<uint16_t>(to + 2, Hello::kSize);
  store_le(to + 4, hello.features);
  store_le(to + 8, hello.epoch);
  store_le(to + 16, hello.peer_epoch);
  store_le(to + 24, hello.first_sequence);
  store_le(to + 28, hello.receive_cap_kbps);
}

std::optional<Hello> read_hello(ConstByteSpan payload) {
  if (!has_kind(payload, FrameKind::hello, Hello::kSize)) return std::nullopt;
  const uint8_t* from = payload.data();
  if (load_le<uint16_t>(from + 2) < Hello::kSize) return std::nullopt;
  Hello hello;
  hello.answer = (from[0] & kFlag) != 0;
  hello.version = from[1];
  hello.features = load_le<uint32_t>(from + 4);
  hello.epoch = load_le<uint64_t>(from + 8);
  hello.peer_epoch = load_le<uint64_t>(from + 16);
  hello.first_sequence = load_le<uint32_t>(from + 24);
  hello.receive_cap_kbps = load_le<uint32_t>(from + 28);
  if (hello.version == 0 || hello.epoch == 0) return std::nullopt;
  return hello;
}

void write_data_header(uint8_t* to, const DataHeader& header) {
  to[0] = first_byte(FrameKind::data, header.resent);
  to[1] = header.traffic_class_id;
  store_le(to + 2, header.predecessor_delta);
  store_le(to + 4, header.sequence);
}

void mark_resent(uint8_t* header) { header[0] |= kFlag; }

std::optional<DataHeader> read_data_header(ConstByteSpan payload) {
  if (!has_kind(payload, FrameKind::data, DataHeader::kSize)) return std::nullopt;
  const uint8_t* from = payload.data();
  DataHeader header;
  header.resent = (from[0] & kFlag) != 0;
  header.traffic_class_id = from[1];
  header.predecessor_delta = load_le<uint16_t>(from + 2);
  header.sequence = load_le<uint32_t>(from + 4);
  return header;
}

void write_report(uint8_t* to, const Report& report) {
  to[0] = first_byte(FrameKind::report, report.answer_requested);
  to[1] = report.bitmap_size;
  store_le<uint16_t>(to + 2, report.gone ? kGone : 0);
  store_le(to + 4, report.session);
  store_le(to + 8, report.highest_counter);
  store_le(to + 16, report.packets);
  store_le(to + 20, report.received_at);
  store_le(to + 24, report.bytes);
  store_le(to + 32, report.hold);
  store_le(to + 36, report.cumulative);
  store_le(to + 40, report.next_sequence);
  std::copy_n(report.bitmap.begin(), report.bitmap_size, to + Report::kFixedSize);
}

void write_request(uint8_t* to, const Request& request) {
  to[0] = first_byte(FrameKind::request, false);
  to[1] = static_cast<uint8_t>(request.kind);
  store_le(to + 2, request.duration_ms);
}

std::optional<Request> read_request(ConstByteSpan payload) {
  if (!has_kind(payload, FrameKind::request, Request::kSize)) return std::nullopt;
  if (payload[1] != static_cast<uint8_t>(Request::Kind::fill)) return std::nullopt;
  return Request{Request::Kind::fill, load_le<uint16_t>(payload.data() + 2)};
}

std::optional<Report> read_report(ConstByteSpan payload) {
  if (!has_kind(payload, FrameKind::report, Report::kFixedSize)) return std::nullopt;
  const uint8_t* from = payload.data();
  Report report;
  report.answer_requested = (from[0] & kFlag) != 0;
  report.bitmap_size = from[1];
  if (report.bitmap_size > Report::kMaxBitmap || payload.size() < report.size()) {
    return std::nullopt;
  }
  report.gone = (load_le<uint16_t>(from + 2) & kGone) != 0;
  report.session = load_le<uint32_t>(from + 4);
  report.highest_counter = load_le<uint64_t>(from + 8);
  report.packets = load_le<uint32_t>(from + 16);
  report.received_at = load_le<uint32_t>(from + 20);
  report.bytes = load_le<uint64_t>(from + 24);
  report.hold = load_le<uint32_t>(from + 32);
  report.cumulative = load_le<uint32_t>(from + 36);
  report.next_sequence = load_le<uint32_t>(from + 40);
  std::copy_n(from + Report::kFixedSize, report.bitmap_size, report.bitmap.begin());
  return report;
}

}  // namespace wirebraid
