# pcg_module(<name> FLOOR <n> SOURCES ... [DEPENDS <module>...] [LIBS <target>...] [PUBLIC_LIBS <target>...]
#            [POCO <target>... POCO_SOURCES ...])
#
# One folder = one namespace = one target. Creates pcg_<name> and the alias pcg::<name>, and stops the
# configuration when a dependency stands on a higher floor or has not been declared yet, so that a cycle
# or an upward edge cannot be built. The include lint (test/lint) checks the same edges by #include line.
#
# Poco's targets bring definitions (_XOPEN_SOURCE among them) that the precompiled headers were not made with: only the
# files named by POCO_SOURCES get them, and those files do without the precompiled headers.
set_property(GLOBAL PROPERTY PCG_MODULES "")

function(pcg_module name)
    cmake_parse_arguments(M "" "FLOOR" "SOURCES;DEPENDS;LIBS;PUBLIC_LIBS;POCO;POCO_SOURCES" ${ARGN})
    if(M_UNPARSED_ARGUMENTS OR NOT DEFINED M_FLOOR OR NOT M_SOURCES)
        message(FATAL_ERROR "pcg_module(${name}): needs FLOOR and SOURCES; unknown: ${M_UNPARSED_ARGUMENTS}")
    endif()
    add_library(pcg_${name} STATIC ${M_SOURCES})
    add_library(pcg::${name} ALIAS pcg_${name})
    target_include_directories(pcg_${name} PUBLIC ${CMAKE_SOURCE_DIR})
    target_link_libraries(pcg_${name} PRIVATE pcg_warnings ${M_LIBS} PUBLIC ${M_PUBLIC_LIBS})
    set_target_properties(pcg_${name} PROPERTIES PCG_FLOOR ${M_FLOOR})
    foreach(dependency IN LISTS M_DEPENDS)
        if(NOT TARGET pcg_${dependency})
            message(FATAL_ERROR "floor check: '${name}' depends on '${dependency}', which is not declared before it")
        endif()
        get_target_property(floor pcg_${dependency} PCG_FLOOR)
        if(floor GREATER M_FLOOR)
            message(FATAL_ERROR
                "floor check: '${name}' (floor ${M_FLOOR}) must not depend on '${dependency}' (floor ${floor})")
        endif()
        target_link_libraries(pcg_${name} PUBLIC pcg_${dependency})
    endforeach()
    foreach(pair IN ITEMS "pairing:proxy" "gateway:controlplane")
        string(REPLACE ":" ";" sides ${pair})
        list(GET sides 0 left)
        list(GET sides 1 right)
        if((name STREQUAL left AND right IN_LIST M_DEPENDS) OR (name STREQUAL right AND left IN_LIST M_DEPENDS))
            message(FATAL_ERROR "floor check: '${left}' and '${right}' must not see each other")
        endif()
    endforeach()
    set_property(GLOBAL APPEND PROPERTY PCG_MODULES ${name})
    foreach(library IN LISTS M_POCO)
        target_link_libraries(pcg_${name} PRIVATE $<LINK_ONLY:${library}>)
        set_property(SOURCE ${M_POCO_SOURCES} APPEND PROPERTY
            COMPILE_DEFINITIONS $<TARGET_PROPERTY:${library},INTERFACE_COMPILE_DEFINITIONS>)
        set_source_files_properties(${M_POCO_SOURCES} PROPERTIES SKIP_PRECOMPILE_HEADERS ON)
    endforeach()
    pcg_precompile(pcg_${name} precompiled_plain precompiled ${M_DEPENDS} ${M_PUBLIC_LIBS})
    pcg_uses_loop(uses_loop ${M_DEPENDS} ${M_PUBLIC_LIBS})
    if(uses_loop)
        set_target_properties(pcg_${name} PROPERTIES PCG_USES_LOOP TRUE)
    endif()
endfunction()

# pcg_program(<name> SOURCES ... DEPENDS <module>...): an executable on the top floor, main.cpp only.
function(pcg_program name)
    cmake_parse_arguments(M "" "" "SOURCES;DEPENDS;LIBS" ${ARGN})
    add_executable(${name} ${M_SOURCES})
    target_link_libraries(${name} PRIVATE pcg_warnings ${M_LIBS})
    foreach(dependency IN LISTS M_DEPENDS)
        target_link_libraries(${name} PRIVATE pcg::${dependency})
    endforeach()
    pcg_precompile(${name} NONE precompiled_programs ${M_DEPENDS})
endfunction()
