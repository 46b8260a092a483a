# Headers that most files read anyway, compiled once: about 2 of the 5 CPU seconds of an average file.
#
# Five sets, by what a target may see: libraries with the loop (Asio) and without, programs (which GCC compiles with
# another flag, -fPIE), and tests with GoogleTest on top, with the loop and without. A target joins by the function
# below. No file may rely on them: the presets `tidy` and `fuzz` build without (PCG_PCH=OFF), so a missing #include is
# found there.
option(PCG_PCH "Precompile common headers" OFF)
if(PCG_PCH AND CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    # GCC 12 sees phantoms in the copies of std::string when <string> comes from a precompiled header.
    target_compile_options(pcg_warnings INTERFACE -Wno-array-bounds -Wno-restrict -Wno-stringop-overflow
        -Wno-stringop-overread)
    # Memory for time: the compiler collects garbage above 600 MB only (a tenth of an average file's time; few grow so far).
    add_compile_options(--param=ggc-min-heapsize=600000)
endif()

function(pcg_uses_loop result)
    set(${result} FALSE PARENT_SCOPE)
    foreach(module IN LISTS ARGN)
        string(REGEX REPLACE "^pcg_" "" module ${module})
        if(TARGET pcg_${module})
            get_target_property(uses pcg_${module} PCG_USES_LOOP)
            if(uses)
                set(${result} TRUE PARENT_SCOPE)
            endif()
        endif()
    endforeach()
endfunction()

# Declared right after common/base. What carries a set needs no library built, only the definitions headers see.
function(pcg_declare_precompiled)
    if(NOT PCG_PCH)
        return()
    endif()
    set(plain common/base/result.h
        <algorithm> <array> <chrono> <functional> <map> <memory> <optional> <span> <string> <string_view> <vector>)
    list(TRANSFORM plain PREPEND ${CMAKE_SOURCE_DIR}/ REGEX "^common")
    set(loop ${CMAKE_SOURCE_DIR}/common/net/asio.h ${plain})
    set(tests <gtest/gtest.h> <filesystem> <fstream>)
    file(WRITE ${CMAKE_BINARY_DIR}/precompiled.cpp "// Carries a set of precompiled headers.\n")
    pcg_precompiled_set(precompiled_plain -fPIC "pcg_base" "${plain}")
    pcg_precompiled_set(precompiled -fPIC "pcg_asio;pcg_base" "${loop}")
    pcg_precompiled_set(precompiled_programs -fPIE "pcg_asio;pcg_base" "${loop}")
    if(PCG_TESTS)
        pcg_precompiled_set(precompiled_tests_plain -fPIE "GTest::gtest;pcg_base" "${tests};${plain}")
        pcg_precompiled_set(precompiled_tests -fPIE "GTest::gtest;pcg_asio;pcg_base" "${tests};${loop}")
    endif()
endfunction()

function(pcg_precompiled_set name code libraries headers)
    add_library(pcg_${name} OBJECT ${CMAKE_BINARY_DIR}/precompiled.cpp)
    set_target_properties(pcg_${name} PROPERTIES POSITION_INDEPENDENT_CODE OFF)
    target_compile_options(pcg_${name} PRIVATE ${code})
    target_link_libraries(pcg_${name} PRIVATE pcg_warnings ${libraries})
    target_precompile_headers(pcg_${name} PRIVATE ${headers})
endfunction()

# pcg_precompile(<target> <set without the loop, or NONE> <set with it> <module>...)
function(pcg_precompile target plain loop)
    pcg_uses_loop(uses ${ARGN})
    set(set ${plain})
    if(uses)
        set(set ${loop})
    endif()
    if(PCG_PCH AND TARGET pcg_${set})
        target_precompile_headers(${target} REUSE_FROM pcg_${set})
    endif()
endfunction()
