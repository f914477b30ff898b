package dev.interlock.core.token;

import dev.interlock.core.encoding.ByteReader;
import dev.interlock.core.encoding.ByteWriter;
import dev.interlock.core.encoding.MalformedException;
import dev.interlock.core.signature.Purpose;
import dev.interlock.core.signature.SigningKey;
import dev.interlock.core.signature.VerifyingKey;
import java.util.Optional;

/**
 * What an owner has providers do with an object: O signs what is to be done, once for all; what lets it be done at one provider is
 * the signature of the user's key there ({@link Authorised}), so that a root secret that was stolen commands nothing by itself.
 *
 * @param ring in which it holds
 * @param title whose the object is, and so the object
 * @param number orders the schedules and cancels of an object; 0 for what isn't ordered
 * @param signedMillis by the owner's clock, since 1970
 */
public record Command(RingId ring, Title title, long number, long signedMillis, Deed deed) {
    private static final int VERSION = 2;

    /** What is to be done. */
    public sealed interface Deed {}

    /**
     * Ends what there is up to a generation, in one epoch of one ring. A later generation there isn't touched by it.
     *
     * @param epoch of the ring
     * @param highest its number
     * @param generation its H(w)
     */
    public record Destroy(int epoch, long highest, StatementHash generation) implements Deed {}

    /** Ends the object in this ring, whatever its epoch or generation, for ever. */
    public record DestroyForEver() implements Deed {}

    /**
     * Closes the object, and ends it at a later time as {@link DestroyForEver} does.
     *
     * @param atMillis since 1970
     */
    public record Schedule(long atMillis) implements Deed {}

    /** Takes a schedule back. */
    public record Cancel() implements Deed {}

    /**
     * Asks for each provider's word that it confirms no certificate of this generation, where it knows none.
     *
     * @param generation H(w)
     */
    public record Settle(StatementHash generation) implements Deed {}

    /**
     * Makes the object another owner's, at one provider.
     *
     * @param handover the next link of the title
     * @param epoch of the ring
     * @param highest number of the generation that is handed over: nothing else that the owner before made counts
     * @param generation its H(w)
     * @param acceptance of the next owner, for that provider
     */
    public record HandOver(Handover handover, int epoch, long highest, StatementHash generation, Acceptance acceptance)
            implements Deed {}

    public ObjectId object() {
        return title.object();
    }

    /** Whether it ends this generation. */
    public boolean ends(Token u) {
        return switch (deed) {
            case DestroyForEver _ -> true;
            case Destroy(int epoch, long highest, StatementHash generation) ->
                u.epoch() == epoch && !isLater(u, highest, generation);
            case Schedule _, Cancel _, Settle _, HandOver _ -> false;
        };
    }

    private static boolean isLater(Token u, long highest, StatementHash generation) {
        return u.number() != highest ? u.number() > highest : u.id().compareTo(generation) > 0;
    }

    /** The object's title after this, where it hands the object over. */
    public Optional<Title> handedOver() {
        return deed instanceof HandOver handOver ? Optional.of(title.with(handOver.handover())) : Optional.empty();
    }

    /**
     * Whether a generation of an earlier owner's is none of what was handed over: that is one alone, and what an epoch before has of
     * it. Its maker kept it back, or made it after.
     */
    public boolean leavesOut(Token u) {
        return deed instanceof HandOver(Handover handover, int epoch, long _, StatementHash generation, Acceptance _)
                && !u.statement().title().continues(title.with(handover))
                && (u.epoch() > epoch || (u.epoch() == epoch && !u.id().equals(generation)));
    }

    public byte[] encode() {
        ByteWriter out = new ByteWriter().u8(VERSION).fixed(ring.bytes(), RingId.BYTES);
        title.write(out);
        out.u64(number).u64(signedMillis);
        switch (deed) {
            case Destroy(int epoch, long highest, StatementHash generation) ->
                out.u8(1).u32(epoch).u64(highest).fixed(generation.bytes(), StatementHash.BYTES);
            case DestroyForEver _ -> out.u8(2);
            case Schedule(long atMillis) -> out.u8(3).u64(atMillis);
            case Cancel _ -> out.u8(4);
            case Settle(StatementHash generation) -> out.u8(5).fixed(generation.bytes(), StatementHash.BYTES);
            case HandOver(
                    Handover handover,
                    int epoch,
                    long highest,
                    StatementHash generation,
                    Acceptance acceptance) -> {
                out.u8(6);
                handover.write(out);
                out.u32(epoch).u64(highest).fixed(generation.bytes(), StatementHash.BYTES);
                acceptance.write(out);
            }
        }
        return out.toBytes();
    }

