#include "bench/scenarios/bulk_flow.h"

#include "bench/scenarios/quic_flow.h"
#include "twin/lab/tcp_flow.h"

namespace wirebraid::scenarios {
namespace {

class TcpBulkFlow : public BulkFlow {
 public:
  TcpBulkFlow(const lab::Topology& topology, const Load& load)
      : flow_(topology.target(), topology.lan(),
              {.address = lab::address::kTarget4,
               .download = load.download,
               .congestion_control = load.sender}) {}

  BulkCounters counters() const override {
    const lab::TcpCounters counters = flow_.counters();
    return {.received = flow_.received(),
            .retransmits = counters.retransmits,
            .spurious = counters.spurious,
            .out_of_order = counters.out_of_order};
  }

 private:
  lab::TcpFlow flow_;
};

}  // namespace

std::unique_ptr<BulkFlow> start_bulk_flow(const lab::Topology& topology, const Load& load) {
  if (load.sender == kQuic) {
    const lab::Namespace& from = load.download ? topology.target() : topology.lan();
    const lab::Namespace& to = load.download ? topology.lan() : topology.target();
    return std::make_unique<QuicFlow>(from, to,
                                      load.download ? lab::address::kLan4 : lab::address::kTarget4);
  }
  return std::make_unique<TcpBulkFlow>(topology, load);
}

}  // namespace wirebraid::scenarios
