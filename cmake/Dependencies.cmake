# Everything here is a Debian 12 package; `./dev` installs them. Third-party headers are SYSTEM (imported targets).
find_package(Threads REQUIRED)
find_package(OpenSSL 3.0 REQUIRED)
find_package(Boost 1.81 REQUIRED)
find_package(tl-expected REQUIRED)
find_package(Poco 1.11 REQUIRED COMPONENTS Foundation JSON XML Util Data DataSQLite)

# Asio is compiled once (common/net), not in every translation unit.
add_library(pcg_asio INTERFACE)
set_target_properties(pcg_asio PROPERTIES PCG_USES_LOOP TRUE)
target_link_libraries(pcg_asio INTERFACE Boost::headers)
target_compile_definitions(pcg_asio INTERFACE
    BOOST_ASIO_SEPARATE_COMPILATION BOOST_ASIO_NO_DEPRECATED BOOST_ASIO_DISABLE_VISIBILITY)

# Debian's cnats-config.cmake names a static library that its package does not ship, so the library is found by hand.
find_path(CNATS_INCLUDE_DIR nats/nats.h REQUIRED)
find_library(CNATS_LIBRARY nats REQUIRED)
add_library(pcg_cnats UNKNOWN IMPORTED)
set_target_properties(pcg_cnats PROPERTIES IMPORTED_LOCATION ${CNATS_LIBRARY}
    INTERFACE_INCLUDE_DIRECTORIES ${CNATS_INCLUDE_DIR})

find_package(LibXml2 REQUIRED)
find_package(PkgConfig REQUIRED)
pkg_check_modules(libvirt REQUIRED IMPORTED_TARGET libvirt>=7.0)
pkg_check_modules(nftables REQUIRED IMPORTED_TARGET libnftables>=1.0.6)
pkg_check_modules(psl REQUIRED IMPORTED_TARGET libpsl>=0.21)
pkg_check_modules(qrencode REQUIRED IMPORTED_TARGET libqrencode>=4.0)

find_package(GTest REQUIRED)

if(NOT Boost_VERSION VERSION_GREATER_EQUAL 1.81)
    message(FATAL_ERROR "Boost 1.81 is needed: apt-get install libboost1.81-dev")
endif()
