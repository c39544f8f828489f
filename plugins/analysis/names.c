/* names.c
 * Words for the tags' numbers.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "names.h"

#include <cipsec/alerts.h>
#include <cipsec/suites.h>

const value_string cs_names_transport[] = {{CS_TRANSPORT_TLS, "TLS"},
                                           {CS_TRANSPORT_DTLS, "DTLS"},
                                           {CS_TRANSPORT_TCP, "TCP (clear)"},
                                           {CS_TRANSPORT_UDP, "UDP (clear)"},
                                           {0, NULL}};

const value_string cs_names_role[] = {{CS_ROLE_CLIENT, "Client"}, {CS_ROLE_SERVER, "Server"}, {0, NULL}};

const value_string cs_names_role_source[] = {{CS_ROLE_SOURCE_CLIENT_HELLO, "ClientHello"},
                                             {CS_ROLE_SOURCE_HANDSHAKE, "other handshake message"},
                                             {CS_ROLE_SOURCE_SYN, "TCP SYN"},
                                             {CS_ROLE_SOURCE_PORT, "port"},
                                             {CS_ROLE_SOURCE_FORWARD_OPEN, "Forward_Open"},
                                             {0, NULL}};

const value_string cs_names_class[] = {{CS_CLASS_UNKNOWN, "unknown"},
                                       {CS_CLASS_3, "class 3 explicit"},
                                       {CS_CLASS_0_1, "class 0/1 implicit"},
                                       {CS_CLASS_UNCONNECTED, "unconnected explicit"},
                                       {CS_CLASS_EXPLICIT, "explicit (class 3 or unconnected)"},
                                       {CS_CLASS_IMPLICIT_AND_EXPLICIT, "implicit with explicit messaging"},
                                       {0, NULL}};

const value_string cs_names_class_source[] = {{CS_CLASS_SOURCE_FORWARD_OPEN, "Forward_Open"},
                                              {CS_CLASS_SOURCE_CONTENT, "message content"},
                                              {CS_CLASS_SOURCE_TRANSPORT, "transport"},
                                              {0, NULL}};

const value_string cs_names_confidentiality[] = {{CS_CONF_NONE, "None"},
                                                 {CS_CONF_AUTHENTICATED, "Authenticated"},
                                                 {CS_CONF_ENCRYPTED, "Encrypted"},
                                                 {CS_CONF_UNKNOWN, "unknown"},
                                                 {0, NULL}};

const value_string cs_names_confidentiality_source[] = {{CS_CONF_SOURCE_HANDSHAKE, "handshake"},
                                                        {CS_CONF_SOURCE_CONTENT, "record content"},
                                                        {CS_CONF_SOURCE_PORT, "clear-text port"},
                                                        {0, NULL}};

const value_string cs_names_kind[] = {{CS_KIND_UNKNOWN, "unknown"},
                                      {CS_KIND_PROVISIONING, "provisioning (push)"},
                                      {CS_KIND_EXPLICIT, "explicit messaging"},
                                      {CS_KIND_IO, "I/O"},
                                      {CS_KIND_ENROLLMENT, "enrollment (pull)"},
                                      {CS_KIND_FAILED_HANDSHAKE, "failed handshake"},
                                      {CS_KIND_NOT_ENIP, "not EtherNet/IP"},
                                      {0, NULL}};

const value_string cs_names_handshake[] = {{CS_HANDSHAKE_NOT_CAPTURED, "not captured"},
                                           {CS_HANDSHAKE_INCOMPLETE, "incomplete"},
                                           {CS_HANDSHAKE_COMPLETE, "complete"},
                                           {CS_HANDSHAKE_RESUMED, "complete (resumed)"},
                                           {CS_HANDSHAKE_FAILED, "failed"},
                                           {0, NULL}};

const value_string cs_names_version[] = {{0x0002, "SSL 2.0"},   {0x0300, "SSL 3.0"},  {0x0301, "TLS 1.0"},
                                         {0x0302, "TLS 1.1"},   {0x0303, "TLS 1.2"},  {0x0304, "TLS 1.3"},
                                         {0xFEFC, "DTLS 1.3"},  {0xFEFD, "DTLS 1.2"}, {0xFEFF, "DTLS 1.0"},
                                         {0, NULL}};

typedef struct {
    uint32_t id;
    const char *name;
} row;

static row suite_row(size_t i)
{
    const cs_suite *suite = cs_suite_at(i);
    return suite ? (row){suite->id, suite->name} : (row){0, NULL};
}

static row alert_row(size_t i)
{
    const cs_alert_info *alert = cs_alert_at(i);
    return alert ? (row){alert->id, alert->name} : (row){0, NULL};
}

static value_string_ext *names_of(row (*at)(size_t), const char *title)
{
    size_t n = 0;
    while (at(n).name)
        n++;
    value_string *names = wmem_alloc0_array(wmem_epan_scope(), value_string, n + 1);
    for (size_t i = 0; i < n; i++) {
        names[i].value = at(i).id;
        names[i].strptr = at(i).name;
    }
    return cs_value_string_ext_new(names, (unsigned)n + 1, title);
}

value_string_ext *cs_names_suites(void)
{
    static value_string_ext *ext;
    if (!ext)
        ext = names_of(suite_row, "cipsec_cipher_suites");
    return ext;
}

value_string_ext *cs_names_alerts(void)
{
    static value_string_ext *ext;
    if (!ext)
        ext = names_of(alert_row, "cipsec_alerts");
    return ext;
}

const char *cs_name(const value_string *names, uint32_t value)
{
    const char *name = try_val_to_str(value, names);
    return name ? name : "";
}

const char *cs_name_suite(wmem_allocator_t *pool, uint16_t suite)
{
    const cs_suite *known = cs_suite_find(suite);
    return known ? known->name : wmem_strdup_printf(pool, "0x%04X", suite);
}

const char *cs_name_version(wmem_allocator_t *pool, uint16_t version)
{
    const char *name = try_val_to_str(version, cs_names_version);
    return name ? name : wmem_strdup_printf(pool, "0x%04X", version);
}

const char *cs_name_alert(wmem_allocator_t *pool, uint8_t alert)
{
    const cs_alert_info *info = cs_alert_find(alert);
    return info ? info->name : wmem_strdup_printf(pool, "alert %u", alert);
}

const char *cs_name_transport_classes(wmem_allocator_t *pool, uint8_t classes)
{
    const char *text = "";
    for (unsigned n = 0; n < 8; n++)
        if (classes & (1u << n))
            text = wmem_strdup_printf(pool, "%s%s%u", text, *text ? ", " : "", n);
    return text;
}
