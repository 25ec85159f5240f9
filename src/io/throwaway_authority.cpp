// SPDX-License-Identifier: MIT
#include "io/throwaway_authority.hpp"

#include <algorithm>
#include <cerrno>
#include <functional>

#include <sys/mman.h>

#include "io/server_identity.hpp"
#include "spec/model.hpp"

namespace unitgate {

namespace {

constexpr long day = 24L * 60 * 60;

template <class T>
using Owned = std::unique_ptr<T, std::function<void(T*)>>;
using Certificate = Owned<X509>;
using Key = Owned<EVP_PKEY>;

tl::unexpected<Error> cannot(const char* what) {
    return fail(std::string("cannot make ") + what + " for the proof: OpenSSL refuses");
}

Result<Key> make_key(const OpenSslLibrary& ssl) {
    Key key(ssl.EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", "P-256"), ssl.EVP_PKEY_free);
    if (!key) return cannot("a key");
    return key;
}

bool add_extension(const OpenSslLibrary& ssl, X509* certificate, int which, const std::string& value) {
    X509V3_CTX context{};
    ssl.X509V3_set_ctx(&context, certificate, certificate, nullptr, nullptr, 0);
    X509_EXTENSION* extension = ssl.X509V3_EXT_conf_nid(nullptr, &context, which, value.c_str());
    if (!extension) return false;
    bool added = ssl.X509_add_ext(certificate, extension, -1) == 1;
    ssl.X509_EXTENSION_free(extension);
    return added;
}

struct Wish {
    std::string common_name;
    std::string host;         // empty: an authority
    long from = 0, until = 0; // seconds from now
    X509* issuer = nullptr;   // nullptr: itself
    EVP_PKEY* issuer_key = nullptr;
};

Result<Certificate> make_certificate(const OpenSslLibrary& ssl, EVP_PKEY* key, const Wish& wish) {
    Certificate made(ssl.X509_new(), ssl.X509_free);
    if (!made) return cannot("a certificate");
    X509* x = made.get();
    static long serial = 1; // an authority and its certificates must differ in it
    X509_NAME* name = ssl.X509_get_subject_name(x);
    auto text = reinterpret_cast<const unsigned char*>(wish.common_name.c_str());
    bool good = ssl.X509_set_version(x, 2) == 1 &&
                ssl.ASN1_INTEGER_set(ssl.X509_get_serialNumber(x), serial++) == 1 &&
                ssl.X509_gmtime_adj(ssl.X509_getm_notBefore(x), wish.from) &&
                ssl.X509_gmtime_adj(ssl.X509_getm_notAfter(x), wish.until) &&
                ssl.X509_set_pubkey(x, key) == 1 &&
                ssl.X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8, text, -1, -1, 0) == 1 &&
                ssl.X509_set_issuer_name(x, wish.issuer ? ssl.X509_get_subject_name(wish.issuer) : name) == 1;
    if (wish.host.empty())
        good = good && add_extension(ssl, x, NID_basic_constraints, "critical,CA:TRUE") &&
               add_extension(ssl, x, NID_key_usage, "critical,keyCertSign");
    else
        good = good && add_extension(ssl, x, NID_basic_constraints, "CA:FALSE") &&
               add_extension(ssl, x, NID_subject_alt_name,
                             (shortest_address(wish.host) ? "IP:" : "DNS:") + wish.host);
    if (!good || ssl.X509_sign(x, wish.issuer_key ? wish.issuer_key : key, ssl.EVP_sha256()) == 0)
        return cannot("a certificate");
    return made;
}

Result<std::string> pem_of(const OpenSslLibrary& ssl, X509* certificate) {
    Owned<BIO> memory(ssl.BIO_new(ssl.BIO_s_mem()), [&ssl](BIO* bio) { ssl.BIO_free(bio); });
    if (!memory || ssl.PEM_write_bio_X509(memory.get(), certificate) != 1) return cannot("a certificate");
    char* text = nullptr;
    long size = ssl.BIO_ctrl(memory.get(), BIO_CTRL_INFO, 0, &text);
    return std::string(text, static_cast<std::size_t>(size));
}

std::string pin_of(const OpenSslLibrary& ssl, EVP_PKEY* key) {
    int size = ssl.i2d_PUBKEY(key, nullptr);
    std::string der(static_cast<std::size_t>(std::max(size, 0)), '\0');
    auto at = reinterpret_cast<unsigned char*>(der.data());
    ssl.i2d_PUBKEY(key, &at);
    unsigned char digest[SHA256_DIGEST_LENGTH], text[2 * SHA256_DIGEST_LENGTH];
    ssl.SHA256(reinterpret_cast<const unsigned char*>(der.data()), der.size(), digest);
    int length = ssl.EVP_EncodeBlock(text, digest, sizeof digest);
    return "sha256//" + std::string(reinterpret_cast<char*>(text), static_cast<std::size_t>(length));
}

int choose_http_2(SSL*, const unsigned char** chosen, unsigned char* size, const unsigned char* offered,
                  unsigned offered_size, void*) {
    std::string_view all(reinterpret_cast<const char*>(offered), offered_size);
    auto at = all.find("\x02h2");
    if (at == std::string_view::npos) return SSL_TLSEXT_ERR_NOACK;
    *chosen = offered + at + 1;
    *size = 2;
    return SSL_TLSEXT_ERR_OK;
}

} // namespace

struct ThrowawayAuthority::State {
    const OpenSslLibrary& ssl;
    Key key, server_key, other_key;    // bad certificates are for `other_key`: a pin tells them, too
    Certificate certificate, stranger; // `stranger`: another authority, which nobody trusts
};

Result<ThrowawayAuthority> ThrowawayAuthority::create() {
    auto loaded = load_openssl();
    if (!loaded) return tl::unexpected(loaded.error());
    const OpenSslLibrary& ssl = **loaded;
    auto key = make_key(ssl), server_key = make_key(ssl), other_key = make_key(ssl);
    if (!key) return tl::unexpected(key.error());
    if (!server_key) return tl::unexpected(server_key.error());
    if (!other_key) return tl::unexpected(other_key.error());
    auto certificate =
        make_certificate(ssl, key->get(), {"throwaway authority", {}, -day, 3650 * day, {}, {}});
    auto stranger = make_certificate(ssl, key->get(), {"another authority", {}, -day, 3650 * day, {}, {}});
    if (!certificate) return tl::unexpected(certificate.error());
    if (!stranger) return tl::unexpected(stranger.error());
    auto pem = pem_of(ssl, certificate->get());
    if (!pem) return tl::unexpected(pem.error());

    ThrowawayAuthority made;
    made.file_.reset(memfd_create("unitgate-authority", MFD_CLOEXEC));
    if (!made.file_) return fail_errno("cannot make a file in memory", errno);
    if (write(made.file_.get(), pem->data(), pem->size()) != static_cast<ssize_t>(pem->size()))
        return fail_errno("cannot write to a file in memory", errno);
    made.path_ = "/proc/self/fd/" + std::to_string(made.file_.get());
    made.state_ =
        std::make_shared<State>(State{ssl, *std::move(key), *std::move(server_key), *std::move(other_key),
                                      *std::move(certificate), *std::move(stranger)});
    return made;
}

Result<ServerIdentity> ThrowawayAuthority::identity(const std::string& host, const ServerTls& tls) const {
    const OpenSslLibrary& ssl = state_->ssl;
    Wish wish{"unitgate prove", host, -2 * day, tls.days * day, state_->certificate.get(), state_->key.get()};
    switch (tls.fault) {
    case CertificateFault::none:
        break;
    case CertificateFault::expired:
        wish.until = -day;
        break;
    case CertificateFault::wrong_name:
        wish.host = "wrong-name.invalid";
        break;
    case CertificateFault::self_signed:
        wish.issuer = nullptr;
        wish.issuer_key = nullptr;
        break;
    case CertificateFault::unknown_issuer:
        wish.issuer = state_->stranger.get();
        break;
    }
    EVP_PKEY* key = tls.fault == CertificateFault::none ? state_->server_key.get() : state_->other_key.get();
    auto certificate = make_certificate(ssl, key, wish);
    if (!certificate) return tl::unexpected(certificate.error());

    auto made = std::make_shared<ServerIdentity::State>(ssl);
    made->context = ssl.SSL_CTX_new(ssl.TLS_server_method());
    if (!made->context || ssl.SSL_CTX_use_certificate(made->context, certificate->get()) != 1 ||
        ssl.SSL_CTX_use_PrivateKey(made->context, key) != 1)
        return cannot("a TLS server");
    if (tls.only_tls_1_0) {
        ssl.SSL_CTX_set_security_level(made->context, 0);
        ssl.SSL_CTX_ctrl(made->context, SSL_CTRL_SET_MIN_PROTO_VERSION, TLS1_VERSION, nullptr);
        ssl.SSL_CTX_ctrl(made->context, SSL_CTRL_SET_MAX_PROTO_VERSION, TLS1_VERSION, nullptr);
    }
    if (tls.http_2) ssl.SSL_CTX_set_alpn_select_cb(made->context, choose_http_2, nullptr);
    return ServerIdentity(std::move(made));
}

std::string ThrowawayAuthority::pin() const {
    return pin_of(state_->ssl, state_->server_key.get());
}

} // namespace unitgate
