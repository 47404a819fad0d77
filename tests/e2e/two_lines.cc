#include "tests/e2e/two_lines.h"

#include <fstream>
#include <sstream>

namespace wirebraid::e2e {

void TwoLines::SetUp() {
  EndToEnd::SetUp();
  if (IsSkipped()) return;
  directory = std::filesystem::path(::testing::TempDir()) / unique_name("lines");
  std::filesystem::create_directories(directory);
  gateway.emplace("gateway");
  server.emplace("server");
  join(0);
  join(1);
  server->ip("addr add 10.20.0.1/32 dev lo");
  server->ip("addr add fd20::1/128 dev lo nodad");
}

void TwoLines::join(int line) const {
  const std::string device = "up" + std::to_string(line);
  lab::join_by_veth(*gateway, device, *server, device);
  for (const int end : {1, 2}) {
    const std::string number = std::to_string(line);
    const std::string host = std::to_string(end);
    const lab::Namespace& inside = end == 1 ? *gateway : *server;
    inside.ip("addr add 192.0." + number + "." + host + "/24 dev " + device);
    inside.ip("addr add 2001:db8:" + number + "::" + host + "/64 dev " + device + " nodad");
  }
}

std::string TwoLines::gateway_text(const GatewayFile& file) const {
  std::string text = "[Interface]\nAddress = 10.9.0.1/24, fd09::1/64\n" + file.interface +
                     "[Bond home]\nAllowedIPs = 10.9.0.2/32, fd09::2/128, 10.20.0.0/16, fd20::/32" +
                     file.allowed + "\n[Uplink zero]\nPrivateKey = " + keys0.secret.to_base64() +
                     "\nPublicKey = " + server_keys.open.to_base64() +
                     "\nEndpoint = 192.0.0.2:51820\nDevice = up0\n" + file.uplink0;
  if (!file.with_uplink1) return text;
  return text + "[Uplink one]\nPrivateKey = " + keys1.secret.to_base64() +
         "\nPresharedKey = " + preshared_key.to_base64() +
         "\nPublicKey = " + server_keys.open.to_base64() +
         "\nEndpoint = [2001:db8:1::2]:51820\nDevice = up1\n" + file.uplink1;
}

std::string TwoLines::server_text() const {
  return "[Interface]\nAddress = 10.9.0.2/24, fd09::2/64\nListenPort = 51820\nPrivateKey = " +
         server_keys.secret.to_base64() +
         "\n[Bond home]\nAllowedIPs = 10.9.0.1/32, fd09::1/128\n"
         "[Uplink zero]\nPublicKey = " +
         keys0.open.to_base64() + "\n[Uplink one]\nPublicKey = " + keys1.open.to_base64() +
         "\nPresharedKey = " + preshared_key.to_base64() + "\n";
}

void TwoLines::write(const std::string& file, const std::string& text) const {
  std::ofstream(file) << text;
  std::filesystem::permissions(
      file, std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
}

void TwoLines::start_gateway(const GatewayFile& file, const std::string& program) {
  const std::string path = config_file(gateway_name());
  write(path, gateway_text(file));
  gateway_daemon.emplace(
      std::vector<std::string>{program, "-f", "--config", path, gateway_name()},
      lab::ProcessOptions{.inside = &*gateway, .log_file = directory / (gateway_name() + ".log")});
}

void TwoLines::start_server() {
  const std::string file = config_file(server_name());
  write(file, server_text());
  server_daemon.emplace(
      std::vector<std::string>{programs().daemon, "-f", "--config", file, server_name()},
      lab::ProcessOptions{.inside = &*server, .log_file = directory / (server_name() + ".log")});
  // A handshake that comes too early is repeated after five seconds only.
  lab::wait_until([&] { return status(server_name()).is_object(); }, lab::milliseconds(5000));
}

nlohmann::json TwoLines::status(const std::string& interface) const {
  const Outcome show = run_to_end({programs().control, "show", interface, "--json"});
  return nlohmann::json::parse(show.output, nullptr, false);
}

nlohmann::json TwoLines::uplink(const std::string& name) const {
  const nlohmann::json all = status(gateway_name());
  if (!all.is_object()) return nullptr;
  for (const auto& bond : all["bonds"]) {
    for (const auto& each : bond["uplinks"]) {
      if (each["name"] == name) return each;
    }
  }
  return nullptr;
}

bool TwoLines::uplink_becomes(const std::string& name, const std::string& state) const {
  return lab::wait_until(
      [&] {
        const nlohmann::json now = uplink(name);
        return now.is_object() && now["state"] == state;
      },
      lab::milliseconds(12'000));
}

Outcome TwoLines::reload(const std::string& interface) const {
  return run_to_end({programs().control, "reload", interface});
}

std::string TwoLines::log(const std::string& interface) const {
  std::ostringstream text;
  text << std::ifstream(directory / (interface + ".log")).rdbuf();
  return text.str();
}

std::string TwoLines::in_gateway(const std::string& command) const {
  return lab::run_command(words(command), {.inside = &*gateway});
}

}  // namespace wirebraid::e2e
