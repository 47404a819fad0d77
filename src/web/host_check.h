// Whether a request was meant for this server: against DNS rebinding, where a stranger's page makes
// its own name point here, and against other sites' pages.
#pragma once

#include <string>
#include <vector>

#include "web/http.h"

namespace wirebraid::web {

/// `names`: those that the administrator gave, without a port. Numeric addresses and localhost are
/// always right: no name server can point them elsewhere.
bool host_is_ours(const std::string& host_field, const std::vector<std::string>& names);

/// False if the browser says that another site's page has sent it (Fetch Metadata, Origin). A
/// request without such fields is not a browser's, or an old one's: the token decides.
bool comes_from_own_page(const Request& request);

}  // namespace wirebraid::web
