/* strings.c
 * Names of values.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "strings.h"

#include <cipsec/suites.h>

const value_string cs_state_names[] = {
    {0, "Factory Default Configuration"},
    {1, "Configuration In Progress"},
    {2, "Configured"},
    {3, "Incomplete Configuration"},
    {0, NULL},
};

const value_string eip_state_names[] = {
    {0, "Factory Default Configuration"},
    {1, "Configuration In Progress"},
    {2, "Configured"},
    {3, "Pull Model In Progress"},
    {4, "Pull Model Completed"},
    {5, "Pull Model Disabled"},
    {0, NULL},
};

const value_string eip_psk_usage_names[] = {
    {0, "Server"},
    {1, "Client"},
    {2, "Any"},
    {0, NULL},
};

const value_string eip_pull_status_names[] = {
    {0x0000, "Default"},
    {0xFFFF, "Disabled through Reset"},
    {0, NULL},
};

const value_string cm_state_names[] = {
    {0, "Non-Existent"}, {1, "Created"}, {2, "Configuring"}, {3, "Verified"}, {4, "Invalid"}, {0, NULL},
};

const value_string cm_certificate_status_names[] = {
    {0, "Not Verified"},
    {1, "Verified"},
    {2, "Invalid"},
    {0, NULL},
};

const value_string cm_encoding_names[] = {
    {0, "PEM"},
    {1, "PKCS#7"},
    {0, NULL},
};

const value_string file_state_names[] = {
    {0, "Nonexistent"},
    {1, "File Empty"},
    {2, "File Loaded"},
    {3, "Transfer Upload Initiated"},
    {4, "Transfer Download Initiated"},
    {5, "Transfer Upload In Progress"},
    {6, "Transfer Download In Progress"},
    {7, "Storing"},
    {0, NULL},
};

const value_string file_invocation_names[] = {
    {0, "No Action"},
    {1, "Reset Service to Identity Object"},
    {2, "Power Cycle"},
    {3, "Start Service Request"},
    {4, "Request Internal to the Application Object"},
    {255, "Not Applicable"},
    {0, NULL},
};

const value_string file_save_names[] = {
    {0, "Automatic"}, {1, "Save Service Required"},   {2, "Volatile"},
    {3, "Custom"},    {4, "Custom and Save Service"}, {0, NULL},
};

const value_string file_access_names[] = {
    {0, "Read/Write"},
    {1, "Read Only"},
    {0, NULL},
};

const value_string file_encoding_names[] = {
    {0, "Binary"},  {1, "Compressed"}, {2, "PEM Certificate"}, {3, "PKCS#7 Certificate"},
    {4, "PEM CRL"}, {5, "PKCS#7 CRL"}, {11, "ASCII Text"},     {12, "Word"},
    {13, "Excel"},  {14, "PDF"},       {255, "Unknown"},       {0, NULL},
};

const value_string file_packet_names[] = {
    {0, "First"}, {1, "Middle"}, {2, "Last"}, {3, "Abort"}, {4, "First and Last"}, {0, NULL},
};

const value_string file_direction_names[] = {
    {0, "Upload"},
    {1, "Download"},
    {0, NULL},
};

const value_string string_type_names[] = {
    {0xD0, "STRING"}, {0xD5, "STRING2"}, {0xD9, "STRINGN"}, {0xDA, "SHORT_STRING"}, {0, NULL},
};

const value_string string_charset_names[] = {
    {4, "ISO 8859-1"},  {5, "ISO 8859-2"},         {6, "ISO 8859-3"},         {7, "ISO 8859-4"},
    {8, "ISO 8859-5"},  {9, "ISO 8859-6"},         {10, "ISO 8859-7"},        {11, "ISO 8859-8"},
    {12, "ISO 8859-9"}, {1000, "ISO 10646 UCS-2"}, {1001, "ISO 10646 UCS-4"}, {0, NULL},
};

const value_string ip_protocol_names[] = {
    {1, "ICMP"}, {2, "IGMP"}, {6, "TCP"}, {17, "UDP"}, {0, NULL},
};

const true_false_string admin_state = {"Open", "Closed"};

value_string *cs_suite_names;

void cs_strings_register(void)
{
    size_t n = 0;
    while (cs_suite_at(n))
        n++;
    cs_suite_names = wmem_alloc0_array(wmem_epan_scope(), value_string, n + 1);
    for (size_t i = 0; i < n; i++) {
        cs_suite_names[i].value = cs_suite_at(i)->id;
        cs_suite_names[i].strptr = cs_suite_at(i)->name;
    }
}
