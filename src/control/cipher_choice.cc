#include "control/cipher_choice.h"

#include <algorithm>
#include <array>
#include <chrono>

#include "control/config_text.h"

namespace wirebraid::control {

namespace {

constexpr size_t kPacketSize = 1420;  // a full one; that is where the time goes
constexpr int kPacketsPerRound = 32;  // so that the clock's microsecond is a few per cent at most
constexpr int kLeastRounds = 3;       // the first one finds cold caches and a sleepy processor
constexpr int kMostRounds = 200;
constexpr Duration kBudget = std::chrono::milliseconds(1);

/// Nanoseconds for sealing or opening one packet: the best round, since whatever disturbs a round
/// makes it longer.
int64_t cost_of(const crypto::AeadBackend& backend, const std::function<Time()>& clock) {
  constexpr std::array<uint8_t, crypto::kAeadKeySize> kKey{1, 2, 3};
  const auto aead = backend.create(kKey);
  const std::array<uint8_t, kPacketSize> plaintext{};
  std::array<uint8_t, kPacketSize + crypto::kTagSize> sealed;
  Duration best = Duration::max();
  uint64_t counter = 0;
  const Time start = clock();
  Time before = start;
  for (int round = 0; round < kMostRounds; ++round) {
    for (int i = 0; i < kPacketsPerRound; ++i) {
      aead->seal(plaintext, ++counter, sealed.data());
      if (!aead->open(sealed, counter)) return INT64_MAX;
    }
    const Time after = clock();
    best = std::min(best, after - before);
    if (round + 1 >= kLeastRounds && after - start >= kBudget) break;
    before = after;
  }
  return std::chrono::nanoseconds(best).count() / (2 * kPacketsPerRound);
}

struct Candidate {
  std::unique_ptr<crypto::AeadBackend> backend;
  int64_t cost = 0;  ///< ns
};

std::string comparison(const std::vector<Candidate>& by_cost) {
  std::string text;
  for (const Candidate& each : by_cost) {
    text += text.empty() ? "fastest: " : ", " + std::string(each.backend->name()) + " ";
    text += std::to_string(each.cost) + " ns";
    if (&each == by_cost.data()) text += " per packet";
  }
  return text;
}

}  // namespace

std::string cipher_problem(std::string_view name, const CipherBackends& backends) {
  std::string problem;
  std::string others = "auto";
  for (const auto& backend : backends) {
    if (crypto::passes_self_test(*backend)) {
      if (backend->name() == name) return "";
      others += " or " + std::string(backend->name());
    } else if (backend->name() == name) {
      problem = quoted(name) + " computes wrongly on this machine: it failed its self-test";
    }
  }
  if (problem.empty()) {
    problem = quoted(name) + " was not built into this program, or does not run on this processor";
  }
  return problem + "; " + others + " expected";
}

CipherChoice choose_cipher(const std::string& wanted, CipherBackends backends,
                           const std::function<Time()>& clock) {
  CipherChoice choice;
  choice.wanted = wanted;
  std::vector<Candidate> candidates;
  for (auto& backend : backends) {
    if (!wanted.empty()) {
      if (backend->name() == wanted) candidates.push_back({std::move(backend)});
    } else if (crypto::passes_self_test(*backend)) {
      candidates.push_back({std::move(backend)});
    } else {
      choice.warnings.push_back("cipher " + std::string(backend->name()) +
                                " computes wrongly on this machine: left out");
    }
  }
  if (!wanted.empty()) {
    choice.reason = "as configured";
  } else if (candidates.size() == 1) {
    choice.reason = "the only one here";
  } else {
    for (Candidate& each : candidates) each.cost = cost_of(*each.backend, clock);
    std::stable_sort(candidates.begin(), candidates.end(),
                     [](const Candidate& a, const Candidate& b) { return a.cost < b.cost; });
    choice.reason = comparison(candidates);
  }
  choice.backend = std::move(candidates.front().backend);
  return choice;
}

}  // namespace wirebraid::control
