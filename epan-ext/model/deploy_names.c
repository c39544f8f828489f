/* deploy_names.c
 * Names of classes, attributes, services, states and statuses in the sentences of a deployment.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "deploy_private.h"

typedef struct {
    uint32_t class_id; /* CS_CIP_UNSET: any class */
    uint32_t id;
    const char *name;
} name_row;

static const name_row classes[] = {
    {CS_CIP_UNSET, CS_CLASS_CIP_SECURITY, "CIP Security"},
    {CS_CIP_UNSET, CS_CLASS_EIP_SECURITY, "EtherNet/IP Security"},
    {CS_CIP_UNSET, CS_CLASS_CERT_MGMT, "Certificate Management"},
    {CS_CIP_UNSET, CS_CLASS_FILE, "File"},
    {CS_CIP_UNSET, CS_CLASS_TCPIP, "TCP/IP Interface"},
};

static const name_row attributes[] = {
    {CS_CLASS_CIP_SECURITY, 1, "State"},
    {CS_CLASS_CIP_SECURITY, 2, "Security Profiles"},
    {CS_CLASS_CIP_SECURITY, 3, "Security Profiles Configured"},
    {CS_CLASS_CIP_SECURITY, 4, "Object Authorization"},
    {CS_CLASS_EIP_SECURITY, 1, "State"},
    {CS_CLASS_EIP_SECURITY, 2, "Capability Flags"},
    {CS_CLASS_EIP_SECURITY, 3, "Available Cipher Suites"},
    {CS_CLASS_EIP_SECURITY, 4, "Allowed Cipher Suites"},
    {CS_CLASS_EIP_SECURITY, 5, "Pre-Shared Keys"},
    {CS_CLASS_EIP_SECURITY, 6, "Active Device Certificates"},
    {CS_CLASS_EIP_SECURITY, 7, "Trusted Authorities"},
    {CS_CLASS_EIP_SECURITY, 8, "Certificate Revocation List"},
    {CS_CLASS_EIP_SECURITY, 9, "Verify Client Certificate"},
    {CS_CLASS_EIP_SECURITY, 10, "Send Certificate Chain"},
    {CS_CLASS_EIP_SECURITY, 11, "Check Expiration"},
    {CS_CLASS_EIP_SECURITY, 12, "Trusted Identities"},
    {CS_CLASS_EIP_SECURITY, 13, "Pull Model Enable"},
    {CS_CLASS_EIP_SECURITY, 14, "Pull Model Status"},
    {CS_CLASS_EIP_SECURITY, 15, "DTLS Timeout"},
    {CS_CLASS_EIP_SECURITY, 16, "UDP-only Policy"},
    {CS_CLASS_EIP_SECURITY, 17, "Check Subject Alternative Name"},
    {CS_CLASS_EIP_SECURITY, 18, "Available Originator Cipher Suites"},
    {CS_CLASS_EIP_SECURITY, 19, "Allowed Originator Cipher Suites"},
    {CS_CLASS_CERT_MGMT, 1, "Name"},
    {CS_CLASS_CERT_MGMT, 2, "State"},
    {CS_CLASS_CERT_MGMT, 3, "Device Certificate"},
    {CS_CLASS_CERT_MGMT, 4, "CA Certificate"},
    {CS_CLASS_CERT_MGMT, 5, "Certificate Encoding"},
    {CS_CLASS_TCPIP, 14, "IANA Port Admin"},
    {CS_CLASS_TCPIP, 15, "IANA Protocol Admin"},
};

