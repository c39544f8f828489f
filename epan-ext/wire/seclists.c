/* seclists.c
 * Measures the lists of the security objects and tells their shapes apart.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <cipsec/seclists.h>

/* 0x5E Get_Attributes_All behind the pre-shared keys: attributes 9 to 11, then 13 (BOOL), 14, 15 and 16 or 17. */
#define FLAGS_9_TO_11 3

bool cs_suites_length(const uint8_t *octets, size_t len, size_t *used)
{
    if (!len)
        return false;
    *used = 1 + 2 * (size_t)octets[0];
    return *used <= len;
}

bool cs_path_length(const uint8_t *octets, size_t len, size_t *used)
{
    return cs_suites_length(octets, len, used); /* a count of 16-bit units, too */
}

bool cs_paths_length(const uint8_t *octets, size_t len, size_t *used)
{
    if (!len)
        return false;
    size_t at = 1, one;
    for (unsigned i = 0; i < octets[0]; i++) {
        if (!cs_path_length(octets + at, len - at, &one))
            return false;
        at += one;
    }
    *used = at;
    return true;
}

bool cs_psks_length(const uint8_t *octets, size_t len, bool with_usage, size_t *used)
{
    if (!len)
        return false;
    size_t at = 1;
    for (unsigned i = 0; i < octets[0]; i++) {
        for (int part = 0; part < 2; part++) { /* identity, key */
            if (at >= len || octets[at] > len - at - 1)
                return false;
            at += 1u + octets[at];
        }
        if (with_usage && at++ >= len)
            return false;
    }
    *used = at;
    return at <= len;
}

bool cs_psks_hold_key(const uint8_t *octets, size_t len, bool with_usage, size_t offset, size_t n)
{
    size_t at = 1;
    for (unsigned i = 0; len && i < octets[0] && at < len; i++) {
        size_t key = at + 1u + octets[at]; /* its size octet */
        if (key >= len)
            return false;
        size_t end = key + 1u + octets[key];
        if (offset < end && offset + n > key + 1)
            return true;
        at = end + (with_usage ? 1 : 0);
    }
    return false;
}

bool cs_certificate_list_length(const uint8_t *octets, size_t len, size_t *used)
{
    if (!len)
        return false;
    size_t at = 1, one;
    for (unsigned i = 0; i < octets[0]; i++) {
        if (at >= len || octets[at] > len - at - 1)
            return false;
        at += 1u + octets[at];
        if (!cs_path_length(octets + at, len - at, &one))
            return false;
        at += one;
    }
    *used = at;
    return true;
}

/* The rest of 0x5E Get_Attributes_All, from attribute 6 on, measured without reading: does it end on an attribute? */
static bool tail_fits(const uint8_t *octets, size_t len)
{
    size_t at = 0, one;
    for (int i = 0; i < 2; i++) { /* 6, 7 */
        if (at == len)
            return true;
        if (!cs_paths_length(octets + at, len - at, &one))
            return false;
        at += one;
    }
    if (at == len)
        return true;
    bool list = cs_crl_is_list(octets + at, len - at);
    if (!(list ? cs_paths_length : cs_path_length)(octets + at, len - at, &one))
        return false;
    at += one;
    for (int i = 0; i < FLAGS_9_TO_11; i++, at++) {
        if (at == len)
            return true;
        if (octets[at] > 1)
            return false;
    }
    if (at == len)
        return true;
    if (!cs_paths_length(octets + at, len - at, &one))
        return false;
    at += one;
    size_t left = len - at; /* 13, 14, 15, 16 or 17, each complete */
    return left == 0 || left == 1 || left == 3 || left >= 5;
}

/* An attribute list goes on with the id of the next attribute, whose high octet is 0 in all editions. */
static bool id_follows(const uint8_t *octets, size_t len)
{
    return len >= 2 && octets[0] != 0 && octets[1] == 0;
}

bool cs_psks_end_well(const uint8_t *octets, size_t len, bool with_usage, cs_place place)
{
    size_t used;
    if (!cs_psks_length(octets, len, with_usage, &used))
        return false;
    switch (place) {
    case CS_PLACE_ALL:
        return tail_fits(octets + used, len - used);
    case CS_PLACE_LIST:
        return id_follows(octets + used, len - used);
    default:
        return used == len;
    }
}

bool cs_psks_have_usage(const uint8_t *octets, size_t len, cs_place place)
{
    return cs_psks_end_well(octets, len, true, place) || !cs_psks_end_well(octets, len, false, place);
}

bool cs_crl_is_list(const uint8_t *octets, size_t len)
{
    /* A counted path begins with its size, a path with a class segment: 0x20 or 0x21 cannot be a size in use. */
    if (len < 2 || octets[0] == 0)
        return true;
    bool class_segment = octets[1] == 0x20 || octets[1] == 0x21;
    return !(class_segment && 1 + 2 * (size_t)octets[0] <= len);
}

bool cs_cm_class_has_instances(const uint8_t *octets, size_t len)
{
    /* 1, 2, (3,) 6, 7 of two octets, 8 of four, the list, 10 of four. */
    for (int with = 0; with < 2; with++) {
        size_t before = with ? 14 : 12, used;
        if (len > before && cs_certificate_list_length(octets + before, len - before, &used) &&
            before + used + 4 == len)
            return with;
    }
    return false;
}
