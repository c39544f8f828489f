/* message.c
 * A message of one of the objects: service, status, the tie between request and response, body, Info column.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "message.h"

#include "status.h"
#include "stock_view.h"

#include <epan/column-utils.h>

#include <cipsec/epath.h>

/* Where Wireshark itself hands object-specific services to: shown hidden so that its filter name goes on matching. */
#define FIRST_OBJECT_SPECIFIC_SERVICE 0x4B

static void put_target(cs_message *msg, tvbuff_t *tvb)
{
    if (msg->instance == CS_CIP_UNSET)
        return;
    proto_item *item =
        proto_tree_add_uint(msg->cur.tree, cs_field_hf(msg->object, CS_F_COMMON_INSTANCE), tvb, 0, 0, msg->instance);
    proto_item_set_generated(item);
    if (msg->instance == 0)
        proto_item_append_text(item, " (class)");
}

/* Reads class, instance and attribute: of a request from its path, of a response from its request. */
static void find_target(cs_message *msg, tvbuff_t *tvb, const cip_req_info_t *ri)
{
    cs_epath_target target;
    if (!msg->response) {
        int n = msg->body - 2;
        cs_epath_parse(n > 0 ? tvb_get_ptr(tvb, 2, n) : (const uint8_t *)"", n > 0 ? (size_t)n : 0, &target);
        msg->instance = target.instance;
        msg->attribute = target.attribute;
    } else if (msg->exchange) {
        msg->instance = msg->exchange->instance;
        msg->attribute = msg->exchange->attribute;
    } else if (ri && ri->ciaData) {
        msg->instance = ri->ciaData->iInstance;
        msg->attribute = ri->ciaData->iAttribute;
    }
    msg->scope = msg->instance == 0 || msg->instance == CS_CIP_UNSET ? CS_SCOPE_CLASS : CS_SCOPE_INSTANCE;
}

static void put_status(cs_message *msg, tvbuff_t *tvb)
{
    int captured = (int)tvb_captured_length(tvb);
    if (captured < 3)
        return;
    msg->status = cs_tvb_u8(tvb, 2);
    const char *name = cs_status_name(msg->status);
    const char *meaning = cs_status_meaning(msg->object, msg->service, msg->status, CS_NO_WORD);
    proto_item *item = proto_tree_add_uint_format_value(
        msg->cur.tree, cs_field_hf(msg->object, CS_F_COMMON_STATUS), tvb, 2, 1, msg->status, "%s (0x%02x)%s%s",
        name ? name : "Unknown", msg->status, meaning ? ": " : "", meaning ? meaning : "");
    int words = captured > 3 ? cs_tvb_u8(tvb, 3) : 0;
    for (int i = 0; i < words && 6 + 2 * i <= captured; i++) {
        uint16_t word = tvb_get_letohs(tvb, 4 + 2 * i);
        const char *text = i == 0 ? cs_status_meaning(msg->object, msg->service, msg->status, word) : NULL;
        proto_tree_add_uint_format_value(msg->cur.tree, cs_field_hf(msg->object, CS_F_COMMON_STATUS_EXT), tvb,
                                         4 + 2 * i, 2, word, "0x%04x%s%s", word, text ? ": " : "", text ? text : "");
        if (text)
            meaning = text;
    }
    if (meaning)
        msg->info = meaning;
    if (!cs_status_harmless(msg->object, msg->service, msg->status))
        cs_expert(msg->cur.pinfo, item, CS_FIND_STATUS_ERROR, "%s of %s: %s%s%s",
                  msg->row ? msg->row->name : "a service", cs_object_get(msg->object)->short_name,
                  name ? name : "unknown status", meaning ? ", " : "", meaning ? meaning : "");
}

static proto_item *put_frame(cs_message *msg, cs_field field, uint32_t frame)
{
    proto_item *item = proto_tree_add_uint(msg->cur.tree, cs_field_hf(msg->object, field), msg->cur.tvb, 0, 0, frame);
    proto_item_set_generated(item);
    return item;
}

/* Request and response by frame; what is missing is said, on a pass that can know. */
static void put_exchange(cs_message *msg)
{
    packet_info *pinfo = msg->cur.pinfo;
    const cs_exchange *x = msg->exchange;
    if (!msg->response) {
        char buf[CS_UNANSWERED_STRLEN];
        if (x && x->again)
            put_frame(msg, CS_F_COMMON_REPEATED_IN, x->again->request_at.frame);
        if (x && x->response_at.frame)
            put_frame(msg, CS_F_COMMON_RESPONSE_IN, x->response_at.frame);
        else if (x && !x->again && PINFO_FD_VISITED(pinfo)) {
            const char *why = cs_exchange_unanswered(x, buf);
            cs_expert_only(pinfo, msg->cur.item, CS_FIND_NO_RESPONSE, why ? "%s" : NULL, why);
        }
        return;
    }
    if (!x || !x->request_at.frame) {
        cs_expert(pinfo, msg->cur.item, CS_FIND_NO_REQUEST, NULL);
        return;
    }
    put_frame(msg, CS_F_COMMON_REQUEST_IN, x->request_at.frame);
    int64_t ns = cs_packet_when(pinfo).ns - x->request_at.ns;
    nstime_t time = {(time_t)(ns / 1000000000), (int)(ns % 1000000000)};
    proto_item_set_generated(proto_tree_add_time(msg->cur.tree, cs_field_hf(msg->object, CS_F_COMMON_RESPONSE_TIME),
                                                 msg->cur.tvb, 0, 0, &time));
}

