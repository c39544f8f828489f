/* deploy_file.c
 * Transferred files in the story of a deployment: what they hold and whether they arrived.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <cipsec/certs.h>

#include "deploy_private.h"

#include <string.h>

#define LOOK_BACK 64 /* sessions */

static const char *file_content(const cs_file_transfer *file)
{
    static const struct {
        const char *mark, *name;
    } marks[] = {{"-----BEGIN CERTIFICATE REQUEST", "a CSR"},
                 {"-----BEGIN NEW CERTIFICATE REQUEST", "a CSR"},
                 {"-----BEGIN CERTIFICATE", "a certificate"},
                 {"-----BEGIN X509 CRL", "a revocation list"},
                 {"-----BEGIN PKCS7", "PKCS#7"}};
    for (size_t i = 0; i < G_N_ELEMENTS(marks); i++)
        if (file->len >= strlen(marks[i].mark) && memcmp(file->bytes, marks[i].mark, strlen(marks[i].mark)) == 0)
            return marks[i].name;
    return file->len && file->bytes[0] == 0x30 ? "DER" : "other content";
}

/* The subject of the object that the store found in the file; NULL when it found none. */
static const char *file_subject(const cs_capture *cap, const cs_file_transfer *file)
{
    const GPtrArray *certs = cs_certs_all(cap);
    for (guint i = certs->len; i-- > 0;) {
        const cs_cert *cert = certs->pdata[i];
        for (guint j = cert->seen ? cert->seen->len : 0; j-- > 0;) {
            const cs_cert_seen *seen = &g_array_index(cert->seen, cs_cert_seen, j);
            if (seen->file_instance == file->instance && cs_addr_equal(&seen->device, &file->device) &&
                seen->at.frame == file->end.frame && seen->position == 0)
                return cert->subject;
        }
    }
    return NULL;
}

static char *file_text(const cs_capture *cap, const cs_file_transfer *file)
{
    const char *subject = file_subject(cap, file);
    const char *verdict = !file->complete ? "not complete" : file->checksum_ok ? "checksum right" : "wrong checksum";
    return g_strdup_printf("%s%s%s, %s", file_content(file), subject ? " of " : "", subject ? subject : "", verdict);
}

void cs_deployments_file(cs_capture *cap, const cs_file_transfer *file)
{
    cs_step_kind kind = file->direction == CS_FILE_UPLOAD ? CS_STEP_FILE_UPLOAD : CS_STEP_FILE_DOWNLOAD;
    const GPtrArray *all = cs_deploy_all(cap);
    for (guint i = all->len; i-- > 0 && all->len - i <= LOOK_BACK;) {
        cs_deployment *d = all->pdata[i];
        if (!cs_addr_equal(&d->device, &file->device) || (file->stream && d->idle_since.frame < file->start.frame))
            continue;
        for (guint j = d->steps->len; j-- > 0;) {
            cs_deploy_step *step = d->steps->pdata[j];
            if (step->kind != kind || step->instance != file->instance)
                continue;
            cs_deploy_tell_file(d, step, file_text(cap, file));
            return;
        }
    }
}
