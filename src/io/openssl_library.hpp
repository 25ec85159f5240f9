// SPDX-License-Identifier: MIT
// Functions of OpenSSL, looked up at the first use: `prove` alone makes certificates and speaks TLS as a
// server, and no other verb must load more for that. libcurl has loaded the library by then, where it is
// built on it. Only files of this folder include this, and nothing else includes OpenSSL's headers.
#pragma once

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/sha.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include "base/error.hpp"

namespace unitgate {

#define UNITGATE_OPENSSL_FUNCTIONS(F)                                                                        \
    F(ASN1_INTEGER_set)                                                                                      \
    F(BIO_ctrl)                                                                                              \
    F(BIO_free)                                                                                              \
    F(BIO_new)                                                                                               \
    F(BIO_s_mem)                                                                                             \
    F(EVP_EncodeBlock)                                                                                       \
    F(EVP_PKEY_Q_keygen)                                                                                     \
    F(EVP_PKEY_free)                                                                                         \
    F(EVP_sha256)                                                                                            \
    F(PEM_write_bio_X509)                                                                                    \
    F(SHA256)                                                                                                \
    F(SSL_CTX_ctrl)                                                                                          \
    F(SSL_CTX_free)                                                                                          \
    F(SSL_CTX_new)                                                                                           \
    F(SSL_CTX_set_alpn_select_cb)                                                                            \
    F(SSL_CTX_set_security_level)                                                                            \
    F(SSL_CTX_use_PrivateKey)                                                                                \
    F(SSL_CTX_use_certificate)                                                                               \
    F(SSL_accept)                                                                                            \
    F(SSL_free)                                                                                              \
    F(SSL_new)                                                                                               \
    F(SSL_read)                                                                                              \
    F(SSL_set_fd)                                                                                            \
    F(SSL_shutdown)                                                                                          \
    F(SSL_write)                                                                                             \
    F(TLS_server_method)                                                                                     \
    F(X509V3_EXT_conf_nid)                                                                                   \
    F(X509V3_set_ctx)                                                                                        \
    F(X509_EXTENSION_free)                                                                                   \
    F(X509_NAME_add_entry_by_txt)                                                                            \
    F(X509_add_ext)                                                                                          \
    F(X509_free)                                                                                             \
    F(X509_get_serialNumber)                                                                                 \
    F(X509_get_subject_name)                                                                                 \
    F(X509_getm_notAfter)                                                                                    \
    F(X509_getm_notBefore)                                                                                   \
    F(X509_gmtime_adj)                                                                                       \
    F(X509_new)                                                                                              \
    F(X509_set_issuer_name)                                                                                  \
    F(X509_set_pubkey)                                                                                       \
    F(X509_set_version)                                                                                      \
    F(X509_sign)                                                                                             \
    F(i2d_PUBKEY)

struct OpenSslLibrary {
#define UNITGATE_MEMBER(name) decltype(&::name) name;
    UNITGATE_OPENSSL_FUNCTIONS(UNITGATE_MEMBER)
#undef UNITGATE_MEMBER
};

// Loads it once and never lets go of it. Fails with what the linker says.
Result<const OpenSslLibrary*> load_openssl();

} // namespace unitgate
