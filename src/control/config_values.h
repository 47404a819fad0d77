// How the values of configuration keys are read: one function per form. All of them throw KeyError
// with what would be right, and never repeat a secret.
#pragma once

#include <boost/program_options/value_semantic.hpp>
#include <functional>
#include <string>
#include <string_view>

#include "control/config_keys.h"

namespace wirebraid::control {

using KeyValue = boost::program_options::typed_value<std::string>;
using ReadValue = std::function<void(std::string_view)>;

/// A key whose text `read` converts and stores. `form` is for the reference, as `fallback`.
KeyValue* value(const char* form, ReadValue read, const char* fallback = nullptr);
/// The same for a list: commas separate its items, and the key may be repeated. `read` gets them
/// one by one, in order.
KeyValue* list(const char* form, ReadValue read);

uint64_t read_number(std::string_view text, uint64_t lowest, uint64_t highest);
/// Stores through the field's own type, or its value type if it is optional.
template <class Field>
KeyValue* number(Field& field, uint64_t lowest, uint64_t highest, const char* fallback = nullptr) {
  const std::string form = std::to_string(lowest) + ".." + std::to_string(highest);
  return value(
      form.c_str(),
      [&field, lowest, highest](std::string_view text) {
        if constexpr (requires { typename Field::value_type; }) {
          field = static_cast<typename Field::value_type>(read_number(text, lowest, highest));
        } else {
          field = static_cast<Field>(read_number(text, lowest, highest));
        }
      },
      fallback);
}

uint32_t read_mark(std::string_view text);
bool read_switch(std::string_view text);
/// Bits per second.
uint64_t read_rate(std::string_view text);
/// Bytes, with k, M, G or T (powers of 1000).
uint64_t read_volume(std::string_view text);
/// As read_volume(), or with "%".
QuotaReserve read_reserve(std::string_view text);
std::chrono::seconds read_keepalive(std::string_view text);

template <class KeyType>
KeyType read_key(std::string_view text);
template <class KeyType>
KeyType read_key_file(std::string_view name, KeyContext& context);

KeyValue* prefixes(std::vector<Prefix>& field);
Mode read_mode(std::string_view text);
/// The name of an implementation that passes its self-test here; "" for auto.
std::string read_cipher(std::string_view text);
uint32_t read_workers(std::string_view text);
std::optional<uint32_t> read_table(std::string_view text);
std::string read_device(std::string_view text);
IpAddress read_address(std::string_view text);
/// An address inside a tunnel, with or without a prefix length, into the place for its family.
void read_tunnel_address(ExitOptions& exit, std::string_view text);
HostPort read_endpoint(std::string_view text);
uint8_t read_protocol(std::string_view text);
PortRange read_ports(std::string_view text);
uint8_t read_dscp(std::string_view text);

}  // namespace wirebraid::control
