"""Whole objects: write and reads of the three protocols in both profiles (SPEC §§4, 7 to 9)."""

from . import gf256
from .aes import stream
from .documents import owner_seed, recipient_text, request_seed
from .ed25519 import public_key
from .encoding import sign
from .hpke import public_key as recipient_key
from .objects import (R_LENGTH, Statement, Token, certified_message, chain_of, chunk_leaf, ciphertext_leaf, cut,
                      encode_certificate, encode_dealt, merkle_root, object_id, private_hash, private_part, roots_message,
                      share_leaf, sign_chain, statement_hash)
from .routes import has_user_point, home_count, route, sealed_route, user_point
from .sealing import open_message, open_share


def expand(kind, blind, length):
    """B_i, or b_U: `expanded` from a seed or `full`."""
    if kind == "expanded":
        if len(blind) != 32:
            raise ValueError(f"seed of {len(blind)} bytes")
        return stream(blind, length)
    if len(blind) != length:
        raise ValueError(f"full blind of {len(blind)} bytes, not {length}")
    return blind


class Transcript:
    """The object of one vector, recomputed from its inputs."""

    def __init__(self, protocol, profile, inputs):
        self.protocol, self.profile, self.i = protocol, profile, inputs
        self.t = inputs["threshold"]
        self.path = [p["x"] for p in inputs["providers"]]
        self.homes = self.path[:home_count(len(self.path), self.t, profile)]
        self.out = {}

    def run(self):
        i = self.i
        self._plan(len(i["sealed_message"] if self.protocol == 1 else i["m"]))
        if self.protocol == 1:
            self.sealed = i["sealed_message"]
            key, self.m = open_message(i["kem"], i["private_key"], i["ring"], self.w, self.sealed)
            self.out["message_key"], self.out["m"] = key, self.m
            content = self.sealed
        else:
            self.m = content = self.i["m"]
        self._commit(content)
        self._deal()
        self._write()
        self._sign()
        if self.protocol == 1:
            self._seal_shares()
            self.out["reads"] = [self._fetch(read) for read in self.i["reads"]]
        else:
            self.out["reads"] = [self._read(read) for read in self.i["reads"]]
        return self.out

    def _statement(self, work, parties, expiry, session_seed):
        """(w, private parts); parties: (name, salt, kind of blinds, seeds)."""
        i = self.i
        parts = [private_part(salt, public_key(request_seed(i["secret"], i["ring"], name)), blinds, seeds)
                 for name, salt, blinds, seeds in parties]
        seed = owner_seed(i["secret"], 1, i["nonce"])
        w = Statement(
            ring=i["ring"], epoch=i["epoch"], threshold=self.t, n=len(self.path), protocol=self.protocol,
            profile=self.profile, title={"first": {"version": 1, "nonce": i["nonce"], "key": public_key(seed)}, "handovers": []}, number=1,
            expiry=expiry, parties=[{"name": name, "hash": private_hash(part)}
                                    for (name, *_), part in zip(parties, parts)],
            session_key=public_key(session_seed), work={
                "missing": [], "homes": 0, "dealers": [], "recipient": "", "repaired": [], "home": [], "generation": [],
                **work}).encode()
        Statement.decode(w)
        return w, parts

    def _told(self, path, blinds):
        """For each hop its kind of blinds and its seed."""
        if self.profile == "published":
            return [("none", b"")] * len(path)
        if self.i["blinds"] == "expanded":
            return [("expanded", blind) for blind in blinds]
        return [("full", b"")] * len(path)

    def _plan(self, length):
        """Step 1: w, before what passes is there; in protocol 1 that is sealed for H(w)."""
        i = self.i
        told = self._told(self.path, i.get("write_blinds")) + [("none", b"")]
        names = [p["name"] for p in i["providers"]] + [i["dealer"]["name"]]
        parties = [(name, salt, *what) for name, salt, what in zip(names, i["part_salts"], told, strict=True)]
        recipient = ""
        if self.protocol == 1:
            recipient = recipient_text(i["kem"], recipient_key(i["kem"], i["private_key"]))
        work = {"kind": "write", "path": self.path, "length": length, "homes": len(self.homes),
                "dealers": [i["dealer"]["name"]], "recipient": recipient}
        self.statement, parts = self._statement(work, parties, i["expiry"], i["session_seed"])
        self.w = statement_hash(self.statement)
        seed = owner_seed(i["secret"], 1, i["nonce"])
        self.owner_signature = sign(seed, "statement", self.statement)
        self.out |= {"private_parts": parts, "statement": self.statement, "session": self.w,
                     "object": object_id(public_key(seed), i["nonce"]), "owner_signature": self.owner_signature}

    def _commit(self, content):
        """P_k = r_k ‖ m_k, their leaves and h."""
        self.length = len(content)
        chunks = cut(content, self.length)
        r = self.i["r"]
        if len(r) != len(chunks):
            raise ValueError(f"{len(r)} r_k for {len(chunks)} chunks")
        self.p = b"".join(r_k + m_k for r_k, m_k in zip(r, chunks))
        leaves = [chunk_leaf(k, r_k, m_k) for k, (r_k, m_k) in enumerate(zip(r, chunks))]
        self.h = merkle_root(leaves)
        self.out |= {"p": self.p, "leaves": leaves, "h": self.h}

    def _check_salts(self):
        """Salts are dealt like shares: those of a chunk lie on one polynomial of degree below t."""
        points = self.path[:self.t]
        for salts in zip(*self.i["salts"], strict=True):
            for x, salt in zip(self.dealt_to, salts, strict=True):
                if salt != gf256.interpolate(points, salts[:self.t], x):
                    raise ValueError(f"the salts don't lie on one polynomial of degree below {self.t}")

    def _deal(self):
        i = self.i
        coefficients = i["coefficients"]
        if len(coefficients) != self.t or any(len(a) != len(self.p) for a in coefficients):
            raise ValueError("coefficients aren't t vectors of |P| bytes")
        user = [user_point(self.path)] if has_user_point(self.protocol, self.profile) else []
        self.dealt_to = self.path + user
        dealt = [gf256.deal(coefficients, x) for x in self.dealt_to]
        shares = dealt[:len(self.path)]
        self.shares = dict(zip(self.path, shares))
        self._check_salts()
        leaves, roots = [], []
        for x, share, salts in zip(self.dealt_to, dealt, i["salts"], strict=True):
            chunks = cut(share, self.length, R_LENGTH)
            leaves.append([share_leaf(self.w, x, k, salt, chunk)
                           for k, (salt, chunk) in enumerate(zip(salts, chunks, strict=True))])
            roots.append(merkle_root(leaves[-1]))
        self.roots = roots
        named = list(zip(self.dealt_to, roots))
        signature = sign(i["dealer"]["seed"], "share-roots", roots_message(self.w, named))
        self.dealt = (False, named, [signature])
        self.out |= {"shares": shares, "dealer_key": public_key(i["dealer"]["seed"]), "share_leaves": leaves,
                     "share_roots": roots, "dealt_signature": signature, "dealt": encode_dealt(*self.dealt)}
        if user:
            self.user_x, self.user_share = user[0], dealt[-1]
            self.out |= {"user_x": self.user_x, "user_share": self.user_share}

    def _points(self, path, with_user):
        return path + [self.user_x] if with_user else path

    def _pass(self, stations, path, points, blinds, flow):
        """Every station's output, in order; `flow` gives what comes in from the user or a home."""
        out = []
        blind = dict(zip(path, blinds))
        for station in stations:
            data = out[-1]["out"] if station["source"] == "station" else flow[station["source"]]
            if station["layered"]:
                # out = in ⊕ λ_{S,0}(i)·f(x_i) ⊕ B_i
                x = station["x"]
                data = gf256.add_scaled(data, gf256.lagrange(points, 0, x), self.shares[x])
                if blinds:
                    data = gf256.add(data, blind[x])
            out.append({**station, "out": data})
        return out

    def _blinds(self, path, blinds):
        """B_i of every provider of the path; none in the published profile."""
        if self.profile == "published":
            return []
        if len(blinds) != len(path):
            raise ValueError(f"{len(blinds)} blinds for {len(path)} providers")
        return [expand(self.i["blinds"], b, len(self.p)) for b in blinds]

    def _direction(self):
        small = self.protocol != 1 and self.profile == "blinded" and self.length <= 1 << 16
        return "small-write" if small else "write"

    def _write(self):
        with_user = has_user_point(self.protocol, self.profile)
        points = self._points(self.path, with_user)
        self.out["lambdas"] = [gf256.lagrange(points, 0, x) for x in self.path]
        blinds = self._blinds(self.path, self.i.get("write_blinds"))
        feed = self.p
        if self.profile == "blinded":
            self.out["b"] = blinds
            for b in blinds:
                feed = gf256.add(feed, b)
            if self.protocol == 2:
                self.user_pad = expand(self.i["user_key_kind"], self.i["user_key"], len(self.p))
                self.out["user_pad"] = self.user_pad
                feed = gf256.add(feed, self.user_pad)
        if with_user:
            weight = gf256.lagrange(points, 0, self.user_x)
            self.out["user_lambda"] = weight
            feed = gf256.add_scaled(feed, weight, self.user_share)
        stations = route(self._direction(), self.protocol, self.profile, self.path, self.homes)
        stations = self._pass(stations, self.path, points, blinds, {"user": feed})
        stored = {s["out"] for s in stations if s["stored"]}
        self.c, = stored
        # What the pass is for: the ciphertext is P ⊕ a_0, in blinded protocol 2 with b_U.
        expected = gf256.add(self.p, self.i["coefficients"][0])
        if (self.protocol, self.profile) == (2, "blinded"):
            expected = gf256.add(expected, self.user_pad)
        if self.c != expected:
            raise ValueError("the homes don't store P ⊕ a_0")
        self.out |= {"feed": feed, "stations": stations, "c": self.c}

    def _sign(self):
        i = self.i
        token = Token(self.statement, self.h, self.dealt, [], i["time"]).encode()
        Token.decode(token)
        seeds = [p["seed"] for p in i["providers"]]
        root = merkle_root([ciphertext_leaf(self.w, k, chunk)
                            for k, chunk in enumerate(cut(self.c, self.length, R_LENGTH))])
        _, signatures = sign_chain(token, seeds, root)
        chain = chain_of(token, signatures, root)
        certified = sign(i["session_seed"], "certificate", certified_message(chain))
        self.out |= {"token": token, "provider_keys": [public_key(seed) for seed in seeds], "ciphertext_root": root,
                     "signatures": signatures, "chain": chain,
                     "certificate": encode_certificate(self.owner_signature, chain, certified)}

    def _recovered(self, p):
        """m of a padded P, whose chunks must have their leaves."""
        if p != self.p:
            raise ValueError("the read doesn't give P")
        chunks = cut(p, self.length, R_LENGTH)
        for k, chunk in enumerate(chunks):
            if chunk_leaf(k, chunk[:R_LENGTH], chunk[R_LENGTH:]) != self.out["leaves"][k]:
                raise ValueError(f"chunk {k} hasn't its leaf")
        return b"".join(chunk[R_LENGTH:] for chunk in chunks)

    def _planned(self, read):
        """Step 1 of a read: w, and what each party is told."""
        path, home = read["path"], read["home"]
        told = self._told(path, read.get("blinds")) + [("none", b"")] * (home not in path)
        names = {p["x"]: p["name"] for p in self.i["providers"]}
        asked = path + [home] * (home not in path)
        parties = [(names[x], salt, *what) for x, salt, what in zip(asked, read["part_salts"], told, strict=True)]
        work = {"kind": "read", "path": path, "length": self.length, "home": [home], "generation": [self.w]}
        w, parts = self._statement(work, parties, read["expiry"], read["session_seed"])
        return {"private_parts": parts, "statement": w, "session": statement_hash(w)}

    def _read(self, read):
        protocol, profile = self.protocol, self.profile
        path, home = read["path"], read["home"]
        if len(path) < self.t or len(set(path)) != len(path) or not set(path) <= set(self.path):
            raise ValueError(f"{path} isn't the path of a read")
        if home not in self.homes or home in path and path[0] != home:
            raise ValueError(f"{home} isn't a home for {path}")
        with_user = (protocol, profile) == (2, "published")
        others = [x for x in path if x != home]
        if with_user and others != sorted(others, key=self.path.index, reverse=True):
            raise ValueError(f"{path} isn't the order of the paper's read")
        points = self._points(path, with_user)
        out = self._planned(read)
        out["lambdas"] = [gf256.lagrange(points, 0, x) for x in path]
        blinds = self._blinds(path, read.get("blinds"))
        flow = {"store": self.c}
        if profile == "blinded":
            out["b"] = blinds
        if with_user:
            out["user_lambda"] = gf256.lagrange(points, 0, self.user_x)
        if (protocol, profile) == (3, "published"):
            # c goes to U, who puts K on its way back into the ring
            k = stream(read["k_seed"], len(self.p))
            flow["user"] = gf256.add(self.c, k)
            out |= {"k": k, "first": self.c, "feed": flow["user"]}
        out["stations"] = self._pass(route("read", protocol, profile, path, [home]), path, points, blinds, flow)
        out["received"] = p = out["stations"][-1]["out"]
        for b in blinds:
            p = gf256.add(p, b)
        if (protocol, profile) == (2, "blinded"):
            p = gf256.add(p, self.user_pad)
        if with_user:
            p = gf256.add_scaled(p, out["user_lambda"], self.user_share)
        if (protocol, profile) == (3, "published"):
            p = gf256.add(p, k)
        out["m"] = self._recovered(p)
        return out

    def _seal_shares(self):
        """Protocol 1: every sealed share opens to the share that was dealt."""
        i = self.i
        self.out["sealed_routes"] = [sealed_route(self.profile, self.path, self.homes, x) for x in self.path]
        opened = []
        for n, (x, sealed) in enumerate(zip(self.path, i["sealed_shares"], strict=True)):
            key, leaves, salts, share = open_share(i["kem"], i["private_key"], i["ring"], self.w, x, self.length,
                                                   sealed, self.roots[n])
            if (leaves, salts, share) != (self.out["share_leaves"][n], i["salts"][n], self.shares[x]):
                raise ValueError(f"the sealed share of {x} isn't the one that was dealt")
            opened.append({"key": key, "leaves": leaves, "salts": salts, "share": share})
        self.out["opened"] = opened
        self.opened = {x: o["share"] for x, o in zip(self.path, opened)}

    def _fetch(self, read):
        """Protocol 1's read: c and t of the sealed shares from a home; no ring."""
        path = read["path"]
        if len(path) != self.t or read["home"] not in self.homes:
            raise ValueError(f"{path} from {read['home']} isn't a read of protocol 1")
        lambdas = [gf256.lagrange(path, 0, x) for x in path]
        steps, p = [], self.c
        for x, weight in zip(path, lambdas):
            p = gf256.add_scaled(p, weight, self.opened[x])
            steps.append(p)
        i = self.i
        _, m = open_message(i["kem"], i["private_key"], i["ring"], self.w, self._recovered(p))
        return {"lambdas": lambdas, "steps": steps, "m": m}
