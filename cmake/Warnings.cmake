# Warnings are errors in the dev, sanitizer and CI presets only, never in a release tarball.
add_library(pcg_warnings INTERFACE)
target_compile_options(pcg_warnings INTERFACE
    -Wall -Wextra -Wpedantic -Wshadow -Wnon-virtual-dtor -Wold-style-cast -Woverloaded-virtual
    -Wformat=2 -Wconversion -Wno-sign-conversion # sign: std::span and iterator arithmetic drown it
    $<$<CXX_COMPILER_ID:GNU>:-Wduplicated-cond -Wlogical-op
        -Wno-pedantic                # PCG_TRY is a statement expression
        -Wno-mismatched-new-delete>  # GCC 12 misreads the coroutine frame allocator of Asio
    $<$<CXX_COMPILER_ID:Clang>:-Wno-gnu-statement-expression>
    $<$<BOOL:${PCG_WERROR}>:-Werror>)
