/* device_text.h
 * What is known of a device, in words. All returned strings belong to the caller; NULL = nothing known.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef CIPSEC_DEVICE_TEXT_H
#define CIPSEC_DEVICE_TEXT_H

#include <cipsec/model.h>

/** "1756-EN4TR, vendor 1, type 12, code 276, revision 5.1" */
char *cs_device_identity_text(const cs_device *dev);
/** State of 0x5D, or of 0x5E when eip. */
char *cs_device_state_text(const cs_device *dev, bool eip);
char *cs_device_profiles_text(bool known, uint16_t profiles);
/** An attribute of the EtherNet/IP Security object: suites by name, paths by object and instance. */
char *cs_device_attribute_text(const cs_device *dev, uint32_t attribute);
/** Attributes of the EtherNet/IP Security object that were set and not applied: not in force. */
char *cs_device_pending_text(const cs_device *dev);
/** "44818/tcp, 2221/tcp" of an IANA port state, "none"; bits < 0: NULL. */
char *cs_device_ports_text(int bits);
/** What its sessions really were: "2 Encrypted, 1 None". */
char *cs_device_practice_text(const cs_capture *cap, const cs_device *dev);
/** Names of the findings about it. */
char *cs_device_findings_text(const cs_capture *cap, const cs_device *dev);
/** Other addresses that show the same vendor and serial number. */
char *cs_device_twins_text(const cs_capture *cap, const cs_device *dev);

#endif
