"""Proof of the checker's own primitives: published known answers, before any vector is looked at."""

import hashlib

from . import aes, ed25519, gf256, hkdf, hpke, mlkem768, p256, x25519, xwing

h = bytes.fromhex

# RFC 8032 section 7.1, tests 1 to 3: seed, public key, message, signature
ED25519 = [
    ("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
     "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "",
     "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b"),
    ("4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
     "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", "72",
     "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"),
    ("c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
     "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025", "af82",
     "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a"),
]

# draft-connolly-cfrg-xwing-kem-10, appendix C: seed, eseed, shared secret,
# and SHA3-256 of the appendix's public key and ciphertext
XWING = [
    ("7f9c2ba4e88f827d616045507605853ed73b8093f6efbc88eb1a6eacfa66ef26",
     "3cb1eea988004b93103cfb0aeefd2a686e01fa4a58e8a3639ca8a1e3f9ae57e235b8cc873c23dc62b8d260169afa2f75ab916a58d974918835d25e6a435085b2",
     "d2df0522128f09dd8e2c92b1e905c793d8f57a54c3da25861f10bf4ca613e384",
     "5121745904643ad9dfacca7869292c19a8a69533b53e60666b7db910b4ad6367",
     "c0abd149f83f45324ac3a7ddc7606c71f257e5ea86113522834a0ee1bcb34e3e"),
    ("badfd6dfaac359a5efbb7bcc4b59d538df9a04302e10c8bc1cbf1a0b3a5120ea",
     "17cda7cfad765f5623474d368ccca8af0007cd9f5e4c849f167a580b14aabdefaee7eef47cb0fca9767be1fda69419dfb927e9df07348b196691abaeb580b32d",
     "f2e86241c64d60f6649fbc6c5b7d17180b780a3f34355e64a85749949c45f150",
     "799b6016e5daa56ffa1b5e79f7caf73413ceecd6df428642404cac41ddee4853",
     "7680b7ba47ae09bac4b43001edcef9d98e50df20026e70ba6a424447e1f2b961"),
    ("ef58538b8d23f87732ea63b02b4fa0f4873360e2841928cd60dd4cee8cc0d4c9",
     "22a96188d032675c8ac850933c7aff1533b94c834adbb69c6115bad4692d8619f90b0cdf8a7b9c264029ac185b70b83f2801f2f4b3f70c593ea3aeeb613a7f1b",
     "953f7f4e8c5b5049bdc771d1dffada0dd961477d1a2ae0988baa7ea6898d893f",
     "1ef0c99a06026450564957a5402a788feffbbefdcce55d25de254d0a49eb095a",
     "3088688d63201d5d844170b79f148b2791c15f346ff6f8bd559807fbd442f91f"),
]


def _require(name, actual, expected):
    if actual != expected:
        raise SystemExit(f"the checker itself is wrong: {name}")


def _field():
    # FIPS 197 section 4.2
    _require("FIPS 197: 57·83 = c1", gf256.multiply(0x57, 0x83), 0xC1)
    for a in range(1, 256):
        _require(f"inverse of {a}", gf256.multiply(a, gf256.invert(a)), 1)
    f = [bytes([7, 0]), bytes([0, 200]), bytes([99, 255])]
    shares = [gf256.deal(f, x) for x in (5, 9, 254)]
    _require("interpolation at 0", gf256.interpolate([5, 9, 254], shares, 0), f[0])
    _require("interpolation at 77", gf256.interpolate([5, 9, 254], shares, 77), gf256.deal(f, 77))


