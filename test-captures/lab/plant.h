/* plant.h
 * The practice plant: names, addresses and identities, after the CPwE CIP Security design guide.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef LAB_PLANT_H
#define LAB_PLANT_H

#include <stdbool.h>
#include <stdint.h>

/** One computer or device. */
typedef struct {
    const char *name; /**< as in the guide */
    const char *address; /**< dotted IPv4 */
    const char *pki; /**< stem of its key and certificate in pki/, NULL: none */
    const char *vendor_pki; /**< stem of its born-on certificate, NULL: none */
    const char *product; /**< Identity: product name, NULL: not a CIP device */
    uint16_t device_type, product_code;
    uint32_t serial;
    bool cip_security; /**< has the objects 0x5D, 0x5E, 0x5F */
} lab_node;

/** @return the node of that name; ends the program when there is none (a mistake in a scenario). */
const lab_node *plant_node(const char *name);
/** @return the number of nodes; plant_at(0..n-1) lists them. */
unsigned plant_count(void);
const lab_node *plant_at(unsigned index);
/** @return the IPv4 address as a number, most significant octet first. */
uint32_t plant_ip(const char *address);

#endif
