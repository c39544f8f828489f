/* test_alpn.c
 * The protocol that both ends agreed on in their hellos.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "handshake_lab.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

/* What the server chose of the client's protocols tells the content of an encrypted session (RFC 7301). */
static void content_agreed_on(void **state)
{
    (void)state;
    static const struct {
        const char *protocol;
        bool http;
    } cases[] = {{"h2", true}, {"http/1.1", true}, {"http/1.0", true}, {"h", false}, {"hq", false}, {"odva", false}};
    for (unsigned i = 0; i < G_N_ELEMENTS(cases); i++) {
        lab l = lab_new(CS_TRANSPORT_TLS);
        lab_message(&l, 0, CS_HS_CLIENT_HELLO, 0, lab_client_hello(false, 1, false, false));
        GByteArray *hello = lab_server_hello(CS_TLS12, 0xC023);
        uint32_t len = (uint32_t)strlen(cases[i].protocol);
        lab_put(hello, len + 7, 2);
        lab_put(hello, 16, 2);
        lab_put(hello, len + 3, 2);
        lab_put(hello, len + 1, 2);
        lab_put(hello, len, 1);
        g_byte_array_append(hello, (const guint8 *)cases[i].protocol, len);
        lab_message(&l, 1, CS_HS_SERVER_HELLO, 0, hello);
        assert_int_equal(l.stream->hs.suite, 0xC023);
        assert_int_equal(l.stream->saw_other, cases[i].http);
        lab_free(&l);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(content_agreed_on)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
