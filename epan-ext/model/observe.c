/* observe.c
 * Hands each observed fact to the parts of the model that want it, in a fixed order.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <cipsec/model.h>

#include "attribute_lists.h"
#include "attributes.h"
#include "model_private.h"

/* Of the Identity object, which is asked all day, only a device's name and the like are wanted. */
static void observe_one(void *user, const cs_cip_message *msg)
{
    cs_capture *cap = user;
    bool identity = msg->class_id == CS_CLASS_IDENTITY;
    if (!identity)
        cs_connections_observe(cap, msg);
    cs_devices_observe(cap, msg);
    if (identity)
        return;
    cs_certs_observe(cap, msg);
    cs_deployments_observe(cap, msg);
}

void cs_observe_cip(cs_capture *cap, const cs_cip_message *msg)
{
    cap->finished = false;
    if (!cs_attribute_list_each(msg, observe_one, cap))
        observe_one(cap, msg);
}

void cs_observe_file(cs_capture *cap, const cs_file_transfer *file)
{
    cap->finished = false;
    cs_certs_file(cap, file);
    cs_deployments_file(cap, file);
}

void cs_observe_enrollment(cs_capture *cap, const cs_enrollment_body *body)
{
    cap->finished = false;
    cs_certs_enrollment(cap, body);
}

bool cs_cip_device(const cs_cip_message *msg, cs_addr *device, cs_addr *tool)
{
    if (!msg->stream)
        return false;
    /* The receiver of a request is the device, whatever the TLS roles: a device may act as CIP originator too. */
    int asker = msg->response ? 1 - msg->sender : msg->sender;
    *tool = msg->stream->end[asker].ep.addr;
    *device = msg->stream->end[1 - asker].ep.addr;
    return device->family != 0;
}

void cs_capture_finish(cs_capture *cap)
{
    if (cap->finished)
        return;
    if (cap->before_finish)
        cap->before_finish(cap);
    cs_streams_finish(cap);
    cs_certs_finish(cap);
    cs_devices_finish(cap);
    cs_deployments_finish(cap);
    cs_stream_findings_finish(cap);
    cap->finished = true;
}