static void read_layout(cs_message *msg, cs_body body)
{
    unsigned count;
    const cs_member_row *members = cs_layout(body, &count);
    wmem_strbuf_t *text = wmem_strbuf_new(msg->cur.pinfo->pool, "");
    for (unsigned i = 0; i < count && !msg->cur.broken; i++) {
        if (members[i].need == CS_NEED_OPTIONAL && cs_left(&msg->cur) <= 0)
            break;
        msg->cur.what = cs_field_name(members[i].field);
        const char *value = cs_codec_read(&msg->cur, members[i].codec, members[i].field, CS_PLACE_ALL);
        if (!value || !members[i].info)
            continue;
        const char *mark = strstr(members[i].info, "%s");
        wmem_strbuf_append_printf(text, "%s%.*s%s%s", wmem_strbuf_get_len(text) ? ", " : "",
                                  (int)(mark - members[i].info), members[i].info, value, mark + 2);
    }
    if (wmem_strbuf_get_len(text) && !msg->info)
        msg->info = wmem_strbuf_get_str(text);
    cs_put_rest(&msg->cur, true);
}

/* The attribute that the path names, where no value will name it: of a request to read, a refusal, a Set's response. */
static void put_attribute(cs_message *msg, cs_body body)
{
    bool value = body == CS_BODY_ATTRIBUTE && (!msg->response || !msg->status || cs_left(&msg->cur) > 0);
    if (value || msg->attribute == CS_CIP_UNSET)
        return;
    const char *name = cs_attribute_name(msg->cur.pinfo, msg->object, msg->scope, msg->attribute);
    proto_item_set_generated(
        proto_tree_add_uint_format_value(msg->cur.tree, cs_field_hf(msg->object, CS_F_COMMON_ATTRIBUTE), msg->cur.tvb,
                                         0, 0, msg->attribute, "%u (%s)", msg->attribute, name));
}

static void read_body(cs_message *msg)
{
    cs_cursor *cur = &msg->cur;
    cs_body body = !msg->row ? CS_BODY_RAW : msg->response ? msg->row->response : msg->row->request;
    bool generic = msg->service < FIRST_OBJECT_SPECIFIC_SERVICE;
    bool attributes = body > CS_BODY_RAW && body <= CS_BODY_WROTE_LIST;
    bool list = body >= CS_BODY_GET_LIST && body <= CS_BODY_WROTE_LIST;
    cur->secret = cs_attributes_secret(msg, body);
    put_attribute(msg, body);
    if (!attributes || (msg->response && msg->status))
        cs_put_stock_data(cur, cur->at, cs_left(cur));
    if (generic && !(msg->response && msg->status))
        cs_stock_common(cur, msg->service, msg->response);
    bool described = !msg->row || attributes || body == CS_BODY_EMPTY;
    if (!described && cs_left(cur) > 0)
        cs_remark_mark(cur, cur->item, msg->row->mark, msg->row->name);
    /* What comes with an error is not defined but for lists, which have a status for each attribute. */
    cur->uncertain = (!described && msg->row->mark != CS_MARK_A) || (msg->response && msg->status && !list);
    /* An error response normally has no body; some devices add one all the same. */
    if (msg->response && msg->status && cs_left(cur) <= 0)
        return;
    const char *status_info = msg->info;
    switch (body) {
    case CS_BODY_EMPTY:
        cs_put_rest(cur, true);
        break;
    case CS_BODY_RAW:
        cs_put_rest(cur, false);
        break;
    case CS_BODY_ATTRIBUTE:
        cs_read_attribute_single(msg);
        break;
    case CS_BODY_ALL:
        cs_read_attributes_all(msg);
        break;
    case CS_BODY_GET_LIST:
    case CS_BODY_GOT_LIST:
    case CS_BODY_SET_LIST:
    case CS_BODY_WROTE_LIST:
        cs_read_attribute_list(msg, body);
        break;
    default:
        read_layout(msg, body);
        break;
    }
    if (status_info)
        msg->info = status_info;
}

/* Before the text of a single message Wireshark puts the object's name, not so before a packet's members. */
static bool in_packet(packet_info *pinfo)
{
    const char *before = col_get_text(pinfo->cinfo, COL_INFO);
    return before && strstr(before, "Multiple Service Packet: ");
}

