/* scenarios_deployment.c
 * Push deployments: first, again, with warnings, failed, abandoned, in conflict, in the clear; and policy removal.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "scenario.h"

static const deploy_plan plain_plan = { "Practice Plant Model", NULL, allowed_both, false, false, false, false };

/* A tool's first contact: the device shows its born-on certificate, the client shows none. */
static lab_security first_contact(const lab_node *device)
{
    lab_security s = { 0 };

    s.suites[0] = SUITES_TOOL;
    s.suites[1] = SUITES_CBC;
    s.pki[1] = device->vendor_pki;
    s.no_client_certificate = true;
    s.keylog = true;
    return s;
}

/* A tool's contact with a device that it deployed before. */
static lab_security later_contact(const lab_node *tool, const lab_node *device)
{
    lab_security s = usual(tool, device, SUITES_CBC);

    s.suites[0] = SUITES_TOOL;
    return s;
}

static void initial(lab_net *net, truth_capture *truth)
{
    const lab_node *tool = plant_node("FTPM_FTSS"), *blue = plant_node("Blue_L85E");
    lab_security first = first_contact(blue), later;
    lab_device *device = device_new(blue);
    lab_channel *ch;
    cip_client *c;

    expect(truth, "self_signed");
    cip_list_identity_one(net, tool, device);
    ch = channel_secure(net, "initial push deployment", tool, blue, false, &first);
    c = cip_begin(ch, device);
    deploy_push(c, &plain_plan, expect_deployment(truth, ch));
    cip_end(c);
    net_wait(net, 3000000);
    later = later_contact(tool, blue);
    ch = channel_secure(net, "check with the provisioned certificate", tool, blue, false, &later);
    c = cip_begin(ch, device);
    cip_request(c, 0x0E, 0x5D, 1, 1, NULL, 0);
    cip_end(c);
    cip_list_identity_one(net, tool, device);
    device_free(device);
}

static void again(lab_net *net, truth_capture *truth)
{
    static const deploy_plan plan = { "Practice Plant Model 2", "blue-renewed", allowed_cbc, true, false, true, true };
    const lab_node *tool = plant_node("FTPM_FTSS"), *blue = plant_node("Blue_L85E");
    lab_device *device = deployed("Blue_L85E", allowed_both);
    lab_security s = later_contact(tool, blue);
    lab_channel *ch = channel_secure(net, "redeployment", tool, blue, false, &s);
    cip_client *c = cip_begin(ch, device);

    device->csr_pki = "blue-renewed";
    expect(truth, "certificate_revoked");
    deploy_push(c, &plan, expect_deployment(truth, ch));
    cip_end(c);
    device_free(device);
}

/* One deployment of the plain plan to a device. */
static void deploy_to(lab_net *net, truth_capture *truth, const char *label, lab_device *device)
{
    const lab_node *tool = plant_node("FTPM_FTSS");
    lab_security s = first_contact(device->node);
    lab_channel *ch = channel_secure(net, label, tool, device->node, false, &s);
    cip_client *c = cip_begin(ch, device);

    deploy_push(c, &plain_plan, expect_deployment(truth, ch));
    cip_end(c);
    net_wait(net, 2000000);
}

/* The tool installs a certificate that was made for an older key pair than the CSR's. */
static void wrong_certificate(lab_net *net, truth_capture *truth)
{
    lab_device *device = device_new(plant_node("Blue_L85E"));

    device->csr_pki = "blue-renewed";
    expect(truth, "csr_mismatch");
    deploy_to(net, truth, "certificate of another key", device);
    device_free(device);
}

/* The deployment is in order, but then the device goes on with an older key pair. */
static void wrong_key(lab_net *net, truth_capture *truth)
{
    static const deploy_plan plan = { "Practice Plant Model", "blue-renewed", allowed_cbc, false, false, false, false };
    const lab_node *tool = plant_node("FTPM_FTSS"), *blue = plant_node("Blue_L85E");
    lab_security first = first_contact(blue), later = later_contact(tool, blue);
    lab_device *device = device_new(blue);
    lab_channel *ch = channel_secure(net, "initial push deployment", tool, blue, false, &first);
    cip_client *c = cip_begin(ch, device);

    device->csr_pki = "blue-renewed";
    expect(truth, "csr_mismatch");
    deploy_push(c, &plan, expect_deployment(truth, ch));
    cip_end(c);
    net_wait(net, 3000000);
    c = cip_begin(channel_secure(net, "with another certificate than installed", tool, blue, false, &later), device);
    cip_request(c, 0x0E, 0x5D, 1, 1, NULL, 0);
    cip_end(c);
    device_free(device);
}

static void warnings(lab_net *net, truth_capture *truth)
{
    lab_device *device = device_new(plant_node("Green_EN4TR"));

    device->unsupported = 17;
    deploy_to(net, truth, "deployment with a warning", device);
    device_free(device);
}

static void fails(lab_net *net, truth_capture *truth)
{
    lab_device *verify = device_new(plant_node("Yellow_EN4TR")), *apply = device_new(plant_node("Green_EN4TR"));

    expect(truth, "config_failed");
    expect(truth, "config_step_refused");
    verify->verify_fails = true;
    apply->apply_word = 2;
    deploy_to(net, truth, "deployment fails at Verify_Certificate", verify);
    deploy_to(net, truth, "deployment fails at Apply_Config", apply);
    cip_list_identity_one(net, plant_node("FTPM_FTSS"), verify);
    device_free(verify);
    device_free(apply);
}

