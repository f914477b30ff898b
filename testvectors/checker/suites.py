"""compute(kind, inputs) -> expected, for each kind of vector in the README."""

import base64
import hashlib
import hmac
import json

from . import ed25519, gf256, hkdf, hpke, logins, p256, x25519
from .aes import stream
from .documents import (base64url, certificates, key_text, open_ring, owner_seed, parse_json, read_user_key,
                        recipient_text, request_encoding, request_seed, require_card, require_ring, ring_id, signed_file,
                        user_key_file, verify_card, verify_descriptor, verify_proof, verify_request)
from .encoding import INTEGRITY, Rejected, bytes_, sign, tagged, text, u8, u32, u64, verify
from .objects import (CHUNK, R_LENGTH, Statement, Token, acceptance_message, certified_message, chain_of, chunk_leaf, chunk_lengths,
                      ciphertext_leaf, claim_message, command_encoding, decode_dealt, decode_private_part,
                      encode_abandonment, encode_certificate, encode_dealt, hand_over_encoding, handover_message, holding_body, merkle_root, object_id,
                      private_hash, private_part, receipt_body, require_public_key, roots_message, share_leaf, sign_chain,
                      split_chain, statement_hash, title_object, verify_abandonment, verify_certificate, verify_chain, verify_command,
                      verify_dealt, verify_holding, verify_receipt, verify_statement)
from .orders import accept_deal, accept_order
from .routes import route, sealed_route
from .sealing import open_message, open_share, recipient_id, seal_pieces
from .transcripts import Transcript, expand

KINDS = {}


def kind(name):
    def register(function):
        KINDS[name] = function
        return function
    return register


# field, dealing, lagrange, hop, stream

@kind("multiply")
def _(a, b):
    return {"product": bytes(gf256.multiply(x, y) for x, y in zip(a, b, strict=True))}


@kind("invert")
def _(a):
    return {"inverse": bytes(map(gf256.invert, a))}


@kind("add-scaled")
def _(target, factor, source):
    return {"result": gf256.add_scaled(target, factor, source)}


@kind("deal")
def _(coefficients, xs):
    return {"shares": [gf256.deal(coefficients, x) for x in xs]}


@kind("interpolate")
def _(xs, shares, target):
    return {"value": gf256.interpolate(xs, shares, target)}


@kind("lagrange")
def _(points, target):
    return {"lambdas": [gf256.lagrange(points, target, x) for x in points]}


@kind("hop")
def _(points, x, target, share, blinds, blind, **rest):
    flow, = rest.values()   # `in`, a reserved word
    if blinds == "none":
        if blind:
            raise ValueError("a blind, though there is none")
        b = bytes(len(flow))
    else:
        b = expand(blinds, blind, len(flow))
    weight = gf256.lagrange(points, target, x)
    return {"lambda": weight, "b": b, "out": gf256.add(gf256.add_scaled(flow, weight, share), b)}


@kind("stream")
def _(seed, offset, length):
    return {"bytes": stream(seed, length, offset)}


ROW = 32


