/* SPDX-License-Identifier: ISC */
/*
 * A certificate for localhost and 127.0.0.1, its key, and the authority that
 * signed it (whose own key is thrown away). For tests alone; good until 2126.
 */
#ifndef TESTS_TLS_H
#define TESTS_TLS_H

/* clang-format off */
/* Who signed it. */
static const char tls_ca[] =
	"-----BEGIN CERTIFICATE-----\n"
	"MIIBhTCCASugAwIBAgIUKjoREz6yaRC2NihpnDraEqpwftEwCgYIKoZIzj0EAwIw\n"
	"FzEVMBMGA1UEAwwMam9icSB0ZXN0IENBMCAXDTI2MTEyNDA1MDQyMloYDzIxMjYx\n"
	"MDMxMDUwNDIyWjAXMRUwEwYDVQQDDAxqb2JxIHRlc3QgQ0EwWTATBgcqhkjOPQIB\n"
	"BggqhkjOPQMBBwNCAASzZAlnSSXR6BwXjUOY+27oH7Tbvpg5sdzyW8DtcHfYOJCF\n"
	"Kifu5kmo/hom4KxvPw19roHNg1q2eb1ZjAMpiMqvo1MwUTAdBgNVHQ4EFgQU1r0w\n"
	"X94gd9wFE7pfTopVcu4PK/8wHwYDVR0jBBgwFoAU1r0wX94gd9wFE7pfTopVcu4P\n"
	"K/8wDwYDVR0TAQH/BAUwAwEB/zAKBggqhkjOPQQDAgNIADBFAiEA10uRLL1JoZ0q\n"
	"+rp2vJh/o0MoplK8CTWC9s8mZSbXo+oCIEWxX7P1hv46CoAt1FU2n2RCtLXTOQsX\n"
	"axpe7Z+XEQgo\n"
	"-----END CERTIFICATE-----\n";

/* What the server shows. */
static const char tls_cert[] =
	"-----BEGIN CERTIFICATE-----\n"
	"MIIBlTCCATqgAwIBAgIUMez1LTdW7V6l8SfzaUAkuUgpDI4wCgYIKoZIzj0EAwIw\n"
	"FzEVMBMGA1UEAwwMam9icSB0ZXN0IENBMCAXDTI2MTEyNDA1MDQyMloYDzIxMjYx\n"
	"MDMxMDUwNDIyWjAbMRkwFwYDVQQDDBBqb2JxIHRlc3Qgc2VydmVyMFkwEwYHKoZI\n"
	"zj0CAQYIKoZIzj0DAQcDQgAEwJHotOQ/pdyfneF4orx/Jps+EZSjOfi/qsC5nDrE\n"
	"A5LMFVNvF75jsnh8zTOprC5TIR4zVfYO5HBkNRPZ9HB9EqNeMFwwGgYDVR0RBBMw\n"
	"EYIJbG9jYWxob3N0hwR/AAABMB0GA1UdDgQWBBSQ9YOA9Lgx+PG1PII22ROobCcs\n"
	"LDAfBgNVHSMEGDAWgBTWvTBf3iB33AUTul9OilVy7g8r/zAKBggqhkjOPQQDAgNJ\n"
	"ADBGAiEA6nLMZ2L1M8Gd3FDGfdXOVNA2EXkuCD0oaC5V3xmA4hQCIQCQg/4WuROV\n"
	"jfJc2yasM3uWYuASMirYjclfqLy+9neRwg==\n"
	"-----END CERTIFICATE-----\n";

/* What it proves it with. */
static const char tls_key[] =
	"-----BEGIN EC PRIVATE KEY-----\n"
	"MHcCAQEEIKEuAEFGZa7eK5kM56o2dPTJ1yRAB6jHakmC0fM7Ita9oAoGCCqGSM49\n"
	"AwEHoUQDQgAEwJHotOQ/pdyfneF4orx/Jps+EZSjOfi/qsC5nDrEA5LMFVNvF75j\n"
	"snh8zTOprC5TIR4zVfYO5HBkNRPZ9HB9Eg==\n"
	"-----END EC PRIVATE KEY-----\n";
/* clang-format on */

#endif
