// What a packet's encryption costs, by implementation and payload size, and what handshakes use.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <array>
#include <string>
#include <vector>

#include "core/crypto/blake2s.h"
#include "core/crypto/x25519.h"
#include "wirebraid/crypto/aead.h"

namespace wirebraid::crypto {
namespace {

constexpr std::array<uint8_t, kAeadKeySize> kKey{1, 2, 3};

void seal_payload(benchmark::State& state, std::string_view name) {
  const auto size = static_cast<size_t>(state.range(0));
  const auto backend = make_aead_backend(name);
  const auto aead = backend->create(kKey);
  const std::vector<uint8_t> plaintext(size, 7);
  std::vector<uint8_t> sealed(size + kTagSize);
  uint64_t counter = 0;
  for (auto _ : state) {
    aead->seal(plaintext, counter++, sealed.data());
    benchmark::DoNotOptimize(sealed.data());
  }
  state.SetBytesProcessed(state.iterations() * state.range(0));
}

void open_payload(benchmark::State& state, std::string_view name) {
  const auto size = static_cast<size_t>(state.range(0));
  const auto backend = make_aead_backend(name);
  const auto aead = backend->create(kKey);
  std::vector<uint8_t> sealed(size + kTagSize);
  aead->seal({sealed.data(), size}, 0, sealed.data());
  const std::vector<uint8_t> original = sealed;
  for (auto _ : state) {
    std::copy(original.begin(), original.end(), sealed.begin());  // opening is in place
    if (!aead->open(sealed, 0)) state.SkipWithError("does not open");
  }
  state.SetBytesProcessed(state.iterations() * state.range(0));
}

/// What a new session costs, twice.
void create_aead(benchmark::State& state, std::string_view name) {
  const auto backend = make_aead_backend(name);
  for (auto _ : state) benchmark::DoNotOptimize(backend->create(kKey));
}

// Which there are is known at run time only.
[[maybe_unused]] const bool kRegistered = [] {
  for (const std::string_view name : kAeadNames) {
    if (!make_aead_backend(name)) continue;
    const auto label = [&](const char* what) { return what + ("/" + std::string(name)); };
    for (const int64_t size : {64, 512, 1420, 9000}) {
      benchmark::RegisterBenchmark(label("seal_payload").c_str(), seal_payload, name)->Arg(size);
      benchmark::RegisterBenchmark(label("open_payload").c_str(), open_payload, name)->Arg(size);
    }
    benchmark::RegisterBenchmark(label("create_aead").c_str(), create_aead, name);
  }
  return true;
}();

void blake2s_block(benchmark::State& state) {
  const std::array<uint8_t, 64> input{};
  for (auto _ : state) benchmark::DoNotOptimize(blake2s({input}));
}
BENCHMARK(blake2s_block);

void x25519_product(benchmark::State& state) {
  PrivateKey scalar(kKey);
  const PublicKey point = public_key_of(scalar);
  SharedSecret out;
  for (auto _ : state) benchmark::DoNotOptimize(x25519(scalar, point, out));
}
BENCHMARK(x25519_product);

}  // namespace
}  // namespace wirebraid::crypto
