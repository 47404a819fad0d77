#include "web/options.h"

#include <boost/program_options.hpp>
#include <sstream>

#include "control/control_server.h"

namespace wirebraid::web {
namespace {

constexpr char kDefaultListen[] = "127.0.0.1:8378";
constexpr char kDefaultPasswordFile[] = "/etc/wirebraid/web.password";

}  // namespace

OptionsResult parse_options(int argc, const char* const* argv) {
  namespace po = boost::program_options;
  OptionsResult result;
  Options& options = result.options;
  po::options_description known("Options");
  known.add_options()  //
      ("listen,l",
       po::value(&options.listen)->default_value(kDefaultListen)->value_name("ADDRESS:PORT"),  //
       "where to listen; [ADDRESS]:PORT for IPv6")                                             //
      ("socket-directory",
       po::value(&options.socket_directory)
           ->default_value(control::kControlDirectory)
           ->value_name("DIRECTORY"),
       "where the daemons' control sockets are")  //
      ("password-file",
       po::value(&options.password_file)->default_value(kDefaultPasswordFile)->value_name("FILE"),
       "what --set-password has made")                                                          //
      ("set-password", "read a password from standard input, write the password file and end")  //
      ("certificate", po::value(&options.certificate_file)->value_name("FILE"),
       "serve HTTPS with this certificate (PEM, with its chain)")                      //
      ("key", po::value(&options.key_file)->value_name("FILE"), "and this key (PEM)")  //
      ("host", po::value(&options.hosts)->composing()->value_name("NAME"),
       "a name that browsers call this server by; may be repeated. Addresses and localhost need "
       "none")  //
      ("behind-proxy",
       "a reverse proxy on this machine says who asks (X-Forwarded-For) and how "
       "(X-Forwarded-Proto)")  //
      ("map", po::value(&options.map_file)->value_name("FILE"),
       "show this report of wirebraid-twin (HTML)")                                      //
      ("metrics-open", "give metrics to all who can connect, not only to this machine")  //
      ("page", po::value(&options.page_directory)->value_name("DIRECTORY"),
       "the page's files, if they are somewhere else")  //
      ("version,V", "print the version and end")        //
      ("help,h", "print this and end");
  po::variables_map values;
  try {
    po::store(po::command_line_parser(argc, argv).options(known).positional({}).run(), values);
    po::notify(values);
  } catch (const po::error& error) {
    result.error = error.what();
    return result;
  }
  if (values.count("help") != 0) {
    std::ostringstream text;
    text << "Usage: wirebraid-web [OPTIONS]\n"
            "Shows the interfaces of this machine's wirebraidd in a browser, and changes them.\n\n"
         << known;
    options.action = Options::Action::print;
    options.text = text.str();
  } else if (values.count("version") != 0) {
    options.action = Options::Action::print;
    options.text = std::string("wirebraid ") + WIREBRAID_VERSION + "\n";
  } else if (values.count("set-password") != 0) {
    options.action = Options::Action::set_password;
  }
  options.behind_proxy = values.count("behind-proxy") != 0;
  options.metrics_open = values.count("metrics-open") != 0;
  if (options.certificate_file.empty() != options.key_file.empty()) {
    result.error = "--certificate and --key belong together";
  }
  return result;
}

}  // namespace wirebraid::web
