# The profiles as a zip that Wireshark imports (Edit > Configuration Profiles > Import), made by every build, and as
# profiles of all users in an installation.
#
# SPDX-License-Identifier: GPL-2.0-or-later

set(CIPSEC_PROFILES_ZIP "${CMAKE_BINARY_DIR}/cip-security-profiles-${PROJECT_VERSION}.zip")
file(GLOB CIPSEC_PROFILE_FOLDERS CONFIGURE_DEPENDS LIST_DIRECTORIES true RELATIVE "${CMAKE_CURRENT_LIST_DIR}"
     "${CMAKE_CURRENT_LIST_DIR}/CIP Security*")
file(GLOB_RECURSE CIPSEC_PROFILE_FILES CONFIGURE_DEPENDS "${CMAKE_CURRENT_LIST_DIR}/CIP Security*/*")

add_custom_command(
  OUTPUT "${CIPSEC_PROFILES_ZIP}"
  COMMAND "${CMAKE_COMMAND}" -E tar cf "${CIPSEC_PROFILES_ZIP}" --format=zip -- ${CIPSEC_PROFILE_FOLDERS}
  DEPENDS ${CIPSEC_PROFILE_FILES}
  WORKING_DIRECTORY "${CMAKE_CURRENT_LIST_DIR}"
  COMMENT "Packing the profiles"
  VERBATIM)
add_custom_target(profiles ALL DEPENDS "${CIPSEC_PROFILES_ZIP}")

foreach(folder IN LISTS CIPSEC_PROFILE_FOLDERS)
  install(DIRECTORY "${CMAKE_CURRENT_LIST_DIR}/${folder}" DESTINATION "${CMAKE_INSTALL_DATADIR}/wireshark/profiles")
endforeach()
