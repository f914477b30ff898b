package dev.interlock.protocol;

import dev.interlock.core.secret.SecretBytes;
import dev.interlock.core.sharing.ShareIndex;
import dev.interlock.core.signature.SigningKey;
import dev.interlock.core.token.Abandonment;
import dev.interlock.core.token.Certificate;
import dev.interlock.core.token.Scheme;
import dev.interlock.core.token.SignatureChain;
import dev.interlock.core.token.Statement;
import dev.interlock.core.token.StatementHash;
import dev.interlock.core.token.Title;
import dev.interlock.core.token.Work;
import dev.interlock.protocol.message.Order;
import dev.interlock.protocol.request.Credential;
import dev.interlock.protocol.ring.Provider;
import dev.interlock.protocol.ring.RingDescriptor;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * U's side of step 1: the statement w of one session, signed, with what each party alone is told and the session key, until closed.
 * The session key certifies what the session makes or abandons it, never both.
 */
public final class PlannedSession implements AutoCloseable {
    /** How long orders and deal requests are taken. */
    static final Duration LIFETIME = Duration.ofMinutes(10);

    private final Statement statement;
    private final byte[] encoded;
    private final StatementHash id;
    private final byte[] ownerSignature;
    private final Map<String, PrivatePart> parts;
    private final SigningKey key;
    private boolean certified;
    private boolean abandoned;

    private PlannedSession(Statement statement, byte[] ownerSignature, Map<String, PrivatePart> parts, SigningKey key) {
        this.statement = statement;
        this.encoded = statement.encode();
        this.id = Statement.hash(encoded);
        this.ownerSignature = ownerSignature;
        this.parts = parts;
        this.key = key;
    }

    /**
     * The user's own object: O from a version of the user's root secret and a nonce.
     *
     * @param title whose it is: this user's
     * @param blinding where the B_i of each provider comes from that has one
     * @param seeds for these, copied
     */
    static PlannedSession of(
            RingDescriptor ring,
            Credential credential,
            Scheme scheme,
            Title title,
            long number,
            Work work,
            Blinding blinding,
            Map<ShareIndex, SecretBytes> seeds,
            SecureRandom random,
            Instant now) {
        Map<String, PrivatePart> parts = new LinkedHashMap<>();
        for (String name : parties(ring, work)) {
            boolean blinds = ring.provider(name)
                    .filter(provider -> blinds(scheme, work, provider.x()))
                    .isPresent();
            SecretBytes seed =
                    ring.provider(name).map(Provider::x).map(seeds::get).orElse(null);
            parts.put(
                    name,
                    PrivatePart.of(
                            credential.publicKey(ring.id(), name),
                            blinds ? blinding : Blinding.NONE,
                            seed == null ? new byte[0] : seed.copyToHeap(),
                            random));
        }
        SigningKey key = new SigningKey(SecretBytes.random(SigningKey.SEED_BYTES, random));
        Statement statement = new Statement(
                ring.id(),
                ring.epoch(),
                ring.threshold(),
                scheme,
                title,
                number,
                now.plus(LIFETIME).toEpochMilli(),
                work,
                parts.entrySet().stream()
                        .map(part -> new Statement.Party(
                                part.getKey(), PrivatePart.hash(part.getValue().encode())))
                        .toList(),
                key.verifyingKey());
        byte[] signature = new byte[0];
        if (work instanceof Work.Making) {
            try (SigningKey o = credential.ownerKey(
                    title.owner().rootVersion(), title.owner().nonce())) {
                signature = statement.sign(o);
            }
        }
        return new PlannedSession(statement, signature, parts, key);
    }

    /** Whether a provider adds a blind of its own in a session of this kind. */
    public static boolean blinds(Scheme scheme, Work work, ShareIndex x) {
        return switch (work) {
            case Work.Write write -> scheme.blinded() && write.path().contains(x);
            case Work.Renewal renewal -> !renewal.ofZero();
            case Work.Read read -> scheme.blinded() && read.path().contains(x);
            // The blinds of a repair are paired, whatever the profile, and whom it repairs has one, too.
            case Work.Repair repair ->
                repair.path().contains(x) || repair.repaired().equals(x);
        };
    }

    /** Everyone who gets an order. */
    public static List<String> parties(RingDescriptor ring, Work work) {
        List<ShareIndex> providers = new ArrayList<>();
        if (work instanceof Work.Repair repair) {
            providers.add(repair.repaired());
        }
        providers.addAll(work.path());
        switch (work) {
            case Work.Read read -> providers.add(read.home());
            case Work.Repair repair -> repair.home().ifPresent(providers::add);
            case Work.Making _ -> {}
        }
        List<String> names = new ArrayList<>(
                providers.stream().map(x -> ring.provider(x).name()).toList());
        if (work instanceof Work.Making making) {
            names.addAll(making.dealers());
        }
        return names.stream().distinct().toList();
    }

    public Statement statement() {
        return statement;
    }

    /** H(w). */
    public StatementHash id() {
        return id;
    }

    /** O's over w; empty where nothing is made. */
    public byte[] ownerSignature() {
        return ownerSignature.clone();
    }

    /** What is sent to one party, a provider or a dealer. */
    public Order order(String name) {
        PrivatePart part = parts.get(name);
        if (part == null) {
            throw new IllegalArgumentException(name + " has no part in this session");
        }
        return new Order(encoded, ownerSignature, part.encode());
    }

    /**
     * After the write check: what is made here counts.
     *
     * @param chain checked, with the signatures of the whole path
     */
    public synchronized Certificate certify(SignatureChain chain) {
        if (abandoned) {
            throw new IllegalStateException("the session " + id + " was abandoned");
        }
        certified = true;
        return Certificate.sign(key, ownerSignature, chain);
    }

    /** Whether {@link #certify} was called: then nothing of it can be taken back. */
    public synchronized boolean isCertified() {
        return certified;
    }

    /** What is made here will never count. */
    public synchronized Abandonment abandon() {
        if (certified) {
            throw new IllegalStateException("the session " + id + " was certified");
        }
        abandoned = true;
        return Abandonment.sign(key, id);
    }

    /** Wipes the seeds and the session key. */
    @Override
    public void close() {
        parts.values().forEach(PrivatePart::wipe);
        key.close();
    }
}