/* As Wireshark words it: "EtherNet/IP Security - ". */
static void put_object_name(const cs_message *msg)
{
    const char *name = cs_object_get(msg->object)->short_name, *end = strstr(name, " Object");
    col_append_fstr(msg->cur.pinfo->cinfo, COL_INFO, "%.*s - ", (int)(end ? (size_t)(end - name) : strlen(name)), name);
}

/* "Set Allowed Cipher Suites: 2 (integrity only 1)", "Create_CSR CN=Green_EN4TR". */
static void put_info(cs_message *msg, cs_manner manner)
{
    packet_info *pinfo = msg->cur.pinfo;
    bool get = msg->service == 0x0E, set = msg->service == 0x10;
    bool single = (get || set) && msg->attribute != CS_CIP_UNSET;
    const char *verb = !single ? "" : get ? "Get " : "Set ";
    const char *name = single     ? cs_attribute_name(pinfo, msg->object, msg->scope, msg->attribute)
                       : msg->row ? msg->row->name
                                  : wmem_strdup_printf(pinfo->pool, "Service 0x%02x", msg->service);
    const char *info = msg->info ? msg->info : "";
    const char *link = !msg->info ? "" : single || msg->response ? ": " : " ";
    if (manner == CS_OWN_RESPONSE)
        col_append_str(pinfo->cinfo, COL_INFO, ": ");
    else if (in_packet(pinfo))
        put_object_name(msg);
    col_append_lstr(pinfo->cinfo, COL_INFO, verb, name, link, info, COL_ADD_LSTR_TERMINATOR);
    col_set_fence(pinfo->cinfo, COL_INFO);
    proto_item_append_text(msg->cur.item, ", %s: %s%s%s%s", msg->response ? "Response" : "Request", verb, name, link,
                           info);
}

static void put_stock_class(cs_message *msg)
{
    static int proto = CS_ID_INIT;
    if (proto == CS_ID_INIT)
        proto = proto_get_id_by_filter_name("cipcls");
    uint8_t service = cs_tvb_u8(msg->cur.tvb, 0) & CIP_SC_MASK;
    if (proto > 0 && service >= FIRST_OBJECT_SPECIFIC_SERVICE)
        proto_item_set_hidden(proto_tree_add_item(msg->outer, proto, msg->cur.tvb, 0, -1, ENC_NA));
}

static void start(cs_message *msg, tvbuff_t *tvb, packet_info *pinfo, proto_tree *tree, cs_manner manner)
{
    proto_item *item = proto_tree_add_item(tree, cs_object_get(msg->object)->proto, tvb, 0, -1, ENC_NA);
    cs_cursor cur = {.tvb = tvb,
                     .pinfo = pinfo,
                     .tree = proto_item_add_subtree(item, ett_cs_object),
                     .item = item,
                     .object = msg->object,
                     .at = msg->body,
                     .end = (int)tvb_captured_length(tvb),
                     .cut = tvb_captured_length(tvb) < tvb_reported_length(tvb),
                     .shadow = manner != CS_OWN,
                     .what = msg->row ? msg->row->name : "the service"};
    msg->cur = cur;
    msg->outer = tree;
    proto_tree_add_uint(cur.tree, cs_field_hf(msg->object, CS_F_COMMON_SERVICE), tvb, 0, 1, msg->service);
    proto_tree_add_boolean(cur.tree, cs_field_hf(msg->object, CS_F_COMMON_RESPONSE), tvb, 0, 1, msg->response);
    put_target(msg, tvb);
}

bool cs_message_dissect(tvbuff_t *tvb, packet_info *pinfo, proto_tree *tree, cs_object_id object, cip_req_info_t *ri,
                        cs_manner manner)
{
    uint8_t octet = cs_tvb_u8(tvb, 0);
    cs_message msg = {.object = object, .response = manner == CS_OWN_RESPONSE || (octet & CIP_SC_RESPONSE_MASK)};
    msg.instance = msg.attribute = CS_CIP_UNSET;
    msg.exchange = cs_objects_observe(tvb, pinfo, ri, msg.response);
    msg.service = msg.response && msg.exchange ? msg.exchange->service : octet & CIP_SC_MASK;
    msg.row = cs_service_find(object, msg.service);
    bool whole = cs_message_body(tvb, msg.response, &msg.body);
    find_target(&msg, tvb, ri);
    start(&msg, tvb, pinfo, tree, manner);
    if (msg.response)
        put_status(&msg, tvb);
    put_exchange(&msg);
    if (whole)
        read_body(&msg);
    else
        cs_broken(&msg.cur, "the message header is not complete");
    cs_transfer_message(&msg);
    if (manner == CS_OWN)
        put_stock_class(&msg);
    /* Wireshark would give up at a broken body: then the message is ours after all. */
    if (manner != CS_SHADOW || msg.cur.broken)
        put_info(&msg, manner);
    return !msg.cur.broken;
}