static const name_row services[] = {
    {CS_CLASS_CIP_SECURITY, SC_BEGIN, "Begin_Config"},
    {CS_CLASS_CIP_SECURITY, SC_KICK, "Kick_Timer"},
    {CS_CLASS_CIP_SECURITY, SC_APPLY_OR_END, "End_Config"},
    {CS_CLASS_CIP_SECURITY, SC_ABORT_OR_CLEANUP, "Object_Cleanup"},
    {CS_CLASS_EIP_SECURITY, SC_BEGIN, "Begin_Config"},
    {CS_CLASS_EIP_SECURITY, SC_KICK, "Kick_Timer"},
    {CS_CLASS_EIP_SECURITY, SC_APPLY_OR_END, "Apply_Config"},
    {CS_CLASS_EIP_SECURITY, SC_ABORT_OR_CLEANUP, "Abort_Config"},
    {CS_CLASS_CERT_MGMT, SC_CREATE_CSR, "Create_CSR"},
    {CS_CLASS_CERT_MGMT, SC_VERIFY, "Verify_Certificate"},
    {CS_CLASS_FILE, SC_INITIATE_UPLOAD, "Initiate_Upload"},
    {CS_CLASS_FILE, SC_INITIATE_DOWNLOAD, "Initiate_Download"},
    {CS_CLASS_FILE, SC_UPLOAD, "Upload_Transfer"},
    {CS_CLASS_FILE, SC_DOWNLOAD, "Download_Transfer"},
    {CS_CLASS_FILE, SC_CLEAR_FILE, "Clear_File"},
    {CS_CLASS_TCPIP, SC_PORT_ADMIN, "Set_Port_Admin_State"},
    {CS_CLASS_TCPIP, SC_PROTOCOL_ADMIN, "Set_Protocol_Admin_State"},
    {CS_CIP_UNSET, SC_GET_ALL, "Get_Attributes_All"},
    {CS_CIP_UNSET, SC_SET_ALL, "Set_Attributes_All"},
    {CS_CIP_UNSET, SC_GET_LIST, "Get_Attribute_List"},
    {CS_CIP_UNSET, SC_SET_LIST, "Set_Attribute_List"},
    {CS_CIP_UNSET, SC_RESET, "Reset"},
    {CS_CIP_UNSET, SC_CREATE, "Create"},
    {CS_CIP_UNSET, SC_DELETE, "Delete"},
    {CS_CIP_UNSET, SC_GET, "Get_Attribute_Single"},
    {CS_CIP_UNSET, SC_SET, "Set_Attribute_Single"},
};

static const name_row states[] = {
    {CS_CLASS_CIP_SECURITY, 0, "Factory Default Configuration"},
    {CS_CLASS_CIP_SECURITY, 1, "Configuration In Progress"},
    {CS_CLASS_CIP_SECURITY, 2, "Configured"},
    {CS_CLASS_CIP_SECURITY, 3, "Incomplete Configuration"},
    {CS_CLASS_EIP_SECURITY, 0, "Factory Default Configuration"},
    {CS_CLASS_EIP_SECURITY, 1, "Configuration In Progress"},
    {CS_CLASS_EIP_SECURITY, 2, "Configured"},
    {CS_CLASS_EIP_SECURITY, 3, "Pull Model In Progress"},
    {CS_CLASS_EIP_SECURITY, 4, "Pull Model Completed"},
    {CS_CLASS_EIP_SECURITY, 5, "Pull Model Disabled"},
};

static const name_row statuses[] = {
    {CS_CLASS_CIP_SECURITY, 0xD0, "Nothing to clean up"},
    {CS_CLASS_CERT_MGMT, 0xD0, "Verification failed"},
    {CS_CLASS_FILE, 0xD0, "Checksum failed"},
    {CS_CIP_UNSET, 0x02, "Resource unavailable"},
    {CS_CIP_UNSET, 0x03, "Invalid parameter value"},
    {CS_CIP_UNSET, 0x04, "Path segment error"},
    {CS_CIP_UNSET, 0x05, "Path destination unknown"},
    {CS_CIP_UNSET, 0x08, "Service not supported"},
    {CS_CIP_UNSET, 0x09, "Invalid attribute value"},
    {CS_CIP_UNSET, 0x0B, "Already in requested mode or state"},
    {CS_CIP_UNSET, 0x0C, "Object state conflict"},
    {CS_CIP_UNSET, 0x0D, "Object already exists"},
    {CS_CIP_UNSET, 0x0E, "Attribute not settable"},
    {CS_CIP_UNSET, 0x0F, "Privilege violation"},
    {CS_CIP_UNSET, 0x10, "Device state conflict"},
    {CS_CIP_UNSET, 0x11, "Reply data too large"},
    {CS_CIP_UNSET, 0x13, "Not enough data"},
    {CS_CIP_UNSET, 0x14, "Attribute not supported"},
    {CS_CIP_UNSET, 0x15, "Too much data"},
    {CS_CIP_UNSET, 0x16, "Object does not exist"},
    {CS_CIP_UNSET, 0x19, "Store operation failure"},
    {CS_CIP_UNSET, 0x1F, "Vendor specific error"},
    {CS_CIP_UNSET, 0x20, "Invalid parameter"},
    {CS_CIP_UNSET, 0x2C, "Attribute not gettable"},
    {CS_CIP_UNSET, 0x2D, "Instance not deletable"},
    {CS_CIP_UNSET, 0x2E, "Service not supported for specified path"},
};

