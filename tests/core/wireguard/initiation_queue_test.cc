// Many peers that begin at once: who is served first, and what is dropped.
#include "core/wireguard/initiation_queue.h"

#include <memory>

#include "tests/core/wireguard/two_devices.h"

namespace wirebraid::wireguard {
namespace {

using namespace testing;

constexpr size_t kPerTurn = InitiationQueue::kPerTurn;

/// A server and many clients. What a client sends arrives when the test says so.
class Stampede : public ::testing::Test {
 protected:
  static DeviceOptions options(uint32_t load) {
    DeviceOptions out;
    out.under_load_per_second = load;
    return out;
  }

  explicit Stampede(uint32_t load = 200) : server(1, "192.0.2.1:1000", options(load)) {}

  End& add_client() {
    const size_t number = clients.size() + 1;
    const std::string at =
        "198.51." + std::to_string(number / 250) + "." + std::to_string(number % 250) + ":1";
    End& client =
        *clients.emplace_back(std::make_unique<End>(1 + number, at.c_str(), options(200)));
    client.peer = client.device.add_peer(server.device.public_key());
    client.device.set_endpoint(*client.peer, server.address);
    server.device.add_peer(client.device.public_key());
    return client;
  }
  void add_clients(size_t count) {
    while (count-- > 0) add_client();
  }

  /// Moves what the client wants to send to the end of `batch`.
  void collect(End& client) {
    for (const Datagram& datagram : client.take_datagrams()) {
      batch.push_back(server.incoming(datagram, client.address));
    }
  }
  void initiate(End& client) {
    client.device.initiate(*client.peer, now, client.out);
    collect(client);
  }
  void all_initiate() {
    for (const auto& client : clients) initiate(*client);
  }
  void arrive() {
    server.device.receive(batch, now, server.out);
    batch.clear();
  }
  void turn() { server.device.handle_deadline(now, server.out); }
  bool waits() { return server.device.next_deadline() <= now; }
  /// Gives the clients what the server has sent; returns how much that was.
  size_t answer() {
    const auto datagrams = server.take_datagrams();
    for (const Datagram& datagram : datagrams) {
      for (const auto& client : clients) {
        if (client->address != datagram.remote) continue;
        client->receive(client->incoming(datagram, server.address), now);
      }
    }
    return datagrams.size();
  }
  void connect(End& client) {
    initiate(client);
    arrive();
    turn();
    answer();
    collect(client);
    arrive();
    server.out.clear();
    ASSERT_TRUE(client.peer->has_session(now));
  }
  size_t sessions() {
    size_t count = 0;
    for (const Peer* peer : server.device.peers()) count += peer->has_session(now) ? 1 : 0;
    return count;
  }
  const DeviceStatistics& counted() { return server.device.statistics(); }

