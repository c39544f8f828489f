# The profiles as a zip that Wireshark imports (Edit > Configuration Profiles > Import), made by every build, and as
# profiles of all users in an installation.
#
# SPDX-License-Identifier: GPL-2.0-or-later

set(CIPSEC_PROFILES_ZIP "${CMAKE_BINARY_DIR}/cip-security-profiles-${PROJECT_VERSION}.zip")
set(CIPSEC_PROFILE_FOLDERS
  "CIP Security"
  "CIP Security - Deployment"
  "CIP Security - Explicit"
  "CIP Security - IO"
  "CIP Security - Training")
set(CIPSEC_PROFILE_FILES "${CMAKE_CURRENT_LIST_DIR}/CIP Security/profile_settings")
foreach(folder IN LISTS CIPSEC_PROFILE_FOLDERS)
  foreach(name cfilters colorfilters dfilter_buttons dfilter_macros dfilters dmacros io_graphs preferences recent)
    list(APPEND CIPSEC_PROFILE_FILES "${CMAKE_CURRENT_LIST_DIR}/${folder}/${name}")
  endforeach()
  install(DIRECTORY "${CMAKE_CURRENT_LIST_DIR}/${folder}" DESTINATION "${CMAKE_INSTALL_DATADIR}/wireshark/profiles")
endforeach()

add_custom_command(
  OUTPUT "${CIPSEC_PROFILES_ZIP}"
  COMMAND "${CMAKE_COMMAND}" -E tar cf "${CIPSEC_PROFILES_ZIP}" --format=zip -- ${CIPSEC_PROFILE_FOLDERS}
  DEPENDS ${CIPSEC_PROFILE_FILES}
  WORKING_DIRECTORY "${CMAKE_CURRENT_LIST_DIR}"
  COMMENT "Packing the profiles"
  VERBATIM)
add_custom_target(profiles ALL DEPENDS "${CIPSEC_PROFILES_ZIP}")
