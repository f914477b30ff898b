package dev.interlock.protocol;

import dev.interlock.core.encoding.MalformedException;
import dev.interlock.core.sharing.ShareIndex;
import dev.interlock.core.signature.BadSignatureException;
import dev.interlock.core.token.Receipt;
import dev.interlock.core.token.SignatureChain;
import dev.interlock.core.token.Token;
import dev.interlock.protocol.error.IntegrityException;
import dev.interlock.protocol.ring.RingDescriptor;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;

/**
 * The receipts of an object's destruction with the chain of its token, so that anyone who has the ring's descriptor can check
 * them without asking anyone: who said that it erased its share, and whether so many did that nobody can open the object any
 * more. A receipt is its provider's word; that the bytes are gone it can't prove.
 */
public record Destroyed(SignatureChain chain, List<Receipt> receipts) {
    private static final String FORMAT = "interlock receipts 2";

    private record Text(String format, byte[] chain, List<byte[]> receipts) {}

    /**
     * What receipts say that hold.
     *
     * @param unrecoverableSince when so many had erased what they had that nobody can open the object any more, by their
     *     clocks; empty when it can still be opened
     */
    public record Verdict(Token token, List<String> providers, Optional<Instant> unrecoverableSince) {}

    public Destroyed {
        receipts = List.copyOf(receipts);
    }

    public byte[] encode() {
        return Json.write(new Text(
                FORMAT, chain.encode(), receipts.stream().map(Receipt::encode).toList()));
    }

    /** @throws MalformedException unless these are whole receipts of this version */
    public static Destroyed decode(byte[] bytes) {
        Text text = Json.read("the receipts", bytes, Text.class);
        if (!text.format().equals(FORMAT)) {
            throw new MalformedException("this is no \"" + FORMAT + "\"; this program reads that version only");
        }
        return new Destroyed(
                SignatureChain.decode(text.chain()),
                text.receipts().stream().map(Receipt::decode).toList());
    }

    /** @throws IntegrityException that says which receipt doesn't hold, and why */
    public Verdict verify(RingDescriptor descriptor) {
        Token u = Token.decode(chain.token());
        require(
                u,
                u.ring().equals(descriptor.id()) && descriptor.knows(u.epoch()),
                "they are of the ring " + u.ring() + ", epoch " + u.epoch() + "; this is " + descriptor.id()
                        + ", epoch " + descriptor.epoch());
        RingDescriptor ring = descriptor.at(u.epoch());
        try {
            chain.verifyCommitted(ring.keys());
        } catch (BadSignatureException | MalformedException e) {
            throw broken(u, "the object's own chain doesn't: " + e.getMessage());
        }
        HashSet<ShareIndex> seen = new HashSet<>();
        List<String> names = new ArrayList<>();
        for (Receipt receipt : receipts) {
            require(u, u.providers().contains(receipt.x()), "x = " + receipt.x().x() + " has no share of it");
            String name = ring.provider(receipt.x()).name();
            require(u, seen.add(receipt.x()), "that of " + name + " is there twice");
            require(
                    u,
                    receipt.ring().equals(u.ring()) && receipt.object().equals(u.object()),
                    "that of " + name + " is for another object, " + receipt.object());
            require(
                    u,
                    receipt.epoch() == u.epoch() && receipt.generation().equals(u.id()),
                    "that of " + name + " is for another epoch or generation");
            byte[] root = u.dealt().rootOf(receipt.x()).root();
            require(u, Arrays.equals(receipt.shareRoot(), root), "that of " + name + " is for another share");
            try {
                receipt.verify(ring.provider(receipt.x()).card().key());
            } catch (BadSignatureException e) {
                throw broken(u, name + " didn't sign that one: " + e.getMessage());
            }
            names.add(name);
        }
        return new Verdict(u, names, unrecoverableSince(u, receipts));
    }

    /** The time of the receipt with which what is left became too little. */
    public static Optional<Instant> unrecoverableSince(Token u, Collection<Receipt> receipts) {
        List<ShareIndex> left = new ArrayList<>(u.providers());
        for (Receipt receipt : receipts.stream()
                .sorted(Comparator.comparingLong(Receipt::destroyedMillis))
                .toList()) {
            left.remove(receipt.x());
            if (!u.openableBy(left)) {
                return Optional.of(Instant.ofEpochMilli(receipt.destroyedMillis()));
            }
        }
        return Optional.empty();
    }

    private static void require(Token u, boolean holds, String otherwise) {
        if (!holds) {
            throw broken(u, otherwise);
        }
    }

    private static IntegrityException broken(Token u, String why) {
        return new IntegrityException("the receipts for " + u.object() + " don't hold: " + why, List.of());
    }
}
