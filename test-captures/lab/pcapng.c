/* pcapng.c
 * Section Header, Interface Description, Decryption Secrets and Enhanced Packet Blocks.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "pcapng.h"

#include <string.h>

#include "bytes.h"

enum { SHB = 0x0A0D0D0A, IDB = 1, EPB = 6, DSB = 10 };
#define SECRETS_TLS 0x544C534Bu
#define LINKTYPE_ETHERNET 1

static void pad(GByteArray *b)
{
    while (b->len % 4 != 0)
        put8(b, 0);
}

static void block(GByteArray *file, uint32_t type, GByteArray *body)
{
    pad(body);
    put32(file, type);
    put32(file, body->len + 12);
    put_bytes(file, body->data, body->len);
    put32(file, body->len + 12);
    g_byte_array_unref(body);
}

static void option(GByteArray *body, unsigned code, const char *text)
{
    put16(body, code);
    put16(body, (unsigned)strlen(text));
    put_bytes(body, text, strlen(text));
    pad(body);
}

static void headers(GByteArray *file, const char *title)
{
    GByteArray *b = g_byte_array_new();

    put32(b, 0x1A2B3C4D);
    put16(b, 1);
    put16(b, 0);
    put32(b, 0xFFFFFFFF);
    put32(b, 0xFFFFFFFF);
    option(b, 1, title);
    option(b, 4, "CIP Security for Wireshark, capture lab");
    put32(b, 0);
    block(file, SHB, b);
    b = g_byte_array_new();
    put16(b, LINKTYPE_ETHERNET);
    put16(b, 0);
    put32(b, 262144);
    option(b, 2, "practice plant");
    put32(b, 0);
    block(file, IDB, b);
}

static void packet(GByteArray *file, const lab_frame *frame)
{
    GByteArray *b = g_byte_array_new();

    put32(b, 0);
    put32(b, (uint32_t)(frame->us >> 32));
    put32(b, (uint32_t)frame->us);
    put32(b, frame->data->len);
    put32(b, frame->data->len);
    put_bytes(b, frame->data->data, frame->data->len);
    block(file, EPB, b);
}

bool pcapng_write(const char *path, const lab_net *net, const char *title, const unsigned *number, bool keys)
{
    GByteArray *file = g_byte_array_new();
    bool ok;

    headers(file, title);
    if (keys && net->secrets->len > 0) {
        GByteArray *b = g_byte_array_new();

        put32(b, SECRETS_TLS);
        put32(b, (uint32_t)net->secrets->len);
        put_bytes(b, net->secrets->str, net->secrets->len);
        block(file, DSB, b);
    }
    for (guint i = 0; i < net->frames->len; i++) {
        if (number[i + 1] > 0)
            packet(file, g_ptr_array_index(net->frames, i));
    }
    ok = g_file_set_contents(path, (const char *)file->data, file->len, NULL);
    g_byte_array_unref(file);
    return ok;
}
