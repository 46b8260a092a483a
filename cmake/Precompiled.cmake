# Headers that most files read anyway, compiled once: about 2 of the 5 CPU seconds of an average file.
#
# Two sets, by what a target may see: with the loop (Asio), and for tests with GoogleTest on top. A target joins by the
# function below if the loop is among its dependencies. No file may rely on them: the presets `tidy` and `fuzz` build
# without (PCG_PCH=OFF), so a missing #include is found there.
option(PCG_PCH "Precompile common headers" OFF)
if(PCG_PCH AND CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    # GCC 12 sees phantoms in the copies of std::string when <string> comes from a precompiled header.
    target_compile_options(pcg_warnings INTERFACE -Wno-array-bounds -Wno-restrict -Wno-stringop-overflow
        -Wno-stringop-overread)
endif()

function(pcg_uses_loop result)
    set(${result} FALSE PARENT_SCOPE)
    foreach(module IN LISTS ARGN)
        if(TARGET pcg_${module})
            get_target_property(uses pcg_${module} PCG_USES_LOOP)
            if(uses)
                set(${result} TRUE PARENT_SCOPE)
            endif()
        endif()
    endforeach()
endfunction()

# Declared right after common/net. The second is a program because GCC compiles those with another flag (-fPIE).
function(pcg_declare_precompiled)
    if(NOT PCG_PCH)
        return()
    endif()
    set(headers common/net/asio.h common/base/result.h
        <algorithm> <chrono> <functional> <map> <memory> <optional> <string> <vector>)
    list(TRANSFORM headers PREPEND ${CMAKE_SOURCE_DIR}/ REGEX "^common")
    file(WRITE ${CMAKE_BINARY_DIR}/precompiled.cpp "int main() { return 0; }\n")
    add_library(pcg_precompiled OBJECT ${CMAKE_BINARY_DIR}/precompiled.cpp)
    target_link_libraries(pcg_precompiled PRIVATE pcg_warnings pcg::net)
    target_precompile_headers(pcg_precompiled PRIVATE ${headers})
    if(PCG_TESTS)
        add_executable(pcg_precompiled_tests ${CMAKE_BINARY_DIR}/precompiled.cpp)
        target_link_libraries(pcg_precompiled_tests PRIVATE pcg_warnings GTest::gtest pcg::net)
        target_precompile_headers(pcg_precompiled_tests PRIVATE <gtest/gtest.h> ${headers} <filesystem> <fstream>)
    endif()
endfunction()

# pcg_precompile(<target> <set> <module>...)
function(pcg_precompile target set)
    pcg_uses_loop(uses ${ARGN})
    if(PCG_PCH AND uses AND TARGET ${set})
        target_precompile_headers(${target} REUSE_FROM ${set})
    endif()
endfunction()