    private static Command read(byte[] bytes) {
        ByteReader in = new ByteReader("the command", bytes);
        int version = in.u8();
        Encodings.require(version == VERSION, "the command has version " + version + ", not " + VERSION);
        RingId ring = RingId.of(in.fixed(RingId.BYTES));
        Title title = Title.read(in);
        long number = in.u64();
        long signed = in.u64();
        int code = in.u8();
        Deed deed = switch (code) {
            case 1 -> new Destroy(in.u32(), in.u64(), StatementHash.of(in.fixed(StatementHash.BYTES)));
            case 2 -> new DestroyForEver();
            case 3 -> new Schedule(in.u64());
            case 4 -> new Cancel();
            case 5 -> new Settle(StatementHash.of(in.fixed(StatementHash.BYTES)));
            case 6 ->
                new HandOver(
                        Handover.read(in),
                        in.u32(),
                        in.u64(),
                        StatementHash.of(in.fixed(StatementHash.BYTES)),
                        Acceptance.read(in));
            default -> throw new MalformedException("no command is of the kind " + code);
        };
        in.end();
        return new Command(ring, title, number, signed, deed);
    }

    /**
     * O's word alone: it shows that the owner wants it, and lets nobody do it.
     *
     * @param signature O's, 64 bytes
     */
    @SuppressWarnings("ArrayRecordComponent") // opaque bytes
    public record Signed(Command command, byte[] signature) {
        public static Signed sign(SigningKey owner, Command command) {
            return new Signed(command, owner.sign(Purpose.OWNER_COMMAND, command.encode()));
        }

        /** @throws dev.interlock.core.signature.BadSignatureException unless it is O's by right, and O signed it */
        public void verify() {
            command.handedOver().orElse(command.title()).verify();
            command.title().owner().key().verify(Purpose.OWNER_COMMAND, command.encode(), signature);
            if (command.deed() instanceof HandOver handOver) {
                handOver.acceptance()
                        .verify(
                                command.ring(),
                                command.object(),
                                handOver.handover().to());
            }
        }

        /** As {@link Command#handedOver}. */
        public Optional<Title> handedOver() {
            return command.handedOver();
        }

        public byte[] encode() {
            return new ByteWriter()
                    .bytes(command.encode())
                    .fixed(signature, SigningKey.SIGNATURE_BYTES)
                    .toBytes();
        }

        /** @throws MalformedException unless these are exactly the bytes of one */
        public static Signed decode(byte[] bytes) {
            ByteReader in = new ByteReader("the command", bytes);
            Signed signed = new Signed(read(in.bytes()), in.fixed(SigningKey.SIGNATURE_BYTES));
            in.end();
            return signed;
        }
    }

    /**
     * A command for one provider, which may be carried there by anyone, late and more than once.
     *
     * @param node whom it is for
     * @param key by which that provider knows the user
     * @param keySignature that key's over command and node, 64 bytes
     */
    @SuppressWarnings("ArrayRecordComponent") // opaque bytes
    public record Authorised(Signed signed, String node, VerifyingKey key, byte[] keySignature) {
        /** What the user's key at a provider signs. */
        public static byte[] message(Signed signed, String node) {
            return new ByteWriter().bytes(signed.encode()).text(node).toBytes();
        }

        public Command command() {
            return signed.command();
        }

        /** @throws dev.interlock.core.signature.BadSignatureException unless both signed it */
        public void verify() {
            signed.verify();
            key.verify(Purpose.COMMAND, message(signed, node), keySignature);
        }

        public byte[] encode() {
            return new ByteWriter()
                    .bytes(signed.encode())
                    .text(node)
                    .fixed(key.bytes(), VerifyingKey.BYTES)
                    .fixed(keySignature, SigningKey.SIGNATURE_BYTES)
                    .toBytes();
        }

        /** @throws MalformedException unless these are exactly the bytes of one */
        public static Authorised decode(byte[] bytes) {
            ByteReader in = new ByteReader("the command", bytes);
            Authorised authorised = new Authorised(
                    Signed.decode(in.bytes()),
                    in.text(),
                    VerifyingKey.of(in.fixed(VerifyingKey.BYTES)),
                    in.fixed(SigningKey.SIGNATURE_BYTES));
            in.end();
            return authorised;
        }
    }

    /** The size of the largest encoding of an {@link Authorised} command, in bytes. */
    public static final int MAX_BYTES = 4096;

    /** When it is to be destroyed, where it is a schedule. */
    public Optional<Long> at() {
        return deed instanceof Schedule(long atMillis) ? Optional.of(atMillis) : Optional.empty();
    }
}