static const name_row apply_words[] = {
    {CS_CIP_UNSET, 1, "only PSK suites allowed, but no PSK configured"},
    {CS_CIP_UNSET, 2, "only certificate suites allowed, but no certificate configured"},
    {CS_CIP_UNSET, 3, "no allowed suite fits the device's key type"},
    {CS_CIP_UNSET, 4, "no active cipher suite at all"},
};

static const char *find_name(const name_row *rows, size_t n, uint32_t class_id, uint32_t id)
{
    for (size_t i = 0; i < n; i++)
        if (rows[i].id == id && (rows[i].class_id == class_id || rows[i].class_id == CS_CIP_UNSET))
            return rows[i].name;
    return NULL;
}

const char *cs_deploy_class_name(uint32_t class_id)
{
    const char *name = find_name(classes, G_N_ELEMENTS(classes), CS_CIP_UNSET, class_id);
    return name ? name : "other";
}

const char *cs_deploy_attribute_name(uint32_t class_id, uint32_t attribute, char *buf, size_t size)
{
    const char *name = find_name(attributes, G_N_ELEMENTS(attributes), class_id, attribute);
    if (name)
        return name;
    g_snprintf(buf, (gulong)size, attribute == CS_CIP_UNSET ? "attribute" : "attribute %u", attribute);
    return buf;
}

const char *cs_deploy_service_name(uint32_t class_id, uint8_t service)
{
    return find_name(services, G_N_ELEMENTS(services), class_id, service);
}

const char *cs_deploy_state_name(uint32_t class_id, unsigned state)
{
    const char *name = find_name(states, G_N_ELEMENTS(states), class_id, state);
    return name ? name : "unknown state";
}

char *cs_deploy_status_text(const cs_cip_message *response)
{
    const char *name = find_name(statuses, G_N_ELEMENTS(statuses), response->class_id, response->status);
    GString *text = g_string_new(NULL);
    g_string_printf(text, "0x%02X %s", response->status,
                    name ? name : response->status >= 0xD0 ? "Object specific error" : "error");
    const char *word = NULL;
    if (response->n_ext && response->class_id == CS_CLASS_EIP_SECURITY && response->service == SC_APPLY_OR_END)
        word = find_name(apply_words, G_N_ELEMENTS(apply_words), CS_CIP_UNSET, response->ext[0]);
    if (word)
        g_string_append_printf(text, ": %s", word);
    else if (response->n_ext)
        g_string_append_printf(text, " (0x%04X)", response->ext[0]);
    return g_string_free(text, FALSE);
}

const char *cs_deploy_result_text(cs_deploy_result result)
{
    static const char *const texts[] = {
        "The capture ends inside the configuration session.",
        "Configuration complete. No issues identified.",
        "Configuration complete. Warnings identified.",
        "Configuration not complete. Error identified.",
        "The result cannot be read from this capture.",
    };
    return texts[result];
}

const char *cs_deploy_kind_name(cs_deploy_kind kind)
{
    static const char *const names[] = {"", "Initial deployment", "Redeployment", "Policy removal",
                                        "Encrypted session (recognised from outside)", "Configuration"};
    return names[kind];
}

cs_step_outcome cs_deploy_step_outcome(const cs_deploy_step *step)
{
    return step->outcome == CS_OUTCOME_ERROR && !step->fatal ? CS_OUTCOME_WARNING : step->outcome;
}

const char *cs_step_outcome_name(cs_step_outcome outcome)
{
    static const char *const names[] = {"no answer", "ok", "note", "warning", "error"};
    return names[outcome];
}