@kind("linear-hash")
def _(seed, input):
    group = 4 * ROW
    sums = [bytearray(ROW) for _ in range(16)]
    for g in range(0, len(input), group):
        padded = input[g:g + group].ljust(group, b"\0")
        rows = [padded[at:at + ROW] for at in range(0, group, ROW)]
        total = bytes(a ^ b ^ c ^ d for a, b, c, d in zip(*rows))
        rows += [bytes(a ^ b for a, b in zip(total, row)) for row in rows]
        coefficients = stream(seed, 16, g // group * 16)
        for a in range(16):
            for w, value in enumerate(rows[a // 2]):
                sums[a][w] ^= gf256.multiply(coefficients[a], value)
    out = bytearray(16)
    matrices = stream(seed, 256 * ROW, 1 << 48)
    for w in range(ROW):
        for a in range(16):
            for b in range(16):
                out[b] ^= gf256.multiply(matrices[256 * w + 16 * a + b], sums[a][w])
    return {"hash": bytes(out)}


# commitment

@kind("chunks")
def _(r, m):
    leaves = [chunk_leaf(k, r_k, m_k) for k, (r_k, m_k) in enumerate(zip(r, m, strict=True))]
    return {"leaves": leaves, "h": merkle_root(leaves)}


@kind("cut")
def _(pattern, length, r):
    m = (pattern * (length // len(pattern) + 1))[:length] if length else b""
    lengths = chunk_lengths(length)
    leaves = [chunk_leaf(k, r_k, m[k * CHUNK:k * CHUNK + n]) for k, (r_k, n) in enumerate(zip(r, lengths, strict=True))]
    return {"chunks": len(lengths), "padded_length": length + R_LENGTH * len(lengths), "leaves": leaves,
            "h": merkle_root(leaves)}


def _share_leaves(w, x, salts, chunks):
    return [share_leaf(w, x, k, salt, chunk) for k, (salt, chunk) in enumerate(zip(salts, chunks, strict=True))]


@kind("share-chunks")
def _(w, x, salts, chunks):
    leaves = _share_leaves(w, x, salts, chunks)
    return {"leaves": leaves, "root": merkle_root(leaves)}


@kind("ciphertext-chunks")
def _(w, chunks):
    leaves = [ciphertext_leaf(w, k, chunk) for k, chunk in enumerate(chunks)]
    return {"leaves": leaves, "root": merkle_root(leaves)}


@kind("merkle")
def _(leaves):
    return {"root": merkle_root(leaves)}


# owner-key, statement, private-part

def _owner(owner):
    """As it stands in w, from its seed."""
    return {"version": owner["version"], "nonce": owner["nonce"], "key": ed25519.public_key(owner["seed"])}


def _title(owner):
    """(how the object came to its owner, the seed of the last one's key)."""
    title, seed = {"first": _owner(owner), "handovers": []}, owner["seed"]
    for each in owner["handovers"]:
        message = handover_message(title, len(title["handovers"]), _owner(each))
        title["handovers"].append((_owner(each), sign(seed, "handover", message)))
        seed = each["seed"]
    return title, seed


@kind("owner-key")
def _(secret, version, nonce):
    seed = owner_seed(secret, version, nonce)
    key = ed25519.public_key(seed)
    return {"seed": seed, "key": key, "object": object_id(key, nonce)}


@kind("statement")
def _(owner, **fields):
    title, seed = _title(owner)
    w = Statement(title=title, **fields)
    encoding = w.encode()
    Statement.decode(encoding)   # a statement that no decoder would take is no vector
    return {"object": title_object(title), "encoding": encoding, "hash": statement_hash(encoding),
            "signed": tagged("statement", encoding) if w.makes() else b"",
            "signature": sign(seed, "statement", encoding) if w.makes() else b""}


@kind("private-part")
def _(**fields):
    encoding = private_part(**fields)
    decode_private_part(encoding)
    return {"encoding": encoding, "hash": private_hash(encoding)}


# dealt, token, claim, chain, certificate, abandonment, command, receipt, holding

def _signed(seed, label, message):
    return {"public_key": ed25519.public_key(seed), "signed": tagged(label, message), "signature": sign(seed, label, message)}


def _roots(roots):
    return [(root["x"], root["root"]) for root in roots]


@kind("dealt")
def _(seed, w, roots):
    made = _signed(seed, "share-roots", roots_message(w, _roots(roots)))
    return {**made, "encoding": encode_dealt(False, _roots(roots), [made["signature"]])}


@kind("sums")
def _(seeds, w, roots):
    made = [_signed(seed, "sum-root", roots_message(w, [root])) for seed, root in zip(seeds, _roots(roots), strict=True)]
    signatures = [each["signature"] for each in made]
    return {"public_keys": [each["public_key"] for each in made], "signed": [each["signed"] for each in made],
            "signatures": signatures, "encoding": encode_dealt(True, _roots(roots), signatures)}


@kind("token")
def _(statement, h, dealt, claims, time):
    claims = [(c["key"], c["signature"]) for c in claims]
    encoding = Token(statement, h, decode_dealt(dealt), claims, time).encode()
    Token.decode(encoding)   # a token that no decoder would take is no vector
    return {"encoding": encoding}


@kind("claim")
def _(seed, w, x):
    return _signed(seed, "claim", claim_message(w, x))


@kind("chain")
def _(token, seeds, root):
    if len(seeds) != len(Token.decode(token).statement.providers()):
        raise ValueError("a complete chain has n seeds")
    signed, signatures = sign_chain(token, seeds, root)
    encoding = chain_of(token, signatures, root)
    public_keys = [ed25519.public_key(seed) for seed in seeds]
    verify_chain(encoding, public_keys)
    return {"public_keys": public_keys, "signed": signed, "signatures": signatures, "encoding": encoding}


@kind("certificate")
def _(chain, owner_seed, session_seed):
    by_owner = sign(owner_seed, "statement", Token.decode(split_chain(chain)[0]).encoded)
    made = _signed(session_seed, "certificate", certified_message(chain))
    return {**made, "owner_signature": by_owner, "encoding": encode_certificate(by_owner, chain, made["signature"])}


@kind("abandonment")
def _(w, seed):
    made = _signed(seed, "abandonment", w)
    return {**made, "encoding": encode_abandonment(w, made["signature"], [])}


@kind("words")
def _(w, providers):
    made = [_signed(provider["seed"], "no-certificate", w + u8(provider["x"])) for provider in providers]
    words = [w + u8(provider["x"]) + each["signature"] for provider, each in zip(providers, made)]
    return {"public_keys": [each["public_key"] for each in made], "signed": [each["signed"] for each in made],
            "words": words, "encoding": encode_abandonment(w, b"", words)}


@kind("command")
def _(ring, owner, number, time, deed, node, seed):
    title, o = _title(owner)
    command = command_encoding(ring, title, number, time, deed)
    by_owner = sign(o, "owner-command", command)
    signed = bytes_(command) + by_owner
    message = bytes_(signed) + text(node)
    key, signature = ed25519.public_key(seed), sign(seed, "command", message)
    encoding = message + key + signature
    verify_command(encoding)
    return {"object": title_object(title), "command": command, "signed": tagged("owner-command", command),
            "signature": by_owner, "signed_command": signed, "key": key, "authorised": tagged("command", message),
            "key_signature": signature, "encoding": encoding}


@kind("hand-over")
def _(ring, owner, time, to, epoch, highest, generation, node, seed, next_seed):
    title, o = _title(owner)
    next_owner, next_key = _owner(to), ed25519.public_key(next_seed)
    handover = sign(o, "handover", handover_message(title, len(title["handovers"]), next_owner))
    accepted = acceptance_message(ring, title_object(title), next_owner, node, next_key)
    by_next_owner, by_next_key = sign(to["seed"], "acceptance", accepted), sign(next_seed, "acceptance", accepted)
    command = hand_over_encoding(ring, title, time, next_owner, handover, epoch, highest, generation,
                                 (node, next_key, by_next_owner, by_next_key))
    message = bytes_(bytes_(command) + sign(o, "owner-command", command)) + text(node)
    encoding = message + ed25519.public_key(seed) + sign(seed, "command", message)
    verify_command(encoding)
    return {"object": title_object(title), "handover_signature": handover, "accepted": accepted,
            "next_owner_signature": by_next_owner, "next_key": next_key, "next_key_signature": by_next_key,
            "command": command, "encoding": encoding}


@kind("receipt")
def _(seed, token, x, for_ever, time):
    body = receipt_body(Token.decode(token), x, for_ever, time)
    made = _signed(seed, "receipt", body)
    return {**made, "body": body, "encoding": bytes_(body) + made["signature"]}


@kind("holding")
def _(seed, ring, w, part, x, chunk, hash):
    body = holding_body(ring, w, part, x, chunk, hash)
    made = _signed(seed, "holding", body)
    return {**made, "encoding": body + made["signature"]}


@kind("proof")
def _(descriptor, chain):
    _, ring = open_ring(descriptor)
    providers = certificates(ring, Token.decode(split_chain(chain)[0]).statement.providers())
    proof = {"format": "interlock proof 2", "chain": base64.b64encode(chain).decode(), "providers": providers}
    verify_proof(json.dumps(proof), descriptor)
    return proof


# ring, credential, request, user-key

@kind("ring-id")
def _(key):
    return {"ring": ring_id(key)}


@kind("card")
def _(json, seed):
    card = parse_json(json)
    require_card(card)
    if card["key"] != key_text(ed25519.public_key(seed)):
        raise ValueError("the seed isn't that of the card's key")
    message, signature, file = signed_file("node-card", json, seed)
    return {"key": card["key"], "signed": tagged("node-card", message), "signature": signature, "file": file}


@kind("descriptor")
def _(json, seed):
    require_ring(parse_json(json))
    key = ed25519.public_key(seed)
    message, signature, file = signed_file("ring-descriptor", json, seed)
    return {"key": key_text(key), "ring": ring_id(key), "signed": tagged("ring-descriptor", message),
            "signature": signature, "file": file}


@kind("credential")
def _(secret, ring, node):
    seed = request_seed(secret, ring, node)
    return {"request_seed": seed, "request_key": ed25519.public_key(seed)}


@kind("request")
def _(seed, **fields):
    key = ed25519.public_key(seed)
    encoding = request_encoding(key, **fields)
    signature = sign(seed, "client-request", encoding)
    return {"key": key, "encoding": encoding, "signature": signature,
            "header": base64url(encoding) + "." + base64url(signature)}


@kind("channel")
def _(node_seed, user_seed, ring, node, user_ephemeral, node_ephemeral, channel, sequence, epoch, operation, subject,
      body):
    offered = x25519.public_key(user_ephemeral)
    said = u8(1) + channel + x25519.public_key(node_ephemeral)
    agreed = ring + text(node) + ed25519.public_key(user_seed) + offered + u32(len(said)) + said
    product = x25519.x25519(user_ephemeral, x25519.public_key(node_ephemeral))
    if product != x25519.x25519(node_ephemeral, offered):
        raise ValueError("both ends must have one product")
    mac_key = hkdf.hkdf(product, b"interlock/v1/channel", hashlib.sha256(agreed).digest(), 32)
    r = (u8(1) + channel + u64(sequence) + u32(epoch) + text(operation) + text(subject)
         + hashlib.sha256(body).digest())
    return {"offered": offered, "answer": u32(len(said)) + said + sign(node_seed, "channel", agreed),
            "header": "c." + base64url(r) + "." + base64url(hmac.digest(mac_key, r, "sha256"))}


@kind("user-key")
def _(ring, object, key_kind, bytes):
    if key_kind == "expanded" and len(bytes) != 32:
        raise ValueError(f"an expanded user key of {len(bytes)} bytes")
    return {"file": user_key_file(ring, object, key_kind, bytes)}


# hpke

def _recipient(kem, private_key):
    public = hpke.public_key(kem, private_key)
    return {"public_key": recipient_text(kem, public), "recipient": recipient_id(kem, public)}


@kind("sealed-message")
def _(kem, private_key, ring, w, sealed):
    key, plaintext = open_message(kem, private_key, ring, w, sealed)
    return {**_recipient(kem, private_key), "key": key, "plaintext": plaintext}


@kind("sealed-share")
def _(kem, private_key, ring, w, x, length, sealed):
    key, leaves, salts, share = open_share(kem, private_key, ring, w, x, length, sealed)
    return {**_recipient(kem, private_key), "key": key, "leaves": leaves, "root": merkle_root(leaves), "salts": salts,
            "share": share}


@kind("pieces")
def _(key, pieces):
    return {"sealed": seal_pieces(key, pieces)}


# route and the transcripts

@kind("route")
def _(direction, protocol, profile, path, homes):
    return {"stations": route(direction, protocol, profile, path, homes)}


@kind("sealed-route")
def _(profile, path, homes, x):
    return {"stations": sealed_route(profile, path, homes, x)}


def _transcript(protocol, profile):
    @kind(f"protocol-{protocol}-{profile}")
    def _(**inputs):
        return Transcript(protocol, profile, inputs).run()


for _protocol in (1, 2, 3):
    for _profile in ("blinded", "published"):
        _transcript(_protocol, _profile)


# negative: each returns normally, or raises Rejected with the class

def negative(name):
    def register(check):
        @kind(name)
        def _(**inputs):
            try:
                check(**inputs)
            except Rejected as e:
                return {"class": e.args[0]}
            return {"class": "accepted"}
        return check
    return register


def _integrity(condition):
    if not condition:
        raise Rejected(INTEGRITY)


@negative("decode-public-key")
def _(public_key):
    require_public_key(public_key)


@negative("decode-token")
def _(token):
    Token.decode(token)


@negative("verify-chain")
def _(chain, public_keys):
    verify_chain(chain, public_keys)


@negative("verify-receipt")
def _(receipt, public_key):
    verify_receipt(receipt, public_key)


@negative("decode-statement")
def _(statement):
    Statement.decode(statement)


@negative("verify-statement")
def _(statement, signature):
    verify_statement(statement, signature)


@negative("decode-private-part")
def _(part):
    decode_private_part(part)


@negative("verify-dealt")
def _(dealt, w, dealer_key, public_keys):
    verify_dealt(dealt, w, dealer_key, public_keys)


@negative("verify-claim")
def _(public_key, w, x, signature):
    verify(public_key, "claim", claim_message(w, x), signature)


@negative("verify-certificate")
def _(certificate, public_keys):
    verify_certificate(certificate, public_keys)


@negative("verify-abandonment")
def _(abandonment, statement, public_keys):
    verify_abandonment(abandonment, statement, public_keys)


@negative("verify-command")
def _(command):
    verify_command(command)


@negative("verify-holding")
def _(holding, public_key):
    verify_holding(holding, public_key)


@negative("verify-card")
def _(file):
    verify_card(file)


@negative("verify-descriptor")
def _(file, ring):
    verify_descriptor(file, ring)


@negative("verify-request")
def _(header):
    verify_request(header)


@negative("verify-chunk")
def _(h, manifest, index, r, m):
    _integrity(manifest and len(manifest) % 32 == 0)
    leaves = [manifest[i:i + 32] for i in range(0, len(manifest), 32)]
    _integrity(merkle_root(leaves) == h)
    _integrity(index < len(leaves) and chunk_leaf(index, r, m) == leaves[index])


@negative("verify-share")
def _(w, x, salts, chunks, root):
    _integrity(merkle_root(_share_leaves(w, x, salts, chunks)) == root)


@negative("open-message")
def _(kem, private_key, ring, w, sealed):
    open_message(kem, private_key, ring, w, sealed)


@negative("open-share")
def _(kem, private_key, ring, w, x, length, root, sealed):
    open_share(kem, private_key, ring, w, x, length, sealed, root)


@negative("read-user-key")
def _(file, ring, object):
    read_user_key(file, ring, object)


@negative("verify-proof")
def _(proof, descriptor):
    verify_proof(proof, descriptor)


@negative("accept-order")
def _(**inputs):
    accept_order(**inputs)


@negative("accept-deal")
def _(**inputs):
    accept_deal(**inputs)


# login, name

@kind("login-oprf")
def _(ring, name, login_kind, secret, coefficients, xs, blind, answering, proof_scalars):
    coefficients = [p256.scalar(each) for each in coefficients]
    message = logins.oprf_input(ring, name, login_kind, secret)
    blinded = p256.blind(message, p256.scalar(blind))
    shares = {x: p256.value(coefficients, x) for x in xs}
    answers = {x: p256.evaluate(shares[x], blinded, p256.scalar(r))
               for x, r in zip(answering, proof_scalars, strict=True)}
    output = p256.finish(message, p256.scalar(blind), p256.combine({x: element for x, (element, _) in answers.items()}))
    if output != p256.finish(message, 1, p256.times(coefficients[0], p256.blind(message, 1))):
        raise ValueError("the combination isn't what the key gives")
    return {"shares": [p256.scalar_bytes(shares[x]) for x in xs],
            "commitments": [p256.encode(p256.times(shares[x], p256.G)) for x in xs],
            "input": message, "blinded": p256.encode(blinded),
            "answers": [p256.encode(element) + proof for element, proof in answers.values()], "output": output}


@kind("login-reshare")
def _(dealers, coefficients, receivers):
    polynomials = [[p256.scalar(each) for each in one] for one in coefficients]
    parts = [[p256.value(one, x) for x in receivers] for one in polynomials]
    shares = [sum(p256.lagrange(dealers, j) * part[i] for j, part in zip(dealers, parts, strict=True)) % p256.ORDER
              for i in range(len(receivers))]
    return {"commitments": [[p256.encode(p256.times(a, p256.G)) for a in one] for one in polynomials],
            "parts": [[p256.scalar_bytes(each) for each in part] for part in parts],
            "shares": [p256.scalar_bytes(share) for share in shares],
            "share_commitments": [p256.encode(p256.times(share, p256.G)) for share in shares]}


@kind("login-record")
def _(ring, epoch, name, roots, next, version, login_kind, kib, passes, lanes, salt, t, xs, nodes, seeds, shares, stretched,
      unkeyed, nonce, nonce_before):
    seed = logins.identity_seed(roots[-1], len(roots), ring)
    identity = ed25519.public_key(seed)
    login_keys = [bytes(32) if node in unkeyed
                  else ed25519.public_key(logins.derived(stretched, "login key", ring, name, node)) for node in nodes]
    parameters = u32(kib) + u8(passes) + u8(lanes) + salt
    sealed, lock = logins.lock(ring, name, identity, roots, next, stretched, nonce, login_kind, t, parameters, xs,
                               [p256.scalar(share) for share in shares], login_keys)
    record = logins.record(ring, epoch, name, identity, version, logins.line(ring, name, roots, next, nonce_before),
                           [lock])
    digest = logins.record_hash(record)
    signature = sign(seed, "login-record", record)
    held = [logins.held(key, ring, node, digest) for key, node in zip(seeds, nodes, strict=True)]
    signed = bytes_(record) + signature
    certified = bytes_(signed) + u8(len(xs)) + b"".join(u8(x) + each for x, each in zip(xs, held, strict=True))
    return {"identity": identity, "login_keys": login_keys, "sealed": sealed, "record": record, "hash": digest,
            "signature": signature, "held": held, "certified": certified}


@kind("name-entry")
def _(secret, version, ring, name, next, versions, added, removed, number, before, nonce):
    keys = logins.name_keys(secret, version, ring)
    content = logins.name_content(name, next, versions, added, removed)
    where = logins.tag(keys[0], u8(1) + text(name))
    entry, state = logins.name_entry(keys, ring, version, where, number, before, content, nonce)
    return {"owner": ed25519.public_key(keys[2]), "tag": where, "note_tag": logins.tag(keys[0], u8(2)), "content": content,
            "entry": entry, "state": state}


@kind("device-book")
def _(secret, version, ring, devices, number, before, nonce):
    keys = logins.name_keys(secret, version, ring)
    content = logins.device_book(devices)
    where = logins.tag(keys[0], u8(3))
    entry, state = logins.name_entry(keys, ring, version, where, number, before, content, nonce)
    return {"tag": where, "content": content, "entry": entry, "state": state}
