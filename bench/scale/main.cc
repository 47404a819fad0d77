// wirebraid-scale: what many sessions cost a server.
// Exit status: 0 all figures are as promised, 1 some are not, 2 something could not be measured.
#include <boost/program_options.hpp>
#include <cstdio>
#include <iostream>
#include <memory>
#include <stdexcept>
#include <string>

#include "bench/scale/measure.h"
#include "bench/support/output.h"
#include "bench/support/program.h"
#include "wirebraid/crypto/aead.h"

namespace wirebraid::scale {
namespace {

namespace po = boost::program_options;

constexpr double kMostBytes = 2048;
constexpr double kMostIdle = 0.05;

struct Options {
  MeasureOptions measure;
  std::string cipher;
  bool help = false;
};

Options parse(int argc, char** argv) {
  Options options;
  double idle_seconds = 0;
  double active_seconds = 0;
  po::options_description description(
      "wirebraid-scale [OPTIONS]: what many sessions cost a server");
  auto add = description.add_options();
  add("help,h", "this text");
  add("gateways", po::value(&options.measure.world.gateways)->default_value(10'000), "how many");
  add("uplinks", po::value(&options.measure.world.uplinks)->default_value(3), "of each");
  add("active", po::value(&options.measure.active_share)->default_value(0.01),
      "share of gateways that download for some time");
  add("rate", po::value(&options.measure.active_rate)->default_value(1'000'000),
      "bits per second of each download");
  add("idle-seconds", po::value(&idle_seconds)->default_value(250), "of virtual time");
  add("active-seconds", po::value(&active_seconds)->default_value(20), "of virtual time");
  add("receive-buffer",
      po::value(&options.measure.world.receive_buffer)
          ->default_value(options.measure.world.receive_buffer),
      "datagrams that the server's socket holds");
  add("cipher", po::value(&options.cipher)->default_value("libsodium"),
      "of the server, as Cipher in its configuration");
  po::variables_map given;
  po::store(po::parse_command_line(argc, argv, description), given);
  po::notify(given);
  options.help = given.contains("help");
  if (options.measure.world.gateways < 1) throw std::runtime_error("--gateways: at least 1");
  if (options.measure.world.uplinks < 1 || options.measure.world.uplinks > 16) {
    throw std::runtime_error("--uplinks: 1 to 16");
  }
  options.measure.idle_time = Duration(static_cast<int64_t>(1e6 * idle_seconds));
  options.measure.active_time = Duration(static_cast<int64_t>(1e6 * active_seconds));
  if (options.help) std::cout << description;
  return options;
}

const char* verdict(bool kept) { return kept ? "as promised" : "NOT as promised"; }

bool print(const Figures& figures) {
  const auto in_seconds = [](Duration time) { return std::chrono::duration<double>(time).count(); };
  const bool small = figures.bytes_per_session <= kMostBytes;
  const bool quiet = figures.idle_share < kMostIdle;
  std::printf("sessions                      %zu\n", figures.sessions);
  std::printf(
      "memory of an idle session     %.0f bytes, its share of the bond included (%s: %.0f)\n",
      figures.bytes_per_session, verdict(small), kMostBytes);
  std::printf("processor, all idle           %.2f %% of one (%s: below %.0f %%)\n",
              100 * figures.idle_share, verdict(quiet), 100 * kMostIdle);
  std::printf("processor, some active        %.2f %% of one, with %.1f Mbit/s\n",
              100 * figures.active_share, figures.active_bits_per_second / 1e6);
  std::printf("a handshake while all come    %.0f us of processor time, %.0f per second and core\n",
              figures.microseconds_per_handshake, 1e6 / figures.microseconds_per_handshake);
  std::printf(
      "after the server's restart    99 %% up after %.2f s, all after %.2f s, "
      "%llu datagrams lost in its receive buffer\n",
      in_seconds(figures.recovery.most), in_seconds(figures.recovery.all),
      static_cast<unsigned long long>(figures.recovery.datagrams_lost));
  return small && quiet;
}

int run(Options options) {
  const auto cipher = crypto::make_aead_backend(options.cipher);
  if (!cipher) throw std::runtime_error("--cipher: not built in, or not for this processor");
  options.measure.world.cipher = cipher.get();
  const Figures figures = measure(options.measure, bench::tell);
  bench::tell("");
  if (figures.recovery.all == Duration{}) throw std::runtime_error("not all sessions came back");
  return print(figures) ? bench::kGood : bench::kPoor;
}

}  // namespace
}  // namespace wirebraid::scale

int main(int argc, char** argv) {
  using namespace wirebraid;
  return bench::run_program("wirebraid-scale", [&] {
    const scale::Options options = scale::parse(argc, argv);
    return options.help ? bench::kGood : scale::run(options);
  });
}
