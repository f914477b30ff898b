"""Names and logins (SPEC sections 16 and 17)."""

import hmac

from . import ed25519, hkdf, p256
from .aes import gcm_seal
from .encoding import H, bytes_, sign, text, u16, u8, u32, u64

SALT = b"interlock/v1/login"


def oprf_input(ring, name, kind, secret):
    return text("interlock/v1/login") + ring + text(name) + u8(kind) + bytes_(secret)


def derived(stretched, what, ring, name, *more):
    return hkdf.hkdf(stretched, SALT, text(what) + ring + text(name) + b"".join(map(text, more)), 32)


def identity_seed(root, version, ring):
    return hkdf.hkdf(root, b"interlock/v1/credential", text("identity key") + u32(version) + ring, 32)


def line(ring, name, roots, following, nonce):
    """The versions of a root: its number, since 1, the identity that follows, those before, and what they are of, sealed."""
    version = len(roots)
    keys = [ed25519.public_key(identity_seed(root, i, ring)) for i, root in enumerate([*roots, following], 1)]
    sealed = b""
    if version > 1:
        key = hkdf.hkdf(roots[-1], b"interlock/v1/credential", text("earlier roots") + ring, 32)
        bound = text("interlock/v1/login-earlier-roots") + ring + text(name) + keys[version - 1]
        sealed = nonce + gcm_seal(key, nonce, bound, b"".join(roots[:-1]))
    return u32(version) + u32(1) + keys[version] + b"".join(keys[:version - 1]) + bytes_(sealed)


def lock(ring, name, identity, roots, following, stretched, nonce, kind, t, parameters, xs, shares, login_keys):
    commitments = [p256.times(share, p256.G) for share in shares]
    key = p256.combine(dict(list(zip(xs, commitments))[:t]))
    bound = text("interlock/v1/login-root") + ring + text(name) + identity + u32(len(roots)) + u8(kind) + parameters + p256.encode(key)
    sealed = nonce + gcm_seal(derived(stretched, "sealing key", ring, name), nonce, bound, roots[-1] + following)
    each = b"".join(u8(x) + p256.encode(c) + login for x, c, login in zip(xs, commitments, login_keys, strict=True))
    return sealed, u8(kind) + u8(t) + parameters + u8(len(xs)) + each + sealed


def record(ring, epoch, name, identity, version, root_line, locks):
    return u8(3) + ring + u32(epoch) + text(name) + identity + u64(version) + root_line + u8(len(locks)) + b"".join(locks)


def record_hash(encoding):
    return H("login-record-hash", encoding)


def held(seed, ring, node, record_hash_):
    return sign(seed, "login-held", ring + text(node) + record_hash_)


def name_keys(secret, version, ring):
    prk = hkdf.hkdf(secret, b"interlock/v1/credential", text("name keys") + u32(version) + ring, 32)
    return [hkdf.expand(prk, text(purpose), 32) for purpose in ("find", "seal", "sign")]


def tag(find, message):
    return hmac.digest(find, message, "sha256")


def name_content(name, following, versions, added, removed):
    return (u8(1) + text(name) + u32(following) + u16(len(versions))
            + b"".join(u32(v["number"]) + v["object"] + u64(v["length"]) + u64(v["time"]) for v in versions)
            + u16(len(added)) + b"".join(added) + u16(len(removed)) + b"".join(removed))


def device_book(devices):
    return u8(3) + u16(len(devices)) + b"".join(
        d["secret"] + text(d["label"]) + u64(d["since"]) + u8(d["forgotten"]) + u8(len(d["untold"]))
        + b"".join(u8(x) for x in d["untold"]) for d in devices)


def name_entry(keys, ring, version, where, number, before, content, nonce):
    _, seal, seed = keys
    head = u8(1) + ring + u32(version)
    place = where + u64(number) + before
    plain = bytes_(content)
    sealed = nonce + gcm_seal(seal, nonce, head + place, plain + bytes(-len(plain) % 128))
    s = head + ed25519.public_key(seed) + place + bytes_(sealed)
    return s + sign(seed, "name-entry", s), H("name-state", s)
