#include "io/uring_engine.h"

#include <algorithm>
#include <cassert>
#include <cerrno>
#include <cstring>
#include <iterator>

#include "io/tun.h"
#include "io/udp.h"

namespace wirebraid::io {

namespace {

constexpr unsigned kSubmissions = 256;
constexpr size_t kOutputs = 256;
constexpr unsigned kBuffersPerGroup = 32;
// More than all sources, outputs and buffers can complete at once, so the queue never overflows.
constexpr unsigned kCompletions = 4096;
// Each packet wakes all of them, but with one alone a burst would cost a turn per packet.
constexpr unsigned kSingleReads = 8;

constexpr uint16_t kDatagramGroup = 0;
constexpr uint16_t kPacketGroup = 1;

// What the kernel writes in front of a datagram (struct io_uring_recvmsg_out, then address and
// control messages). The address field is padded so that the control messages are aligned.
constexpr size_t kNameBytes = 32;
constexpr size_t kDatagramLead = sizeof(io_uring_recvmsg_out) + kNameBytes + kControlSize;
static_assert(kNameBytes >= sizeof(sockaddr_in6));
static_assert((sizeof(io_uring_recvmsg_out) + kNameBytes) % alignof(cmsghdr) == 0);
constexpr size_t kDatagramBuffer = kHeadroom + kIntakeBytes + kTailroom;
static_assert(kDatagramLead + kMaxSuperPacket - 28 <= kDatagramBuffer, "room for any datagram");

enum class Tag : uint8_t { source, output, cancel };

uint64_t make_user_data(Tag tag, size_t index) {
  return static_cast<uint64_t>(tag) << 32 | static_cast<uint32_t>(index);
}
Tag tag_of(uint64_t user_data) { return static_cast<Tag>(user_data >> 32); }
size_t index_of(uint64_t user_data) { return static_cast<uint32_t>(user_data); }

uint16_t buffer_of(uint32_t flags) {
  return static_cast<uint16_t>(flags >> IORING_CQE_BUFFER_SHIFT);
}

}  // namespace

EngineChoice make_uring_engine(Handler& handler, BufferPool& pool) {
  const UringFeatures features = probe_uring();
  if (!features.usable) return {nullptr, features.text};
  auto engine = std::make_unique<UringEngine>(handler, pool);
  if (const int error = engine->open(features)) {
    return {nullptr, std::string("io_uring cannot be set up: ") + std::strerror(error)};
  }
  return {std::move(engine), features.text};
}

UringEngine::UringEngine(Handler& handler, BufferPool& pool)
    // Both groups, and what is blocked.
    : EngineBase(handler, pool, size_t{3} * kBuffersPerGroup), outputs_(kOutputs) {
  for (size_t i = kOutputs; i-- > 0;) {
    // Nothing is to be allocated later, whichever of them gets the first long run.
    outputs_[i].run.reserve(kMaxSegments);
    outputs_[i].pieces.reserve(kMaxMerged);
    free_outputs_.push_back(static_cast<uint32_t>(i));
  }
  completions_.reserve(kCompletions);
}

int UringEngine::open(const UringFeatures& features) {
  multishot_read_ = features.multishot_read;
  if (const int error = ring_.open(kSubmissions, kCompletions)) return error;
  if (const int error = datagram_buffers_.open(ring_, kDatagramGroup, kBuffersPerGroup,
                                               intake_pool(), kHeadroom, kDatagramBuffer)) {
    return error;
  }
  return packet_buffers_.open(ring_, kPacketGroup, kBuffersPerGroup, intake_pool(), 0,
                              kIntakeBytes);
}

UringEngine::~UringEngine() {
  closing_ = true;
  for (size_t i = 0; i < sources_.size(); ++i) {
    if (sources_[i]) disarm(i);
  }
  if (!outputs_.empty()) wait_for_outputs(nullptr);
}

// --- Sources ---------------------------------------------------------------------------------

UringEngine::SourcePtr& UringEngine::add_source(Kind kind, int fd) {
  auto place = std::find(sources_.begin(), sources_.end(), nullptr);
  if (place == sources_.end()) place = sources_.insert(place, nullptr);
  *place = std::make_shared<Source>();
  (*place)->kind = kind;
  (*place)->fd = fd;
  return *place;
}

size_t UringEngine::find_source(Kind kind, int fd) const {
  const auto found = std::find_if(sources_.begin(), sources_.end(), [&](const auto& source) {
    return source && source->kind == kind && source->fd == fd;
  });
  return static_cast<size_t>(found - sources_.begin());
}

void UringEngine::remove_source(Kind kind, int fd) {
  const size_t index = find_source(kind, fd);
  if (index == sources_.size()) return;
  disarm(index);
  sources_[index].reset();
}

// Afterwards the kernel holds nothing of this source, and nothing that it said waits to be told.
void UringEngine::disarm(size_t index) {
  Source& source = *sources_[index];
  const uint64_t user_data = make_user_data(Tag::source, index);
  if (source.armed > 0) {
    io_uring_sqe* submission = ring_.next_submission();
    io_uring_prep_cancel64(submission, user_data, IORING_ASYNC_CANCEL_ALL);
    submission->user_data = make_user_data(Tag::cancel, 0);
  }
  while (source.armed > 0) {
    io_uring_submit_and_wait(ring_.get(), 1);
    reap();
  }
  const auto first = completions_.begin() + static_cast<ptrdiff_t>(next_completion_);
  const auto last = std::remove_if(first, completions_.end(), [&](const Completion& completion) {
    if (completion.user_data != user_data) return false;
    if ((completion.flags & IORING_CQE_F_BUFFER) != 0) {
      auto& buffers = source.kind == Kind::tun ? packet_buffers_ : datagram_buffers_;
      buffers.give_back(buffer_of(completion.flags));
    }
    return true;
  });
  completions_.erase(last, completions_.end());
}

void UringEngine::add_transport(UdpTransport& transport) {
  register_transport(transport);
  for (const int fd : {transport.fd_v4(), transport.fd_v6()}) {
    if (fd < 0) continue;
    auto& source = add_source(Kind::socket, fd);
    source->transport = &transport;
    source->layout.msg_namelen = kNameBytes;
    source->layout.msg_controllen = kControlSize;
  }
}

void UringEngine::remove_transport(UdpTransport& transport) {
  flush();
  for (const int fd : {transport.fd_v4(), transport.fd_v6()}) {
    if (fd >= 0) remove_source(Kind::socket, fd);
  }
  wait_for_outputs(&transport);
  unregister_transport(transport);
}

void UringEngine::set_tun(TunDevice& tun) {
  if (tun_fd_ >= 0) remove_source(Kind::tun, tun_fd_);
  register_tun(tun);
  tun_fd_ = tun.fd();
  // With O_NONBLOCK a read completes with EAGAIN instead of waiting.
  if (const auto error = tun.set_blocking(true)) throw std::system_error(error, "fcntl");
  add_source(Kind::tun, tun_fd_)->wanted = multishot_read_ ? 1 : kSingleReads;
}

void UringEngine::watch(int fd, uint32_t events, std::function<void(uint32_t)> ready) {
  unwatch(fd);
  auto& source = add_source(Kind::watch, fd);
  source->events = events;
  source->ready = std::move(ready);
}

void UringEngine::unwatch(int fd) { remove_source(Kind::watch, fd); }

void UringEngine::arm_all() {
  if (!datagram_buffers_.refill()) ++statistics_.pool_exhausted;
  if (!packet_buffers_.refill()) ++statistics_.pool_exhausted;
  for (size_t i = 0; i < sources_.size(); ++i) {
    if (sources_[i]) arm(i);
  }
}

void UringEngine::arm(size_t index) {
  Source& source = *sources_[index];
  for (; source.armed < source.wanted; ++source.armed) {
    auto* buffers = source.kind == Kind::tun ? &packet_buffers_ : &datagram_buffers_;
    if (source.kind != Kind::watch && buffers->available() == 0) return;
    io_uring_sqe* submission = ring_.next_submission();
    if (source.kind == Kind::watch) {
      io_uring_prep_poll_add(submission, source.fd, source.events);
    } else {
      if (source.kind == Kind::socket) {
        io_uring_prep_recvmsg_multishot(submission, source.fd, &source.layout, 0);
      } else if (multishot_read_) {
        io_uring_prep_rw(kReadMultishot, submission, source.fd, nullptr, 0, 0);
      } else {
        io_uring_prep_read(submission, source.fd, nullptr, static_cast<unsigned>(kIntakeBytes), 0);
      }
      submission->flags |= IOSQE_BUFFER_SELECT;
      submission->buf_group = buffers->group();
    }
    submission->user_data = make_user_data(Tag::source, index);
  }
}

bool UringEngine::starved() const {
  return blocked() || std::any_of(sources_.begin(), sources_.end(), [](const auto& source) {
           return source && source->armed == 0 && source->wanted > 0;
         });
}

// --- A turn ----------------------------------------------------------------------------------

void UringEngine::run_once(Time deadline) {
  const Turn turn(*this);
  take_blocked();
  // Outputs complete while they are submitted, so what is waited for is one event more than there
  // are of them. One that is tried again, or that the kernel still has, may end the wait too early.
  const size_t before = busy_outputs();
  prepare();
  const size_t outputs = before == 0 ? busy_outputs() : 0;
  arm_all();
  wait(starved() ? std::min(deadline, monotonic_now() + kStarvedRetry) : deadline, 1 + outputs);
  reap();
  for (size_t i = 0;
       i < kTurnLimit && taken() < kTurnLimit && next_completion_ < completions_.size(); ++i) {
    process(Completion(completions_[next_completion_++]));
  }
  if (next_completion_ == completions_.size()) {
    completions_.clear();
    next_completion_ = 0;
  }
  deliver_datagrams();
  deliver_packets();
  deliver_errors();
}

void UringEngine::wait(Time deadline, size_t events) {
  const bool more = next_completion_ < completions_.size();
  const Duration left = deadline == kNever   ? Duration::max()
                        : deadline <= Time{} ? Duration::zero()
                                             : deadline - monotonic_now();
  if (more || left <= Duration::zero()) {
    io_uring_submit_and_get_events(ring_.get());
    return;
  }
  using std::chrono::duration_cast;
  using std::chrono::nanoseconds;
  using std::chrono::seconds;
  __kernel_timespec timeout{};
  timeout.tv_sec = duration_cast<seconds>(left).count();
  timeout.tv_nsec = nanoseconds(left % seconds(1)).count();
  io_uring_cqe* completion = nullptr;
  io_uring_submit_and_wait_timeout(ring_.get(), &completion, static_cast<unsigned>(events),
                                   deadline == kNever ? nullptr : &timeout, nullptr);
}

// Takes everything out of the completion queue. What concerns the Handler waits in completions_:
// this is also called where no callback may be made.
void UringEngine::reap() {
  std::array<io_uring_cqe*, kBatch> batch{};
  unsigned count = 0;
  while ((count = io_uring_peek_batch_cqe(ring_.get(), batch.data(), batch.size())) > 0) {
    std::array<Completion, kBatch> copies{};
    for (unsigned i = 0; i < count; ++i) {
      copies[i] = {batch[i]->user_data, batch[i]->res, batch[i]->flags};
    }
    io_uring_cq_advance(ring_.get(), count);
    for (unsigned i = 0; i < count; ++i) {
      const size_t index = index_of(copies[i].user_data);
      switch (tag_of(copies[i].user_data)) {
        case Tag::output:
          finish_output(outputs_[index], copies[i].result);
          break;
        case Tag::source:
          if ((copies[i].flags & IORING_CQE_F_MORE) == 0) --sources_[index]->armed;
          completions_.push_back(copies[i]);
          break;
        case Tag::cancel:
          break;
      }
    }
  }
}

void UringEngine::process(const Completion& completion) {
  const SourcePtr source = sources_[index_of(completion.user_data)];
  switch (source->kind) {
    case Kind::socket:
      on_received(*source, completion);
      break;
    case Kind::tun:
      on_read(*source, completion);
      break;
    case Kind::watch:
      if (completion.result >= 0) {
        source->ready(static_cast<uint32_t>(completion.result));
      } else {
        source->wanted = 0;  // no such descriptor: asking again would only spin
      }
      break;
    case Kind::none:
      break;
  }
}

void UringEngine::on_received(Source& source, const Completion& completion) {
  Packet packet;
  if ((completion.flags & IORING_CQE_F_BUFFER) != 0) {
    packet = datagram_buffers_.take(buffer_of(completion.flags));
  }
  if (completion.result < 0) {
    if (is_socket_broken(-completion.result)) {
      source.wanted = 0;
      report_error(source.transport->id(), -completion.result);
    }
    return;
  }
  if (!packet) return;
  io_uring_recvmsg_out* out =
      io_uring_recvmsg_validate(packet.data(), completion.result, &source.layout);
  if (out == nullptr) return;
  msghdr header{};
  header.msg_name = io_uring_recvmsg_name(out);
  header.msg_namelen = std::min<socklen_t>(out->namelen, kNameBytes);
  header.msg_control = static_cast<uint8_t*>(header.msg_name) + kNameBytes;
  header.msg_controllen = std::min<size_t>(out->controllen, kControlSize);
  const size_t size = io_uring_recvmsg_payload_length(out, completion.result, &source.layout);
  Datagram run;
  const size_t segment = read_message(header, run);
  packet.remove_prefix(kDatagramLead);
  packet.resize(size);
  run.bytes = std::move(packet);
  take_run(*source.transport, std::move(run), segment);
}

void UringEngine::on_read(Source& source, const Completion& completion) {
  Packet packet;
  if ((completion.flags & IORING_CQE_F_BUFFER) != 0) {
    packet = packet_buffers_.take(buffer_of(completion.flags));
  }
  if (completion.result < 0) {
    if (source.wanted == 0 || !is_tun_gone(-completion.result)) return;
    source.wanted = 0;
    deliver_packets();
    handler_.on_tun_gone();
    return;
  }
  if (!packet || completion.result == 0) return;
  packet.resize(static_cast<size_t>(completion.result));
  take_packet(std::move(packet));
}

// --- Outputs ---------------------------------------------------------------------------------

UringEngine::Output* UringEngine::free_output() {
  if (free_outputs_.empty()) return nullptr;
  Output& output = outputs_[free_outputs_.back()];
  free_outputs_.pop_back();
  output.busy = true;
  return &output;
}

void UringEngine::submit_output(Output& output) {
  io_uring_sqe* submission = ring_.next_submission();
  if (output.to_tun) {
    io_uring_prep_writev(submission, tun_fd_, output.parts.data(), output.part_count, 0);
  } else {
    io_uring_prep_sendmsg(submission, socket_for(output.run.front()), &output.message.header,
                          MSG_DONTWAIT | MSG_NOSIGNAL);
  }
  submission->user_data =
      make_user_data(Tag::output, static_cast<size_t>(&output - outputs_.data()));
}

// Outputs complete while they are submitted, so one round leaves at most those that are tried again
// without their source; the bound is for a TUN device that does not accept packets at the moment.
void UringEngine::submit() {
  for (int round = 0; round < 4 && io_uring_sq_ready(ring_.get()) > 0; ++round) {
    io_uring_submit(ring_.get());
    reap();
  }
}

void UringEngine::send_run(SendRuns::Run run) {
  Output* output = socket_for(run.front()) < 0 ? nullptr : free_output();
  if (output == nullptr) {
    statistics_.send_dropped += run.size();
    return;
  }
  output->to_tun = false;
  output->run.assign(std::make_move_iterator(run.begin()), std::make_move_iterator(run.end()));
  output->with_source =
      output->message.prepare(output->run, static_cast<bool>(output->run.front().source.address));
  submit_output(*output);
}

void UringEngine::flush_datagrams(std::span<const SendRuns::Run> runs) {
  for (const SendRuns::Run run : runs) send_run(run);
}

void UringEngine::flush_packets(std::span<Write> writes) {
  for (const Write& write : writes) {
    Output* output = tun_fd_ < 0 ? nullptr : free_output();
    if (output == nullptr) {
      statistics_.write_dropped += write.pieces.size();
      continue;
    }
    output->to_tun = true;
    output->header = write.header;
    output->pieces.assign(std::make_move_iterator(write.pieces.begin()),
                          std::make_move_iterator(write.pieces.end()));
    output->part_count =
        gather(std::span(output->header).first(write.header_size), output->pieces, output->parts);
    submit_output(*output);
  }
}

void UringEngine::finish_output(Output& output, int result) {
  if (output.to_tun) {
    (result >= 0 ? statistics_.packets_written : statistics_.write_dropped) += output.pieces.size();
  } else if (result >= 0) {
    statistics_.datagrams_sent += output.run.size();
  } else if (output.run.size() > 1 && !closing_ && is_run_refused(output.run, -result)) {
    for (Datagram& datagram : output.run) send_run({&datagram, 1});
  } else if (output.with_source && is_source_refused(-result) && !closing_) {
    output.with_source = output.message.prepare(output.run, false);
    submit_output(output);
    return;
  } else {
    statistics_.send_dropped += output.run.size();
    if (is_socket_broken(-result) && result != -EINVAL) {
      report_error(output.run.front().transport, -result);
    }
  }
  output.run.clear();
  output.pieces.clear();
  output.busy = false;
  free_outputs_.push_back(static_cast<uint32_t>(&output - outputs_.data()));
}

// For one transport, or for all and the TUN device too.
void UringEngine::wait_for_outputs(const UdpTransport* transport) {
  for (size_t i = 0; i < outputs_.size(); ++i) {
    Output& output = outputs_[i];
    const auto concerned = [&] {
      return output.busy && (transport == nullptr ||
                             (!output.to_tun && output.run.front().transport == transport->id()));
    };
    if (!concerned()) continue;
    io_uring_sqe* submission = ring_.next_submission();
    io_uring_prep_cancel64(submission, make_user_data(Tag::output, i), 0);
    submission->user_data = make_user_data(Tag::cancel, 0);
    while (concerned()) {
      io_uring_submit_and_wait(ring_.get(), 1);
      reap();
    }
  }
}

}  // namespace wirebraid::io
