/* test_arena.c
 * Pieces are aligned, apart from each other, as large as asked for; an emptied arena can be used again.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <cipsec/arena.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#define PIECES 1000

static size_t size_of(unsigned n)
{
    return 1 + n * 37 % 1500;
}

static void pieces_stay_apart(void **state)
{
    (void)state;
    cs_arena arena = {0};
    uint8_t *piece[PIECES];
    for (unsigned n = 0; n < PIECES; n++) {
        piece[n] = cs_arena_alloc(&arena, size_of(n));
        assert_int_equal((uintptr_t)piece[n] % CS_CACHE_LINE, 0);
        memset(piece[n], (int)(n % 251), size_of(n));
    }
    for (unsigned n = 0; n < PIECES; n++)
        for (size_t at = 0; at < size_of(n); at++)
            assert_int_equal(piece[n][at], n % 251);
    cs_arena_clear(&arena);
}

static void a_piece_may_be_larger_than_a_chunk(void **state)
{
    (void)state;
    cs_arena arena = {0};
    uint8_t *small = cs_arena_alloc(&arena, 1), *large = cs_arena_alloc(&arena, 300000);
    *small = 1;
    memset(large, 2, 300000);
    uint8_t *behind = cs_arena_alloc(&arena, 64);
    memset(behind, 3, 64);
    assert_int_equal(*small, 1);
    assert_int_equal(large[299999], 2);
    cs_arena_clear(&arena);
}

static void can_be_used_again(void **state)
{
    (void)state;
    cs_arena arena = {0};
    cs_arena_clear(&arena);
    memset(cs_arena_alloc(&arena, 100), 1, 100);
    cs_arena_clear(&arena);
    assert_null(arena.chunks);
    assert_int_equal(arena.left, 0);
    memset(cs_arena_alloc(&arena, 100), 1, 100);
    cs_arena_clear(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pieces_stay_apart),
        cmocka_unit_test(a_piece_may_be_larger_than_a_chunk),
        cmocka_unit_test(can_be_used_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
