package dev.interlock.protocol.login;

import dev.interlock.core.oprf.Element;
import dev.interlock.core.oprf.Scalar;
import dev.interlock.core.oprf.Voprf;
import dev.interlock.core.token.RingId;
import java.security.SecureRandom;
import java.util.Arrays;

/**
 * A password or recovery code as the OPRF's input, blinded (SPEC §17). It depends on ring, name and secret, and on nothing of a record,
 * so it can be made while that is being asked for. Good for one attempt; closing wipes it.
 */
public final class BlindedSecret implements AutoCloseable {
    private final RingId ring;
    private final UserName name;
    private final Lock.Kind kind;
    private final byte[] input;
    private final Scalar blind;
    private final Element blinded;

    private BlindedSecret(RingId ring, UserName name, Lock.Kind kind, byte[] input, Scalar blind) {
        this.ring = ring;
        this.name = name;
        this.kind = kind;
        this.input = input;
        this.blind = blind;
        this.blinded = Voprf.blind(input, blind);
    }

    /**
     * Blinds by a fresh random scalar.
     *
     * @param secret UTF-8 of a password, or the bits of a recovery code; the caller wipes it
     */
    public static BlindedSecret of(RingId ring, UserName name, Lock.Kind kind, byte[] secret, SecureRandom random) {
        return new BlindedSecret(ring, name, kind, Enrolment.input(ring, name, kind, secret), Scalar.random(random));
    }

    Element blinded() {
        return blinded;
    }

    boolean isFor(LoginRecord record, Lock lock) {
        return ring.equals(record.ring()) && name.equals(record.name()) && kind == lock.kind();
    }

    /** The OPRF's output, of the evaluated element; the caller wipes it. */
    byte[] finish(Element evaluated) {
        return Voprf.finish(input, blind, evaluated);
    }

    @Override
    public void close() {
        Arrays.fill(input, (byte) 0);
        blind.close();
    }
}
