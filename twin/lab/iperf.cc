#include "twin/lab/iperf.h"

#include <nlohmann/json.hpp>
#include <utility>

#include "twin/lab/namespace.h"

namespace wirebraid::lab {
namespace {

constexpr const char* kPort = "5201";

Process start_server(const Namespace& inside, const std::string& address) {
  Process server(
      {"iperf3", "--server", "--one-off", "--forceflush", "--bind", address, "--port", kPort},
      {.inside = &inside});
  const bool listening =
      wait_until([&] { return server.output().find("Server listening") != std::string::npos; },
                 milliseconds(5000));
  if (!listening) throw CommandFailed("iperf3 server: " + server.output() + server.errors());
  return server;
}

Process start_client(const Namespace& inside, const IperfOptions& options) {
  std::vector<std::string> command{"iperf3",
                                   "--client",
                                   options.address,
                                   "--port",
                                   kPort,
                                   "--time",
                                   std::to_string(options.duration.count()),
                                   "--interval",
                                   "1",
                                   "--json",
                                   "--connect-timeout",
                                   "5000"};
  if (options.download) command.emplace_back("--reverse");
  if (options.streams > 1) {
    command.insert(command.end(), {"--parallel", std::to_string(options.streams)});
  }
  if (options.udp_bits_per_second > 0) {
    command.insert(command.end(),
                   {"--udp", "--bitrate", std::to_string(options.udp_bits_per_second), "--length",
                    std::to_string(options.udp_size)});
  }
  command.insert(command.end(), options.more_arguments.begin(), options.more_arguments.end());
  return Process(command, {.inside = &inside});
}

}  // namespace

Iperf::Iperf(const Namespace& server, const Namespace& client, const IperfOptions& options)
    : options_(options),
      server_(start_server(server, options.address)),
      client_(start_client(client, options)) {}

IperfReport Iperf::report() {
  using nlohmann::json;
  const auto status = client_.wait(options_.duration * 5 / 4 + milliseconds(10'000));
  const json result = json::parse(client_.output(), nullptr, false);
  if (status != 0 || !result.is_object() || result.contains("error")) {
    const std::string said = result.is_object() ? result.value("error", "") : client_.output();
    throw CommandFailed("iperf3 to " + options_.address + ": " +
                        (status ? said + client_.errors() : "no end"));
  }
  IperfReport report;
  const json end = result.value("end", json::object());
  const json received = end.value("sum_received", json::object());
  report.bits_per_second = received.value("bits_per_second", 0.0);
  report.bytes = received.value("bytes", uint64_t{0});
  report.seconds = received.value("seconds", 0.0);
  report.datagrams = end.value("sum_sent", json::object()).value("packets", uint64_t{0});
  report.lost = received.value("lost_packets", uint64_t{0});
  report.retransmits = end.value("sum_sent", json::object()).value("retransmits", uint64_t{0});
  for (const json& interval : result.value("intervals", json::array())) {
    report.interval_rates.push_back(
        interval.value("sum", json::object()).value("bits_per_second", 0.0));
  }
  return report;
}

}  // namespace wirebraid::lab
