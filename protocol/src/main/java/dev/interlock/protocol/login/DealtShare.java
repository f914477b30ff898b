package dev.interlock.protocol.login;

import dev.interlock.core.commitment.Sha256;
import dev.interlock.core.encoding.ByteReader;
import dev.interlock.core.encoding.ByteWriter;
import dev.interlock.core.encoding.MalformedException;
import dev.interlock.core.oprf.Element;
import dev.interlock.core.oprf.Resharing;
import dev.interlock.core.oprf.Scalar;
import dev.interlock.core.sealing.OpeningKey;
import dev.interlock.core.sealing.RecipientKey;
import dev.interlock.core.sealing.SealedException;
import dev.interlock.core.sealing.SealedLayout;
import dev.interlock.core.sealing.SealedReader;
import dev.interlock.core.sealing.SealedWriter;
import dev.interlock.core.sealing.Sealing;
import dev.interlock.core.secret.SecretBytes;
import dev.interlock.core.sharing.ShareIndex;
import dev.interlock.core.token.RingId;
import dev.interlock.core.token.StatementHash;
import dev.interlock.protocol.ring.Provider;
import dev.interlock.protocol.ring.RingDescriptor;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * One provider's share of a lock's OPRF key, dealt to the ring's providers as they are now (SPEC §17). The client carries it, and
 * reads nothing but the commitments: each part is sealed to its receiver.
 *
 * @param commitments to the dealer's polynomial, that to its share first
 * @param sealed by receiver, in the order of the ring
 */
@SuppressWarnings("ArrayRecordComponent") // passed on, never compared
public record DealtShare(Lock.Kind kind, List<Element> commitments, Map<ShareIndex, byte[]> sealed) {

    /**
     * Deals.
     *
     * @param before the record whose share this is
     * @param self the dealer
     * @param share stays the caller's
     */
    public static DealtShare deal(
            RingDescriptor ring,
            UserName name,
            RecordHash before,
            Lock.Kind kind,
            ShareIndex self,
            Scalar share,
            SecureRandom random) {
        List<ShareIndex> receivers = ring.providers().stream().map(Provider::x).toList();
        Resharing.Dealt dealt = Resharing.deal(share, ring.threshold().t(), receivers, random);
        Map<ShareIndex, byte[]> sealed = new LinkedHashMap<>();
        try {
            for (Provider provider : ring.providers()) {
                Scalar part = dealt.parts().get(provider.x());
                if (part == null) {
                    throw new IllegalStateException("a receiver without a part");
                }
                Sealing what = sealing(ring.id(), name, before, kind, self, provider.x());
                sealed.put(provider.x(), seal(provider.card().recipient(), what, part, random));
            }
            return new DealtShare(kind, dealt.commitments(), sealed);
        } finally {
            dealt.parts().values().forEach(Scalar::close);
        }
    }

    private static byte[] seal(RecipientKey to, Sealing what, Scalar part, SecureRandom random) {
        try (SealedWriter writer = new SealedWriter(to, what, random);
                SecretBytes plain = SecretBytes.taking(part.encode())) {
            byte[] header = writer.header();
            byte[] sealed = Arrays.copyOf(header, sealedBytes(to));
            writer.seal(0, true, plain.segment(), MemorySegment.ofArray(sealed).asSlice(header.length));
            return sealed;
        }
    }

    /**
     * Opens a part; the caller closes it.
     *
     * @param self the receiver
     * @throws MalformedException when it isn't one that this dealer made of this record's share for this receiver
     */
    public static Scalar open(
            byte[] sealed,
            OpeningKey key,
            RingId ring,
            UserName name,
            RecordHash before,
            Lock.Kind kind,
            ShareIndex dealer,
            ShareIndex self) {
        int header = new SealedLayout(key.recipient().kem()).headerBytes();
        if (sealed.length != sealedBytes(key.recipient())) {
            throw new MalformedException("a part of a login's share has " + sealedBytes(key.recipient())
                    + " bytes when sealed, not " + sealed.length);
        }
        try (SealedReader reader = new SealedReader(
                        Arrays.copyOf(sealed, header), key, sealing(ring, name, before, kind, dealer, self));
                SecretBytes plain = SecretBytes.allocate(Scalar.BYTES)) {
            reader.open(0, true, MemorySegment.ofArray(sealed).asSlice(header), plain.segment());
            byte[] bytes = plain.copyToHeap();
            try {
                return Scalar.decode(bytes);
            } finally {
                Arrays.fill(bytes, (byte) 0);
            }
        } catch (SealedException e) {
            throw new MalformedException("a part of a login's share doesn't open: " + e.getMessage());
        }
    }

