/* enrollment.h
 * Enrollment by the device itself (pull model): the bodies of its HTTP messages.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef CIPSEC_ENROLLMENT_H
#define CIPSEC_ENROLLMENT_H

void cs_enrollment_register(void);
void cs_enrollment_handoff(void);

#endif
