/* model_private.h
 * Seams between the files of the model. Not for use outside epan-ext/model.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef CIPSEC_MODEL_PRIVATE_H
#define CIPSEC_MODEL_PRIVATE_H

#include <cipsec/model.h>

/* connections.c: Forward_Open and relatives; the rest of cs_observe_cip() goes on to the devices. */
void cs_connections_observe(cs_capture *cap, const cs_cip_message *msg);
void cs_connection_free(gpointer connection);
/* rhythm.c */
void cs_rhythm_finish(cs_capture *cap, cs_stream *stream);
/* devices.c */
void cs_devices_observe(cs_capture *cap, const cs_cip_message *msg);
/** True for a value that was written and has not been applied: it is not in force. */
bool cs_device_pending(const cs_device *dev, const cs_attribute_value *v);
void cs_device_free(gpointer device);
/* posture.c: devices joined with the streams at their ends */
void cs_devices_finish(cs_capture *cap);
bool cs_stream_is_clear_traffic(const cs_stream *s);
bool cs_stream_session_up(const cs_stream *s);
/* posture_suites.c: allowed cipher suites against those in use */
void cs_posture_stream(cs_capture *cap, cs_stream *s, const cs_when *at);
void cs_posture_device(cs_capture *cap, cs_device *dev);
/* deployments.c */
void cs_deployments_init(cs_capture *cap);
void cs_deployments_clear(cs_capture *cap);
void cs_deployments_observe(cs_capture *cap, const cs_cip_message *msg);
void cs_deployments_file(cs_capture *cap, const cs_file_transfer *file);
void cs_deployments_finish(cs_capture *cap);
/* certs.c */
void cs_certs_init(cs_capture *cap);
void cs_certs_clear(cs_capture *cap);
void cs_certs_observe(cs_capture *cap, const cs_cip_message *msg);
void cs_certs_file(cs_capture *cap, const cs_file_transfer *file);
void cs_certs_enrollment(cs_capture *cap, const cs_enrollment_body *body);
void cs_certs_finish(cs_capture *cap);
/** Forgets which steps the last frame brought. */
void cs_deployments_forget_frame(cs_capture *cap, uint32_t frame);
/* frames.c */
/** @return true when another frame has taken the number since. */
bool cs_frame_is_gone(const cs_capture *cap, const cs_when *at);
/* findings.c */
void cs_finding_free(gpointer finding);
/* stream_findings.c */
void cs_stream_findings_finish(cs_capture *cap);
/* streams: end-of-capture conclusions */
void cs_streams_finish(cs_capture *cap);

#endif
