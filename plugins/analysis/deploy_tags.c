/* deploy_tags.c
 * What a frame means in a deployment: which session, which step of its story, how it ended.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "analysis.h"

#include <cipsec/deployments.h>

#define MAX_STEPS 32

static int hf_index = CS_ID_INIT, hf_kind = CS_ID_INIT, hf_device = CS_ID_INIT, hf_tool = CS_ID_INIT;
static int hf_step = CS_ID_INIT, hf_step_text = CS_ID_INIT, hf_step_outcome = CS_ID_INIT;
static int hf_result = CS_ID_INIT, hf_result_text = CS_ID_INIT, hf_reason = CS_ID_INIT;
static int ett_deploy = CS_ID_INIT;

static const value_string kinds[] = {
    {CS_DEPLOY_INITIAL, "Initial deployment"},
    {CS_DEPLOY_REDEPLOYMENT, "Redeployment"},
    {CS_DEPLOY_REMOVAL, "Policy removal"},
    {CS_DEPLOY_UNREADABLE, "Encrypted session (recognised from outside)"},
    {CS_DEPLOY_CHANGE, "Configuration"},
    {0, NULL},
};

static const value_string results[] = {
    {CS_RESULT_OPEN, "In progress"},
    {CS_RESULT_COMPLETE, "Complete"},
    {CS_RESULT_WARNINGS, "Complete with warnings"},
    {CS_RESULT_ERROR, "Not complete: error"},
    {CS_RESULT_UNKNOWN, "Unknown"},
    {0, NULL},
};

static const value_string outcomes[] = {
    {CS_OUTCOME_PENDING, "No answer"}, {CS_OUTCOME_OK, "OK"},       {CS_OUTCOME_NOTE, "Note"},
    {CS_OUTCOME_WARNING, "Warning"},   {CS_OUTCOME_ERROR, "Error"}, {0, NULL},
};

static void generated(proto_item *item)
{
    proto_item_set_generated(item);
}

static void show_session(tvbuff_t *tvb, proto_tree *tree, const cs_deployment *d)
{
    char addr[CS_ADDR_STRLEN];
    generated(proto_tree_add_uint(tree, hf_index, tvb, 0, 0, d->index));
    generated(proto_tree_add_uint(tree, hf_kind, tvb, 0, 0, d->kind));
    generated(proto_tree_add_string(tree, hf_device, tvb, 0, 0, cs_addr_to_str(&d->device, addr)));
    generated(proto_tree_add_string(tree, hf_tool, tvb, 0, 0, cs_addr_to_str(&d->tool, addr)));
    generated(proto_tree_add_uint(tree, hf_result, tvb, 0, 0, d->result));
    generated(proto_tree_add_string(tree, hf_result_text, tvb, 0, 0, cs_deploy_result_text(d->result)));
    if (d->reason)
        generated(proto_tree_add_string(tree, hf_reason, tvb, 0, 0, d->reason));
}

void cs_deploy_tags_show(tvbuff_t *tvb, packet_info *pinfo, proto_tree *tree, const cs_packet *packet)
{
    cs_deploy_frame steps[MAX_STEPS];
    const cs_deployment *shown = NULL;
    proto_tree *sub = NULL;
    unsigned n = cs_deployments_of_frame(cs_current_capture(), pinfo->num, packet->stream, steps, MAX_STEPS);
    for (unsigned i = 0; i < n; i++) {
        const cs_deployment *d = steps[i].deployment;
        if (d != shown) {
            proto_item *item;
            sub = proto_tree_add_subtree_format(tree, tvb, 0, 0, ett_deploy, &item, "Deployment %u, step %u: %s",
                                                d->index, steps[i].number, cs_deploy_step_text(steps[i].step));
            generated(item);
            show_session(tvb, sub, d);
            shown = d;
        }
        generated(proto_tree_add_uint(sub, hf_step, tvb, 0, 0, steps[i].number));
        generated(proto_tree_add_string(sub, hf_step_text, tvb, 0, 0, cs_deploy_step_text(steps[i].step)));
        generated(proto_tree_add_uint(sub, hf_step_outcome, tvb, 0, 0, cs_deploy_step_outcome(steps[i].step)));
    }
}

void cs_deploy_tags_register(void)
{
    static hf_register_info hf[] = {
        {&hf_index,
         {"Deployment", "cipsec.deploy.index", FT_UINT32, BASE_DEC, NULL, 0,
          "Number of the configuration session in the capture, from 1", HFILL}},
        {&hf_kind,
         {"Deployment kind", "cipsec.deploy.kind", FT_UINT8, BASE_DEC, VALS(kinds), 0, NULL, HFILL}},
        {&hf_device,
         {"Device", "cipsec.deploy.device", FT_STRING, BASE_NONE, NULL, 0, "Address of the configured device", HFILL}},
        {&hf_tool,
         {"Tool", "cipsec.deploy.tool", FT_STRING, BASE_NONE, NULL, 0, "Address of the configuring tool", HFILL}},
        {&hf_step,
         {"Step", "cipsec.deploy.step", FT_UINT32, BASE_DEC, NULL, 0, "Number of the step that this frame belongs to",
          HFILL}},
        {&hf_step_text, {"Step text", "cipsec.deploy.step.text", FT_STRING, BASE_NONE, NULL, 0, NULL, HFILL}},
        {&hf_step_outcome,
         {"Step outcome", "cipsec.deploy.step.outcome", FT_UINT8, BASE_DEC, VALS(outcomes), 0, NULL, HFILL}},
        {&hf_result,
         {"Result", "cipsec.deploy.result", FT_UINT8, BASE_DEC, VALS(results), 0, "How the session ended", HFILL}},
        {&hf_result_text,
         {"Result text", "cipsec.deploy.result.text", FT_STRING, BASE_NONE, NULL, 0, "In the deployment tool's words",
          HFILL}},
        {&hf_reason,
         {"Reason", "cipsec.deploy.reason", FT_STRING, BASE_NONE, NULL, 0, "Why it is not simply complete", HFILL}},
    };
    static int *ett[] = {&ett_deploy};
    proto_register_field_array(proto_cipsec, hf, array_length(hf));
    proto_register_subtree_array(ett, array_length(ett));
}
