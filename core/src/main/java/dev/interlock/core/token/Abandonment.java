package dev.interlock.core.token;

import dev.interlock.core.encoding.ByteReader;
import dev.interlock.core.encoding.ByteWriter;
import dev.interlock.core.encoding.MalformedException;
import dev.interlock.core.sharing.ShareIndex;
import dev.interlock.core.signature.Purpose;
import dev.interlock.core.signature.SigningKey;
import dev.interlock.core.signature.VerifyingKey;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;

/**
 * That what a session made will never be certified, so that whoever prepared it may forget it: the session key says so, which
 * then signs no certificate; or all n providers say that they confirm none.
 *
 * @param w the session
 * @param signature the session key's, 64 bytes, where it is its word
 * @param words of all n providers, where it is theirs
 */
@SuppressWarnings("ArrayRecordComponent") // opaque bytes
public record Abandonment(StatementHash w, Optional<byte[]> signature, List<Word> words) {
    /**
     * One provider's durable word that it knows no certificate of w and confirms none from now on.
     *
     * @param signature 64 bytes
     */
    public record Word(StatementHash w, ShareIndex x, byte[] signature) {
        public static Word sign(SigningKey provider, StatementHash w, ShareIndex x) {
            return new Word(w, x, provider.sign(Purpose.NO_CERTIFICATE, signed(w, x)));
        }

        /** @throws dev.interlock.core.signature.BadSignatureException unless this provider signed it */
        public void verify(VerifyingKey provider) {
            provider.verify(Purpose.NO_CERTIFICATE, signed(w, x), signature);
        }

        public byte[] encode() {
            return new ByteWriter()
                    .fixed(w.bytes(), StatementHash.BYTES)
                    .u8(x.x())
                    .fixed(signature, SigningKey.SIGNATURE_BYTES)
                    .toBytes();
        }

        /** @throws MalformedException unless these are exactly the bytes of one */
        public static Word decode(byte[] bytes) {
            ByteReader in = new ByteReader("the word of a provider", bytes);
            Word word = new Word(
                    StatementHash.of(in.fixed(StatementHash.BYTES)),
                    Encodings.x(in),
                    in.fixed(SigningKey.SIGNATURE_BYTES));
            in.end();
            return word;
        }

        private static byte[] signed(StatementHash w, ShareIndex x) {
            return new ByteWriter()
                    .fixed(w.bytes(), StatementHash.BYTES)
                    .u8(x.x())
                    .toBytes();
        }
    }

    public Abandonment {
        words = List.copyOf(words);
        if (signature.isPresent() != words.isEmpty()) {
            throw new MalformedException("a session is abandoned by its key, or by all its providers");
        }
        if (signature
                .filter(bytes -> bytes.length != SigningKey.SIGNATURE_BYTES)
                .isPresent()) {
            throw new MalformedException("the session key's signature has " + SigningKey.SIGNATURE_BYTES + " bytes");
        }
    }

    public static Abandonment sign(SigningKey session, StatementHash w) {
        return new Abandonment(w, Optional.of(session.sign(Purpose.ABANDONMENT, w.bytes())), List.of());
    }

    /** @param words of all n providers */
    public static Abandonment of(StatementHash w, List<Word> words) {
        return new Abandonment(w, Optional.empty(), words);
    }

    /**
     * @param statement w
     * @param keys of the providers in its epoch
     * @throws dev.interlock.core.signature.BadSignatureException or MalformedException where it doesn't hold
     */
    public void verify(Statement statement, Function<ShareIndex, VerifyingKey> keys) {
        if (!statement.hash().equals(w)) {
            throw new MalformedException("the abandonment is of another session");
        }
        if (signature.isPresent()) {
            statement.sessionKey().verify(Purpose.ABANDONMENT, w.bytes(), signature.get());
            return;
        }
        List<ShareIndex> providers =
                statement.making().map(Work.Making::providers).orElse(List.of());
        List<ShareIndex> said = words.stream()
                .map(Word::x)
                .sorted(Comparator.comparingInt(ShareIndex::x))
                .toList();
        if (!said.equals(providers.stream()
                .sorted(Comparator.comparingInt(ShareIndex::x))
                .toList())) {
            throw new MalformedException("all " + providers.size() + " providers must say that they confirm nothing");
        }
        for (Word word : words) {
            if (!word.w().equals(w)) {
                throw new MalformedException("a provider said it of another session");
            }
            word.verify(keys.apply(word.x()));
        }
    }

    public byte[] encode() {
        ByteWriter out = new ByteWriter()
                .fixed(w.bytes(), StatementHash.BYTES)
                .bytes(signature.orElse(new byte[0]))
                .u8(words.size());
        words.forEach(word -> out.bytes(word.encode()));
        return out.toBytes();
    }

    /** @throws MalformedException unless these are exactly the bytes of one */
    public static Abandonment decode(byte[] bytes) {
        ByteReader in = new ByteReader("the abandonment", bytes);
        StatementHash w = StatementHash.of(in.fixed(StatementHash.BYTES));
        byte[] signature = in.bytes();
        List<Word> words = new ArrayList<>();
        int count = in.u8();
        for (int i = 0; i < count; i++) {
            words.add(Word.decode(in.bytes()));
        }
        in.end();
        return new Abandonment(w, signature.length == 0 ? Optional.empty() : Optional.of(signature), words);
    }
}