  Time now{1000s};
  End server;
  std::vector<std::unique_ptr<End>> clients;
  std::vector<Datagram> batch;
};

TEST_F(Stampede, AFewAreAnsweredPerTurnInOrder) {
  add_clients(3 * kPerTurn - 1);
  all_initiate();
  arrive();
  std::vector<Endpoint> answered;
  for (size_t turns = 0; turns < 3; ++turns) {
    EXPECT_EQ(waits(), turns < 2);
    const auto datagrams = server.take_datagrams();
    EXPECT_EQ(datagrams.size(), turns < 2 ? kPerTurn : kPerTurn - 1);
    for (const auto& datagram : datagrams) answered.push_back(datagram.remote);
    turn();
  }
  ASSERT_EQ(answered.size(), clients.size());
  for (size_t i = 0; i < clients.size(); ++i) EXPECT_EQ(answered[i], clients[i]->address);
  EXPECT_TRUE(server.out.datagrams.empty());
}

TEST_F(Stampede, ManyBatchesInOneTurnGetNoMoreThanOne) {
  add_clients(3 * kPerTurn);
  for (const auto& client : clients) {
    initiate(*client);
    arrive();
  }
  EXPECT_EQ(server.out.datagrams.size(), kPerTurn);
}

TEST_F(Stampede, OneAloneIsAnsweredAtOnceOrInTheNextTurn) {
  for (size_t i = 0; i < 3 * kPerTurn; ++i) {
    now += 10s;
    initiate(add_client());
    arrive();
    if (waits()) turn();
    EXPECT_EQ(server.take_datagrams().size(), 1u);
    EXPECT_FALSE(waits());
  }
}

TEST_F(Stampede, PayloadsAreHandledBeforeTheInitiationsOfTheirBatch) {
  End& living = add_client();
  connect(living);
  add_clients(5 * kPerTurn);
  for (size_t i = 1; i < clients.size(); ++i) initiate(*clients[i]);
  living.send("data", now);
  collect(living);
  arrive();
  EXPECT_EQ(server.take_payloads(), std::vector<std::string>{"data"});
  EXPECT_LE(server.out.datagrams.size(), kPerTurn);
  EXPECT_TRUE(waits());
  living.send("more", now);
  collect(living);
  arrive();
  EXPECT_EQ(server.take_payloads(), std::vector<std::string>{"more"});
}

TEST_F(Stampede, TheFirstMessageOfASessionDoesNotWaitForOthers) {
  add_clients(5 * kPerTurn);
  clients[0]->send("first", now);
  collect(*clients[0]);
  for (size_t i = 1; i < clients.size(); ++i) initiate(*clients[i]);
  arrive();
  answer();
  collect(*clients[0]);
  arrive();
  EXPECT_EQ(server.take_payloads(), std::vector<std::string>{"first"});
  EXPECT_EQ(sessions(), 1u);
  EXPECT_TRUE(waits());
}

// The server's own initiation crosses theirs: data that follows a response needs its keys.
TEST_F(Stampede, ResponsesKeepTheirPlaceBeforeData) {
  End& client = add_client();
  Peer& peer = *server.device.find_peer(client.device.public_key());
  add_clients(2 * kPerTurn);
  for (size_t i = 1; i < clients.size(); ++i) initiate(*clients[i]);
  server.device.set_endpoint(peer, client.address);
  server.device.initiate(peer, now, server.out);
  answer();
  collect(client);  // the response, behind the initiations
  arrive();
  EXPECT_TRUE(peer.has_session(now));
}

TEST_F(Stampede, AllOfAThousandComeThroughWithoutACookie) {
  add_clients(1000);
  all_initiate();
  arrive();
  size_t turns = 0;
  for (; waits(); ++turns) {
    ASSERT_LE(turns, 1000 / kPerTurn);
    now += 1ms;
    turn();
    answer();
    for (const auto& client : clients) collect(*client);
    arrive();
  }
  EXPECT_GE(turns, 1000 / kPerTurn - 1);
  EXPECT_EQ(sessions(), 1000u);
  EXPECT_EQ(counted().cookie_demanded, 0u);
  EXPECT_EQ(counted().initiations_dropped, 0u);
}

TEST_F(Stampede, WhatHasWaitedForFiveSecondsIsDropped) {
  add_clients(3 * kPerTurn);
  all_initiate();
  arrive();
  now += 5s - 1us;
  turn();
  EXPECT_EQ(counted().initiations_dropped, 0u);
  EXPECT_EQ(server.take_datagrams().size(), 2 * kPerTurn);
  now += 1us;
  turn();
  EXPECT_EQ(counted().initiations_dropped, kPerTurn);
  EXPECT_TRUE(server.out.datagrams.empty());
  EXPECT_FALSE(waits());
}

TEST_F(Stampede, AFullQueueDropsItsOldest) {
  constexpr size_t kTooMany = 3;
  constexpr size_t kAll = InitiationQueue::kMinBound + kTooMany;
  add_clients(kAll);
  // As many peers as the bound: those without a place are strangers.
  for (size_t i = 0; i < kTooMany; ++i) {
    server.device.remove_peer(*server.device.find_peer(clients[i]->device.public_key()));
  }
  all_initiate();
  arrive();
  EXPECT_EQ(counted().initiations_dropped, kTooMany);
  while (waits()) turn();
  EXPECT_EQ(server.out.datagrams.size(), InitiationQueue::kMinBound);
  EXPECT_EQ(counted().bad_handshake, 0u);
}

TEST_F(Stampede, APeerMayGoAndAKeyMayChangeMeanwhile) {
  add_clients(4 * kPerTurn);
  all_initiate();
  arrive();
  for (size_t i = kPerTurn; i < 2 * kPerTurn; ++i) {
    server.device.remove_peer(*server.device.find_peer(clients[i]->device.public_key()));
  }
  turn();
  EXPECT_EQ(counted().bad_handshake, kPerTurn);
  EXPECT_TRUE(waits());
  server.device.set_private_key(generate_private_key(server.platform), now, server.out);
  EXPECT_FALSE(waits());
  turn();
  EXPECT_EQ(counted().bad_handshake, kPerTurn);
}

// The gap between two initiations of a peer is that of their arrival.
TEST_F(Stampede, TwoOfOnePeerMayBeAnsweredInOneTurn) {
  add_clients(kPerTurn);
  all_initiate();
  arrive();
  server.take_datagrams();
  End& client = add_client();
  for (const Duration gap : {19ms, 20ms, 100ms}) {
    client.device.announce(*client.peer, now, client.out);
    collect(client);
    arrive();
    now += gap;
    client.platform.wall += gap;
  }
  turn();
  EXPECT_EQ(counted().bad_handshake, 1u) << "the second";
  EXPECT_EQ(server.out.datagrams.size(), 2u);
}

class LoadedStampede : public Stampede {
 protected:
  LoadedStampede() : Stampede(0) {}
};

TEST_F(LoadedStampede, CookiesAreDemandedAtOnce) {
  add_clients(3 * kPerTurn);
  all_initiate();
  arrive();
  EXPECT_EQ(server.out.datagrams.size(), clients.size());
  EXPECT_EQ(counted().cookie_demanded, clients.size());
  EXPECT_FALSE(waits());
}

}  // namespace
}  // namespace wirebraid::wireguard
