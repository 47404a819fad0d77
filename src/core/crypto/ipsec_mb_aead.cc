// The library's job interface, one job at a time: its functions for ChaCha20-Poly1305 work on one
// packet anyway, so a job is complete when it has been submitted, and bursts of them gain nothing.
// The functions for single packets without a manager (init, update, finalize) take a quarter
// longer.
#include <intel-ipsec-mb.h>

#include <algorithm>
#include <cstdlib>

#include "core/crypto/aead_backends.h"
#include "core/crypto/counter_nonce.h"
#include "core/crypto/secret.h"

namespace wirebraid::crypto {

namespace {

struct FreeManager {
  void operator()(IMB_MGR* manager) const { free_mb_mgr(manager); }
};

class IpsecMbAead final : public Aead {
 public:
  IpsecMbAead(IMB_MGR& manager, AeadKey key) : manager_(manager) {
    std::copy(key.begin(), key.end(), key_.begin());
  }

  void seal(ConstByteSpan plaintext, uint64_t counter, uint8_t* out) override {
    run(IMB_DIR_ENCRYPT, plaintext, counter, out, out + plaintext.size());
  }

  bool open(ByteSpan sealed, uint64_t counter) override {
    if (sealed.size() < kTagSize) return false;
    const size_t size = sealed.size() - kTagSize;
    std::array<uint8_t, kTagSize> tag;
    run(IMB_DIR_DECRYPT, sealed.first(size), counter, sealed.data(), tag.data());
    const bool authentic = detail::equal_constant_time(tag, sealed.subspan(size));
    if (!authentic) std::fill_n(sealed.data(), size, uint8_t{0});
    return authentic;
  }

 private:
  void run(IMB_CIPHER_DIRECTION direction, ConstByteSpan from, uint64_t counter, uint8_t* to,
           uint8_t* tag) {
    const auto nonce = counter_nonce(counter);
    IMB_JOB* job = IMB_GET_NEXT_JOB(&manager_);
    job->cipher_mode = IMB_CIPHER_CHACHA20_POLY1305;
    job->hash_alg = IMB_AUTH_CHACHA20_POLY1305;
    job->cipher_direction = direction;
    job->chain_order = direction == IMB_DIR_ENCRYPT ? IMB_ORDER_CIPHER_HASH : IMB_ORDER_HASH_CIPHER;
    job->enc_keys = key_.data();
    job->dec_keys = key_.data();
    job->key_len_in_bytes = kAeadKeySize;
    job->iv = nonce.data();
    job->iv_len_in_bytes = kNonceSize;
    job->u.CHACHA20_POLY1305.aad = nullptr;
    job->u.CHACHA20_POLY1305.aad_len_in_bytes = 0;
    job->src = from.data();
    job->dst = to;
    job->cipher_start_src_offset_in_bytes = 0;
    job->hash_start_src_offset_in_bytes = 0;
    job->msg_len_to_cipher_in_bytes = from.size();
    job->msg_len_to_hash_in_bytes = from.size();
    job->auth_tag_output = tag;
    job->auth_tag_output_len_in_bytes = kTagSize;
    // Checking the above would refuse an empty packet, and is the self-test's task.
    job = IMB_SUBMIT_JOB_NOCHECK(&manager_);
    if (job == nullptr) job = IMB_FLUSH_JOB(&manager_);
    // Cannot fail with these arguments. If it did, plaintext would be sent.
    if (job == nullptr || job->status != IMB_STATUS_COMPLETED) std::abort();
  }

  IMB_MGR& manager_;
  Secret<kAeadKeySize> key_;
};

class IpsecMbBackend final : public AeadBackend {
 public:
  IpsecMbBackend() : manager_(alloc_mb_mgr(0)) {
    if (manager_) init_mb_mgr_auto(manager_.get(), nullptr);
  }
  bool usable() const {
    return manager_ && imb_get_errno(manager_.get()) == 0 &&
           (manager_->features & IMB_FEATURE_SELF_TEST_PASS) != 0;
  }
  std::string_view name() const override { return "ipsec-mb"; }
  std::unique_ptr<Aead> create(AeadKey key) const override {
    return std::make_unique<IpsecMbAead>(*manager_, key);
  }

 private:
  std::unique_ptr<IMB_MGR, FreeManager> manager_;  // 200 kB, for all keys
};

}  // namespace

std::unique_ptr<AeadBackend> make_ipsec_mb_aead() {
  auto backend = std::make_unique<IpsecMbBackend>();
  if (!backend->usable()) return nullptr;
  return backend;
}

}  // namespace wirebraid::crypto
