// SPDX-License-Identifier: Apache-2.0
// Datastores and data centers that a text of a call names: "[fast-1] web/web.vmdk", or the URL that
// a vCenter takes in its place ("https://vc/folder/web.vmdk?dcPath=DC0&dsName=fast-1"). Pure
// functions.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace pcg::policy {

struct DatastoreText {
    std::vector<std::string> datastores;
    std::vector<std::string> datacenters;  // by the path that dcPath has
    bool odd = false;                      // begins like one, and it cannot be told which
};

// `cut`: the text goes on, and only its beginning is here.
DatastoreText datastoresIn(std::string_view text, bool cut);

// The value of the first field of that name in a query, decoded; empty if there is none.
std::string queryValue(std::string_view query, std::string_view name);

}  // namespace pcg::policy
