#include "io/uring_probe.h"

#include <poll.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "io/descriptor.h"
#include "io/uring_ring.h"

namespace wirebraid::io {

namespace {

constexpr size_t kBufferBytes = 512;
constexpr unsigned kBuffers = 4;
// Everything below completes at once; a kernel in which it does not counts as one that cannot.
constexpr __kernel_timespec kPatience = {1, 0};

enum Tag : uint64_t { tag_receive = 1, tag_read, tag_send, tag_write, tag_poll, tag_cancel };

class Probe {
 public:
  UringFeatures run();

 private:
  bool fail(const std::string& step, int error);
  bool open_sockets();
  /// Waits for the completion of `tag`; others are thrown away. 0 or an errno; `last_` has it.
  int await(Tag tag);
  bool receive_and_send();
  bool read_and_write();
  bool multishot_read();
  bool poll();
  bool cancel(Tag tag);
  bool time_out();

  BufferPool pool_{kBufferBytes, kBuffers};
  Ring ring_;
  ProvidedBuffers buffers_;
  Descriptor left_;
  Descriptor right_;
  struct {
    uint64_t user_data;
    int result;
    uint32_t flags;
  } last_{};
  UringFeatures features_;
};

bool Probe::fail(const std::string& step, int error) {
  const std::string cause = step + ": " + std::strerror(error);
  const bool forbidden = error == EPERM || error == EACCES;
  if (forbidden) {
    features_.text = "io_uring is forbidden here (" + cause + ")";
  } else if (error == ENOSYS) {
    features_.text = "this kernel has no io_uring (" + cause + ")";
  } else {
    features_.text = "io_uring lacks what is needed (" + cause + ")";
  }
  return false;
}

bool Probe::open_sockets() {
  std::array<int, 2> pair{};
  if (socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0, pair.data()) != 0) {
    return fail("socketpair", errno);
  }
  left_ = Descriptor(pair[0]);
  right_ = Descriptor(pair[1]);
  return true;
}

int Probe::await(Tag tag) {
  for (int i = 0; i < 8; ++i) {
    io_uring_cqe* completion = nullptr;
    auto patience = kPatience;
    const int result =
        io_uring_submit_and_wait_timeout(ring_.get(), &completion, 1, &patience, nullptr);
    if (result < 0 && result != -EINTR) return -result;
    if (completion == nullptr) continue;
    last_ = {completion->user_data, completion->res, completion->flags};
    io_uring_cqe_seen(ring_.get(), completion);
    if (last_.user_data == tag) return last_.result < 0 ? -last_.result : 0;
  }
  return ETIME;
}

bool Probe::receive_and_send() {
  msghdr layout{};
  layout.msg_namelen = sizeof(sockaddr_storage);
  auto* submission = ring_.next_submission();
  io_uring_prep_recvmsg_multishot(submission, left_.get(), &layout, 0);
  submission->flags |= IOSQE_BUFFER_SELECT;
  submission->buf_group = buffers_.group();
  submission->user_data = tag_receive;

  char text[] = "probe";
  iovec payload{text, sizeof text};
  msghdr message{};
  message.msg_iov = &payload;
  message.msg_iovlen = 1;
  submission = ring_.next_submission();
  io_uring_prep_sendmsg(submission, right_.get(), &message, MSG_DONTWAIT | MSG_NOSIGNAL);
  submission->user_data = tag_send;

  if (const int error = await(tag_receive)) return fail("multishot recvmsg", error);
  if ((last_.flags & IORING_CQE_F_BUFFER) == 0 || (last_.flags & IORING_CQE_F_MORE) == 0) {
    return fail("multishot recvmsg", EOPNOTSUPP);
  }
  buffers_.give_back(static_cast<uint16_t>(last_.flags >> IORING_CQE_BUFFER_SHIFT));
  return cancel(tag_receive);
}

bool Probe::read_and_write() {
  auto* submission = ring_.next_submission();
  io_uring_prep_read(submission, left_.get(), nullptr, kBufferBytes, 0);
  submission->flags |= IOSQE_BUFFER_SELECT;
  submission->buf_group = buffers_.group();
  submission->user_data = tag_read;
  submission = ring_.next_submission();
  io_uring_prep_write(submission, right_.get(), "x", 1, 0);
  submission->user_data = tag_write;
  if (const int error = await(tag_read)) return fail("read and write", error);
  buffers_.give_back(static_cast<uint16_t>(last_.flags >> IORING_CQE_BUFFER_SHIFT));
  return true;
}

bool Probe::multishot_read() {
  if (!ring_.knows(kReadMultishot)) return false;
  auto* submission = ring_.next_submission();
  io_uring_prep_rw(kReadMultishot, submission, left_.get(), nullptr, 0, 0);
  submission->flags |= IOSQE_BUFFER_SELECT;
  submission->buf_group = buffers_.group();
  submission->user_data = tag_read;
  submission = ring_.next_submission();
  io_uring_prep_write(submission, right_.get(), "x", 1, 0);
  submission->user_data = tag_write;
  if (await(tag_read) != 0) return false;
  const bool more = (last_.flags & IORING_CQE_F_MORE) != 0;
  buffers_.give_back(static_cast<uint16_t>(last_.flags >> IORING_CQE_BUFFER_SHIFT));
  return more && cancel(tag_read);
}

bool Probe::poll() {
  auto* submission = ring_.next_submission();
  io_uring_prep_poll_add(submission, left_.get(), POLLOUT);
  submission->user_data = tag_poll;
  if (const int error = await(tag_poll)) return fail("poll", error);
  return true;
}

bool Probe::cancel(Tag tag) {
  auto* submission = ring_.next_submission();
  io_uring_prep_cancel64(submission, tag, IORING_ASYNC_CANCEL_ALL);
  submission->user_data = tag_cancel;
  if (const int error = await(tag); error != ECANCELED) {
    return fail("cancel", error == 0 ? EOPNOTSUPP : error);
  }
  return true;
}

bool Probe::time_out() {
  // What is left over from above may still be in the queue.
  for (int i = 0; i < 8; ++i) {
    io_uring_cqe* completion = nullptr;
    __kernel_timespec soon = {0, 1000};
    const int result =
        io_uring_submit_and_wait_timeout(ring_.get(), &completion, 1, &soon, nullptr);
    if (result == -ETIME) return true;
    if (result < 0 && result != -EINTR) return fail("timeout", -result);
    if (completion != nullptr) io_uring_cqe_seen(ring_.get(), completion);
  }
  return fail("timeout", EOPNOTSUPP);
}

UringFeatures Probe::run() {
  if (const int error = ring_.open(8, 16)) {
    fail("io_uring_setup", error);
    return features_;
  }
  if (const int error = buffers_.open(ring_, 0, kBuffers, pool_, 0, kBufferBytes)) {
    fail("provided buffer ring", error);
    return features_;
  }
  buffers_.refill();
  if (!open_sockets() || !receive_and_send() || !read_and_write() || !poll() || !time_out()) {
    return features_;
  }
  features_.usable = true;
  features_.multishot_read = multishot_read();
  features_.text = std::string(ring_.deferred() ? "deferred" : "cooperative") +
                   " completions, multishot recvmsg, " +
                   (features_.multishot_read ? "multishot" : "single") + " reads";
  return features_;
}

}  // namespace

UringFeatures probe_uring() {
  Probe probe;
  return probe.run();
}

}  // namespace wirebraid::io
