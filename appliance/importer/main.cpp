// SPDX-License-Identifier: Apache-2.0
#include <iostream>

#include "appliance/importer/import.h"

int main(int argc, char** argv) {
    return pcg::appliance::runImport({argv + 1, argv + argc}, std::cin, std::cout, std::cerr);
}