/* Three devices one after the other: complete, complete with warnings, not complete. */
static void plant(lab_net *net, truth_capture *truth)
{
    static const char *const names[] = { "Blue_L85E", "Green_EN4TR", "Yellow_EN4TR" };

    expect(truth, "config_failed");
    expect(truth, "config_step_refused");
    for (int i = 0; i < 3; i++) {
        lab_device *device = device_new(plant_node(names[i]));

        device->unsupported = i == 1 ? 17 : 0;
        device->verify_fails = i == 2;
        deploy_to(net, truth, names[i], device);
        device_free(device);
    }
}

static void abandoned(lab_net *net, truth_capture *truth)
{
    const lab_node *tool = plant_node("FTPM_FTSS"), *blue = plant_node("Blue_L85E");
    lab_security s = first_contact(blue);
    lab_device *device = device_new(blue);
    lab_channel *ch = channel_secure(net, "the tool falls silent", tool, blue, false, &s);
    cip_client *c = cip_begin(ch, device);
    truth_deployment *d = expect_deployment(truth, ch);

    expect(truth, "config_abandoned");
    d->result = "abandoned";
    d->reason = "the tool's connection broke after Create_CSR";
    deploy_abandon(c, &plain_plan);
    channel_break(ch, 0);
    cip_drop(c);
    net_wait(net, 15000000);
    device->cs_state = 3;
    device->eip_state = 0;
    cip_list_identity_one(net, tool, device);
    device_free(device);
}

static void conflict(lab_net *net, truth_capture *truth)
{
    const lab_node *one = plant_node("FTPM_FTSS"), *two = plant_node("FT_Linx"), *blue = plant_node("Blue_L85E");
    lab_security s = first_contact(blue);
    lab_device *device = device_new(blue);
    lab_channel *first = channel_secure(net, "first tool", one, blue, false, &s);
    lab_channel *second = channel_secure(net, "second tool", two, blue, false, &s);
    cip_client *c1 = cip_begin(first, device), *c2;

    expect(truth, "config_in_progress_conflict");
    expect(truth, "config_failed");
    deploy_abandon(c1, &plain_plan);
    expect_deployment(truth, first)->result = "abandoned";
    c2 = cip_begin(second, device);
    deploy_push(c2, &plain_plan, expect_deployment(truth, second));
    cip_end(c2);
    cip_drop(c1);
    device_free(device);
}

/* A device in the factory's state takes its first configuration without TLS; the key goes over the wire readable. */
static void in_the_clear(lab_net *net, truth_capture *truth)
{
    static const deploy_plan plan = { "Practice Plant Model", NULL, allowed_both, false, true, false, false };
    const lab_node *tool = plant_node("FTPM_FTSS"), *green = plant_node("Green_EN4TR");
    lab_device *device = device_new(green);
    lab_channel *ch = channel_clear_tcp(net, "deployment in clear text", tool, green, 44818);
    cip_client *c = cip_begin(ch, device);

    expect_always(truth, "clear_text_configuration");
    expect_always(truth, "psk_exposed");
    deploy_push(c, &plan, expect_deployment(truth, ch));
    cip_end(c);
    device_free(device);
}

static void reset(lab_net *net, truth_capture *truth)
{
    const lab_node *tool = plant_node("FTPM_FTSS"), *blue = plant_node("Blue_L85E");
    lab_device *device = deployed("Blue_L85E", allowed_both);
    lab_security s = later_contact(tool, blue);
    cip_client *c;

    expect(truth, "security_reset");
    cip_list_identity_one(net, tool, device);
    c = cip_begin(channel_secure(net, "policy removal", tool, blue, false, &s), device);
    deploy_reset(c);
    cip_end(c);
    cip_list_identity_one(net, tool, device);
    device_free(device);
}

const lab_scenario deployment_scenarios[] = {
    { "deploy-initial", "Initial push deployment with the vendor certificate", true, true, 0, initial },
    { "deploy-initial-nokeys", "Initial push deployment, without keys", false, false, 0, initial },
    { "deploy-again", "Redeployment: new certificate, revocation list, clear ports closed", true, false, 0, again },
    { "deploy-warnings", "Deployment, complete with warnings", true, false, 0, warnings },
    { "deploy-fails", "Deployments, not complete: Verify_Certificate and Apply_Config refused", true, false, 0, fails },
    { "deploy-plant", "Deployment to three devices: complete, with warnings, not complete", true, false, 0, plant },
    { "deploy-abandoned", "Deployment abandoned by the tool", true, false, 0, abandoned },
    { "deploy-conflict", "Two tools configure one device", true, false, 0, conflict },
    { "deploy-clear-text", "Deployment in clear text, with a pre-shared key", false, true, 0, in_the_clear },
    { "deploy-wrong-certificate", "Deployment of a certificate whose key is not the CSR's", true, false, 0,
      wrong_certificate },
    { "deploy-wrong-key", "After its deployment a device shows another certificate", true, false, 0, wrong_key },
    { "deploy-reset", "Policy removal by Reset", true, false, 0, reset },
    { NULL, NULL, false, false, 0, NULL },
};
