#include "bench/throughput/run.h"

#include <exception>
#include <memory>

#include "twin/lab/interrupt.h"

namespace wirebraid::throughput {
namespace {

/// Runs `job`; what it throws, but for Interrupted, becomes a sentence in `run.errors`.
void note_errors(Run& run, const std::string& what, const System* system,
                 const std::function<void()>& job) {
  try {
    job();
  } catch (const lab::Interrupted&) {
    throw;
  } catch (const std::exception& error) {
    if (lab::interrupted()) throw lab::Interrupted();
    run.errors.push_back(what + ": " + error.what() +
                         (system != nullptr ? "\n" + system->log_tails() : ""));
  }
}

}  // namespace

const std::vector<Measurement>& Run::of(const std::string& load, const std::string& system) const {
  static const std::vector<Measurement> none;
  const auto by_system = results.find(load);
  if (by_system == results.end()) return none;
  const auto found = by_system->second.find(system);
  return found == by_system->second.end() ? none : found->second;
}

void measure_all(Run& run, const ProgramPaths& programs, std::chrono::seconds duration,
                 const std::function<void(const std::string&)>& progress) {
  std::vector<std::pair<std::string, std::unique_ptr<System>>> running;
  for (const SystemSpec& spec : run.systems) {
    progress("starting " + spec.name);
    note_errors(run, spec.name, nullptr, [&] {
      running.emplace_back(spec.name, start(spec, programs, static_cast<int>(running.size())));
      run.about[spec.name] = running.back().second->about();
    });
  }
  for (const Load& load : run.loads) {
    for (const auto& [name, system] : running) {
      progress(load.name + " through " + name);
      note_errors(run, load.name + " through " + name, system.get(), [&] {
        run.results[load.name][name].push_back(measure(*system, load, duration));
      });
    }
  }
}

}  // namespace wirebraid::throughput