    private static int sealedBytes(RecipientKey to) {
        return new SealedLayout(to.kem()).headerBytes() + Scalar.BYTES + SealedLayout.TAG_BYTES;
    }

    private static Sealing sealing(
            RingId ring, UserName name, RecordHash before, Lock.Kind kind, ShareIndex dealer, ShareIndex receiver) {
        byte[] text = name.text().getBytes(StandardCharsets.US_ASCII);
        byte[] what = Sha256.labelled("interlock/v1/login-part")
                .u8(text.length)
                .update(text)
                .update(before.bytes())
                .u8(kind.code())
                .u8(dealer.x())
                .digest();
        return Sealing.ofShare(ring, StatementHash.of(what), receiver);
    }

    /**
     * What is wrong with it, as far as one can tell who can't open the parts: it has to be of the share that the dealer committed
     * to, of the ring's threshold, and for all of its providers.
     *
     * @throws MalformedException with the reason
     */
    public void require(RingDescriptor ring, Lock before, ShareIndex dealer) {
        Lock.Keys keys = before.keys().get(dealer);
        if (keys == null || !commitments.getFirst().equals(keys.share())) {
            throw new MalformedException("what it dealt isn't its share of the login");
        }
        if (commitments.size() != ring.threshold().t()
                || !List.copyOf(sealed.keySet())
                        .equals(ring.providers().stream().map(Provider::x).toList())) {
            throw new MalformedException("it dealt to others than the ring's providers as they are now");
        }
    }

    /** How long an answer with those of two locks may be. */
    public static int maxBytes(RingDescriptor ring) {
        int n = ring.providers().size();
        return 64 + 2 * (16 + ring.threshold().t() * Element.BYTES + n * MAX_PART_BYTES);
    }

    /** A part, sealed to the longer kind of key, with its length and whose it is. */
    static final int MAX_PART_BYTES = 1250;

    /** Those of all locks that a provider has a share of. */
    public static byte[] encode(List<DealtShare> all) {
        ByteWriter out = new ByteWriter().u8(all.size());
        for (DealtShare each : all) {
            out.u8(each.kind.code()).u8(each.commitments.size());
            each.commitments.forEach(commitment -> out.fixed(commitment.encode(), Element.BYTES));
            out.u8(each.sealed.size());
            each.sealed.forEach((x, part) -> out.u8(x.x()).bytes(part));
        }
        return out.toBytes();
    }

    /** By kind. */
    public static Map<Lock.Kind, DealtShare> decode(byte[] bytes) {
        ByteReader in = new ByteReader("a login's dealt shares", bytes);
        Map<Lock.Kind, DealtShare> all = new LinkedHashMap<>();
        int count = in.u8();
        for (int i = 0; i < count; i++) {
            Lock.Kind kind = Lock.Kind.of(in.u8());
            int t = in.u8();
            if (t < 1) {
                throw new MalformedException("a dealt share has commitments");
            }
            List<Element> commitments = new ArrayList<>();
            for (int k = 0; k < t; k++) {
                commitments.add(Element.decode(in.fixed(Element.BYTES)));
            }
            Map<ShareIndex, byte[]> sealed = new LinkedHashMap<>();
            int n = in.u8();
            for (int k = 0; k < n; k++) {
                ShareIndex x = Lock.index(in.u8());
                if (sealed.put(x, in.bytes()) != null) {
                    throw new MalformedException("a provider stands twice in what was dealt");
                }
            }
            if (all.put(kind, new DealtShare(kind, commitments, sealed)) != null) {
                throw new MalformedException("a lock's share was dealt twice");
            }
        }
        in.end();
        return all;
    }
}