def _aes():
    # FIPS 197 appendix C.3
    _require("FIPS 197 C.3", aes.Aes256(bytes(range(32))).encrypt(h("00112233445566778899aabbccddeeff")),
             h("8ea2b7ca516745bfeafc49904b496089"))
    # SP 800-38A F.5.5
    key = h("603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4")
    plain = h("6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e51")
    keystream = aes.counter_mode(aes.Aes256(key), int.from_bytes(h("f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff"), "big"), 32)
    _require("SP 800-38A F.5.5", gf256.add(plain, keystream),
             h("601ec313775789a5b7a7f504bbf3d228f443e3ca4d62b59aca84e990cacaf5c5"))
    _require("Stream at an offset", aes.stream(key, 40, 13), aes.stream(key, 53)[13:])
    # The GCM specification of McGrew and Viega, test cases 13, 14 and 16
    _require("GCM 13", aes.gcm_seal(bytes(32), bytes(12), b"", b""), h("530f8afbc74536b9a963b4f1c4cb738b"))
    _require("GCM 14", aes.gcm_seal(bytes(32), bytes(12), b"", bytes(16)),
             h("cea7403d4d606b6e074ec5d3baf39d18d0d1c8a799996bf0265b98b5d48ab919"))
    key = h("feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308")
    nonce, associated = h("cafebabefacedbaddecaf888"), h("feedfacedeadbeeffeedfacedeadbeefabaddad2")
    plain = h("d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72"
              "1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39")
    sealed = h("522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa"
               "8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f66276fc6ece0f4e1768cddf8853bb2d551b")
    _require("GCM 16", aes.gcm_seal(key, nonce, associated, plain), sealed)
    _require("GCM 16 opened", aes.gcm_open(key, nonce, associated, sealed), plain)
    _require("GCM with a wrong tag", aes.gcm_open(key, nonce, associated, sealed[:-1] + b"\0"), None)


def _hkdf():
    # RFC 5869 A.1
    _require("RFC 5869 A.1", hkdf.hkdf(b"\x0b" * 22, bytes(range(13)), bytes(range(0xF0, 0xFA)), 42),
             h("3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865"))


def _curves():
    # RFC 7748 section 5.2
    _require("RFC 7748 5.2", x25519.x25519(h("a546e36bf0527c9d3b16154b82465edd62144c0ac1fc5a18506a2244ba449ac4"),
                                           h("e6db6867583030db3594c1a424b15f7c726624ec26b3353b10a903a6d0ab1c4c")),
             h("c3da55379de9c6908e94ea4df28d084f32eccf03491c71f754b4075577a28552"))
    _require("RFC 7748 5.2, once from 9", x25519.x25519(x25519.BASE, x25519.BASE),
             h("422c8e7a6227d7bca1350b3e2bb7279f7897b87bb6854b783c60e80311ae3079"))
    k, u = x25519.BASE, x25519.BASE
    for _ in range(1000):
        k, u = x25519.x25519(k, u), k
    _require("RFC 7748 5.2, a thousand times", k,
             h("684cf59ba83309552800ef566f2f4d3c1c3887c49360e3875f2eb94d99532c51"))
    for seed, public, message, signature in ED25519:
        seed, public, message, signature = h(seed), h(public), h(message), h(signature)
        _require("RFC 8032 public key", ed25519.public_key(seed), public)
        _require("RFC 8032 signature", ed25519.sign(seed, message), signature)
        _require("RFC 8032 verification", ed25519.verify(public, message, signature), True)
        _require("RFC 8032, another message", ed25519.verify(public, message + b"x", signature), False)
        _require("a key of full order", ed25519.acceptable(public), True)
    _require("the identity as a key", ed25519.acceptable(b"\1" + bytes(31)), False)
    _require("y = p + 1 as a key", ed25519.acceptable((ed25519.P + 1).to_bytes(32, "little")), False)


