package dev.interlock.core.token;

import static dev.interlock.core.token.Sample.OWNED;
import static dev.interlock.core.token.Sample.OWNER;
import static dev.interlock.core.token.Sample.PROVIDERS;
import static dev.interlock.core.token.Sample.filled;
import static dev.interlock.core.token.Sample.indices;
import static dev.interlock.core.token.Sample.statement;
import static dev.interlock.core.token.Sample.write;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.interlock.core.commitment.Sha256;
import dev.interlock.core.encoding.MalformedException;
import dev.interlock.core.sealing.RecipientKey;
import dev.interlock.core.sharing.ShareIndex;
import dev.interlock.core.signature.BadSignatureException;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

final class StatementTest {
    private static final StatementHash BEFORE = new StatementHash(1, 2, 3, 4);
    private static final Scheme SEALED = new Scheme(1, Profile.BLINDED);

    static List<Statement> all() {
        RecipientKey recipient = RecipientKey.parse("x25519:" + "09".repeat(32));
        return List.of(
                statement(),
                statement(Scheme.DEFAULT, write(indices(9, 4, 200), indices(7), 2)),
                statement(
                        SEALED,
                        new Work.Write(
                                true,
                                PROVIDERS,
                                List.of(),
                                PROVIDERS.subList(0, 2),
                                List.of("dealer1"),
                                Optional.of(recipient),
                                0,
                                Optional.of(BEFORE))),
                statement(
                        Scheme.DEFAULT,
                        new Work.Renewal(false, PROVIDERS, PROVIDERS.subList(0, 2), List.of("a", "é"), 5, BEFORE)),
                statement(
                        Scheme.DEFAULT,
                        new Work.Renewal(true, PROVIDERS, PROVIDERS.subList(0, 2), List.of("a"), 5, BEFORE)),
                statement(Scheme.DEFAULT, new Work.Read(indices(4, 9), new ShareIndex(200), 5, BEFORE)),
                statement(
                        Scheme.DEFAULT,
                        new Work.Repair(indices(4, 9), new ShareIndex(200), Optional.empty(), 5, BEFORE)),
                statement(
                        Scheme.DEFAULT,
                        new Work.Repair(
                                indices(4, 9), new ShareIndex(200), Optional.of(new ShareIndex(9)), 5, BEFORE)));
    }

    @ParameterizedTest
    @MethodSource("all")
    void everyKindIsReadAgainAsItWasWritten(Statement w) {
        Statement read = Statement.decode(w.encode());
        assertThat(read).usingRecursiveComparison().isEqualTo(w);
        assertThat(read.hash()).isEqualTo(w.hash());
        assertThat(w.hash().bytes())
                .isEqualTo(Sha256.labelled("interlock/v1/statement")
                        .update(w.encode())
                        .digest());
    }

    @ParameterizedTest
    @MethodSource("all")
    void theEncodingIsStrict(Statement w) {
        Sample.readStrictly(w.encode(), Statement::decode);
        Sample.everyByteCounts(w.encode(), bytes -> Statement.decode(bytes).encode());
    }

    @Test
    void whatIsMadeIsNamedByItsStatementAndWhatIsUsedByIts() {
        assertThat(statement().generation()).isEqualTo(statement().hash());
        assertThat(all().get(5).generation()).isEqualTo(BEFORE);
        Set<StatementHash> hashes = new HashSet<>();
        all().forEach(w -> hashes.add(w.hash()));
        assertThat(hashes).hasSameSizeAs(all());
    }

    @Test
    void theOwnersSignatureIsForThisStatement() {
        byte[] signature = statement().sign(OWNER);
        statement().verify(signature);
        for (Statement other : all().subList(1, 5)) {
            assertThatThrownBy(() -> other.verify(signature)).isInstanceOf(BadSignatureException.class);
        }
        assertThatThrownBy(() -> statement().verify(statement().sign(Sample.SESSION)))
                .isInstanceOf(BadSignatureException.class);
    }

    /** Whoever hasn't O's private key can make no object under its id. */
    @Test
    void anIdHangsOnItsOwnerAndNonce() {
        byte[] hash = Sha256.labelled("interlock/v1/object-id")
                .update(OWNED.key().bytes())
                .update(OWNED.nonce())
                .digest();
        assertThat(OWNED.object().bytes()).isEqualTo(Arrays.copyOf(hash, 16));
        assertThat(new OwnerKey(1, OWNED.nonce(), Sample.SESSION.verifyingKey()).object())
                .isNotEqualTo(OWNED.object());
        assertThat(new OwnerKey(1, filled(32, 1), OWNED.key()).object()).isNotEqualTo(OWNED.object());
        // The id stays over versions of the root secret only where O does.
        assertThat(new OwnerKey(2, OWNED.nonce(), OWNED.key()).object()).isEqualTo(OWNED.object());
    }

    @Test
    void whatFitsNowhereIsRefused() {
        refuses(() -> statement(Scheme.DEFAULT, write(indices(9, 4, 9), List.of(), 1)), "a provider");
        refuses(() -> write(PROVIDERS, List.of(), 0), "the homes must be the first of the path");
        refuses(
                () -> new Work.Write(
                        false, PROVIDERS, List.of(), indices(4), List.of("d"), Optional.empty(), 1, Optional.empty()),
                "the homes must be the first of the path");
        refuses(() -> new Work.Read(indices(4, 9), new ShareIndex(9), 5, BEFORE), "must be its first");
        refuses(() -> new Work.Repair(indices(4, 9), new ShareIndex(9), Optional.empty(), 5, BEFORE), "can't help");
        refuses(() -> new Work.Read(indices(4, 9), new ShareIndex(4), -1, BEFORE), "the length -1 is outside 0..");
        refuses(() -> new OwnerKey(0, OWNED.nonce(), OWNED.key()), "a root version from 1");
        refuses(() -> new Statement.Party("cc1", new byte[31]), "32 bytes");
        // t = 2 of four: three must have been there.
        refuses(
                () -> statement(Scheme.DEFAULT, write(indices(9, 4), indices(200, 7), 1)),
                "a write goes through at least 3 providers");
        refuses(() -> statement(SEALED, write(PROVIDERS, indices(7), 1)), "a write goes through at least 4 providers");
        refuses(() -> statement().party("cc5"), "the statement has no part for cc5");
    }

    private static void refuses(Runnable making, String rule) {
        assertThatThrownBy(making::run).isInstanceOf(MalformedException.class).hasMessageContaining(rule);
    }
}
