# What the programs come with on a Debian system (units, users, completion, manuals), and the
# packages: CPack makes one of each component. `./dev package` does it.
set(service ${PROJECT_SOURCE_DIR}/src/app/service)
find_program(GZIP gzip)
if(NOT GZIP)
  return()
endif()

# install_compressed(COMPONENT DESTINATION FILE...): each as FILE.gz, as Debian's policy has it.
function(install_compressed component destination)
  foreach(file ${ARGN})
    get_filename_component(name ${file} NAME)
    set(output ${CMAKE_BINARY_DIR}/service/${component}/${name}.gz)
    file(MAKE_DIRECTORY ${CMAKE_BINARY_DIR}/service/${component})
    add_custom_command(OUTPUT ${output} COMMAND ${GZIP} -9nc ${file} > ${output} DEPENDS ${file})
    list(APPEND outputs ${output})
  endforeach()
  string(MAKE_C_IDENTIFIER "compressed_${component}_${destination}" target)
  add_custom_target(${target} ALL DEPENDS ${outputs})
  install(FILES ${outputs} DESTINATION ${destination} COMPONENT ${component})
endfunction()

# package(COMPONENT NAME): its documents, the scripts that dpkg runs, and CPack's variables.
macro(package component name)
  list(APPEND CPACK_COMPONENTS_ALL ${component})
  string(TOUPPER ${component} upper)
  set(CPACK_DEBIAN_${upper}_PACKAGE_NAME ${name})
  install(FILES ${service}/debian/copyright DESTINATION ${CMAKE_INSTALL_DATADIR}/doc/${name}
          COMPONENT ${component})
  configure_file(${service}/debian/changelog.in ${CMAKE_BINARY_DIR}/service/${component}/changelog
                 @ONLY)
  install_compressed(${component} ${CMAKE_INSTALL_DATADIR}/doc/${name}
                     ${CMAKE_BINARY_DIR}/service/${component}/changelog)
  if(EXISTS ${service}/debian/${name})
    file(GLOB CPACK_DEBIAN_${upper}_PACKAGE_CONTROL_EXTRA ${service}/debian/${name}/*)
  endif()
endmacro()

set(manuals ${PROJECT_SOURCE_DIR}/docs/man)
set(units lib/systemd/system)
set(users lib/sysusers.d)
set(own_user "systemd | systemd-standalone-sysusers | systemd-sysusers")

package(daemon wirebraid)
set(CPACK_DEBIAN_DAEMON_PACKAGE_DEPENDS "${own_user}")
set(CPACK_DEBIAN_DAEMON_PACKAGE_RECOMMENDS "nftables")
set(CPACK_DEBIAN_DAEMON_PACKAGE_SUGGESTS "wirebraid-web, wireguard-tools, babeld | bird2")
set(CPACK_DEBIAN_DAEMON_DESCRIPTION
"joins several internet uplinks into one over WireGuard
Each uplink (DSL, LTE, Starlink, a neighbour's line) is an ordinary WireGuard
session between a gateway and a server of one's own, or a stock WireGuard
peer. A single download runs over all of them at once, and goes on when one
of them dies. This package has the daemon, for either end, and its tool.")
install(FILES ${service}/wirebraid@.service DESTINATION ${units} COMPONENT daemon)
install(FILES ${service}/wirebraid.sysusers DESTINATION ${users} RENAME wirebraid.conf
        COMPONENT daemon)
# bash loads completion by the command's name.
set(completions ${CMAKE_INSTALL_DATADIR}/bash-completion/completions)
install(FILES ${service}/completion/wirebraid.bash RENAME wirebraid
        DESTINATION ${completions} COMPONENT daemon)
foreach(command wirebraidd wirebraid-twin)
  file(CREATE_LINK wirebraid ${CMAKE_BINARY_DIR}/service/${command} SYMBOLIC)
endforeach()
install(FILES ${CMAKE_BINARY_DIR}/service/wirebraidd DESTINATION ${completions} COMPONENT daemon)
install_compressed(daemon ${CMAKE_INSTALL_MANDIR}/man5 ${manuals}/wirebraid.conf.5)
install_compressed(daemon ${CMAKE_INSTALL_MANDIR}/man8 ${manuals}/wirebraid.8
                   ${manuals}/wirebraidd.8)
install(DIRECTORY ${PROJECT_SOURCE_DIR}/docs/examples
        DESTINATION ${CMAKE_INSTALL_DATADIR}/doc/wirebraid COMPONENT daemon)

if(TARGET wirebraid-web)
  package(web wirebraid-web)
  set(CPACK_DEBIAN_WEB_PACKAGE_DEPENDS "wirebraid, ${own_user}")
  set(CPACK_DEBIAN_WEB_DESCRIPTION
"web page for wirebraid
Shows what wirebraid's interfaces and uplinks on this machine do, and changes
their configuration, for whoever has the page's password.")
  install(FILES ${service}/wirebraid-web.service DESTINATION ${units} COMPONENT web)
  install(FILES ${service}/wirebraid-web.sysusers DESTINATION ${users} RENAME wirebraid-web.conf
          COMPONENT web)
endif()

if(TARGET wirebraid-twin)
  package(twin wirebraid-twin)
  # The guest's firmware is made of the daemon's package's programs as well.
  set(CPACK_DEBIAN_TWIN_PACKAGE_DEPENDS "wirebraid (= ${PROJECT_VERSION}), qemu-system-x86, e2fsprogs")
  set(CPACK_DEBIAN_TWIN_PACKAGE_RECOMMENDS "squashfs-tools, xz-utils")
  set(CPACK_DEBIAN_TWIN_DESCRIPTION
"tries a firmware on virtual routers of a community's network
Boots the real topology of a community's mesh as virtual machines, upgrades
them as the field would be, and tells whether a new firmware may go to the
real routers.")
  install(FILES ${CMAKE_BINARY_DIR}/service/wirebraid-twin DESTINATION ${completions}
          COMPONENT twin)
  install_compressed(twin ${CMAKE_INSTALL_MANDIR}/man8 ${manuals}/wirebraid-twin.8)
endif()

# As CPack would have it by itself: anything else is put before every package's own description.
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "${PROJECT_NAME} built using CMake")
set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_PACKAGE_CONTACT "the wirebraid authors <wirebraid@invalid.invalid>")
set(CPACK_STRIP_FILES ON)
set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION net)
set(CPACK_DEBIAN_PACKAGE_PRIORITY optional)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
set(CPACK_INSTALL_DEFAULT_DIRECTORY_PERMISSIONS
    OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE WORLD_READ WORLD_EXECUTE)
# What is packed has been built by then.
set(CMAKE_SKIP_INSTALL_ALL_DEPENDENCY ON)
include(CPack)