def _kems():
    for seed, eseed, secret, pk_hash, ct_hash in XWING:
        seed, eseed, secret = h(seed), h(eseed), h(secret)
        public = xwing.public_key(seed)
        ss, ct = xwing.encapsulate(public, eseed)
        _require("X-Wing encapsulation", ss, secret)
        _require("X-Wing decapsulation", xwing.decapsulate(seed, ct), secret)
        _require("X-Wing public key", hashlib.sha3_256(public).hexdigest(), pk_hash)
        _require("X-Wing ciphertext", hashlib.sha3_256(ct).hexdigest(), ct_hash)
        # FIPS 203's implicit rejection: another ciphertext gives another secret, not an error.
        _require("X-Wing, damaged", xwing.decapsulate(seed, bytes([ct[0] ^ 1]) + ct[1:]) != secret, True)
    f = [i % mlkem768.Q for i in range(0, 256 * 13, 13)]
    _require("ByteEncode_12", mlkem768.byte_decode(12, mlkem768.byte_encode(12, f)), f)
    # RFC 9180 A.7.1: this very suite, X25519 with HKDF-SHA256, export only
    info = h("4f6465206f6e2061204772656369616e2055726e")
    enc = h("e5e8f9bfff6c2f29791fc351d2c25ce1299aa5eaca78a757c0b4fb4bcd830918")
    private = h("33d196c830a12f9ac65d6e565a590d80f04ee9b19c83c87f2c170d972a812848")
    shared = h("e81716ce8f73141d4f25ee9098efc968c91e5b8ce52ffff59d64039e82918b66")
    _require("RFC 9180 A.7.1 decapsulation", hpke.decapsulate(hpke.X25519, private, enc), shared)
    ephemeral = h("095182b502f1f91f63ba584c7c3ec473d617b8b4c2cec3fad5af7fa6748165ed")
    _require("RFC 9180 A.7.1 encapsulation",
             hpke.encapsulate(hpke.X25519, hpke.public_key(hpke.X25519, private), ephemeral), (shared, enc))
    exporter = hpke.exporter_secret(hpke.X25519, shared, info)
    _require("RFC 9180 A.7.1 exporter secret", exporter,
             h("79dc8e0509cf4a3364ca027e5a0138235281611ca910e435e8ed58167c72f79b"))
    for context, value in (
            ("", "7a36221bd56d50fb51ee65edfd98d06a23c4dc87085aa5866cb7087244bd2a36"),
            ("00", "d5535b87099c6c3ce80dc112a2671c6ec8e811a2f284f948cec6dd1708ee33f0"),
            ("54657374436f6e74657874", "ffaabc85a776136ca0c378e5d084c9140ab552b78f039d2e8775f26efff4c70e")):
        _require("RFC 9180 A.7.1 export", hpke.export(hpke.X25519, exporter, h(context), 32), h(value))


def _oprf():
    # RFC 9497 A.3.2, VOPRF P256-SHA256, test vectors 1 and 2; RFC 9380 J.1.1, the empty message
    u = p256.hash_to_curve(b"", b"QUUX-V01-CS02-with-P256_XMD:SHA-256_SSWU_RO_")
    _require("RFC 9380 J.1.1", f"{u[0]:064x}", "2c15230b26dbc6fc9a37051158c95b79656e17a1a920b11394ca91c44247d3e4")
    info = b"test key"
    key = p256.hash_to_scalar(b"\xa3" * 32 + len(info).to_bytes(2, "big") + info + b"\0", b"DeriveKeyPair" + p256.CONTEXT)
    blind = p256.scalar(h("3338fa65ec36e0290022b48eb562889d89dbfa691d1cde91517fa222ed7ad364"))
    r = p256.scalar(h("f9db001266677f62c095021db018cd8cbb55941d4073698ce45c405d1348b7b1"))
    for message, blinded, element, proof, output in (
            ("00", "02dd05901038bb31a6fae01828fd8d0e49e35a486b5c5d4b4994013648c01277da",
             "0209f33cab60cf8fe69239b0afbcfcd261af4c1c5632624f2e9ba29b90ae83e4a2",
             "e7c2b3c5c954c035949f1f74e6bce2ed539a3be267d1481e9ddb178533df4c26"
             "64f69d065c604a4fd953e100b856ad83804eb3845189babfa5a702090d6fc5fa",
             "0412e8f78b02c415ab3a288e228978376f99927767ff37c5718d420010a645a1"),
            ("5a" * 17, "03cd0f033e791c4d79dfa9c6ed750f2ac009ec46cd4195ca6fd3800d1e9b887dbd",
             "030d2985865c693bf7af47ba4d3a3813176576383d19aff003ef7b0784a0d83cf1",
             "2787d729c57e3d9512d3aa9e8708ad226bc48e0f1750b0767aaff73482c44b8d"
             "2873d74ec88aebd3504961acea16790a05c542d9fbff4fe269a77510db00abab",
             "771e10dcd6bcd3664e23b8f2a710cfaaa8357747c4a8cbba03133967b5c24f18")):
        point = p256.blind(h(message), blind)
        _require("RFC 9497 A.3.2 blinded", p256.encode(point), h(blinded))
        answer, given = p256.evaluate(key, point, r)
        _require("RFC 9497 A.3.2 evaluated", p256.encode(answer), h(element))
        _require("RFC 9497 A.3.2 proof", given, h(proof))
        _require("RFC 9497 A.3.2 output", p256.finish(h(message), blind, answer), h(output))
        _require("a point again", p256.decode(h(element)), answer)


def prove():
    """Exits, naming the primitive, if one is wrong."""
    _field()
    _aes()
    _hkdf()
    _curves()
    _kems()
    _oprf()
