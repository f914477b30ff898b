package dev.interlock.core.token;

import static dev.interlock.core.token.Sample.OWNER;
import static dev.interlock.core.token.Sample.RING;
import static dev.interlock.core.token.Sample.TITLE;
import static dev.interlock.core.token.Sample.key;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.interlock.core.encoding.MalformedException;
import dev.interlock.core.signature.BadSignatureException;
import dev.interlock.core.signature.Purpose;
import dev.interlock.core.signature.SigningKey;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What an owner commands holds for one object, ring and provider, and ends what it names and nothing later. */
final class CommandTest {
    private static final SigningKey USER = key(60);
    private static final Token U = Sample.token();

    static List<Command> all() {
        return List.of(
                command(new Command.Destroy(Sample.EPOCH, 1, U.id())),
                command(new Command.DestroyForEver()),
                command(new Command.Schedule(5)),
                command(new Command.Cancel()),
                command(new Command.Settle(U.id())),
                handOver(TITLE));
    }

    /** To SESSION's key, whose user is USER at cc1. */
    private static Command handOver(Title title) {
        OwnerKey to = new OwnerKey(3, new byte[OwnerKey.NONCE_BYTES], Sample.SESSION.verifyingKey());
        byte[] accepted = Acceptance.message(RING, title.object(), to, "cc1", USER.verifyingKey());
        return new Command(
                RING,
                title,
                3,
                Sample.CREATED_MILLIS,
                new Command.HandOver(
                        title.handOver(OWNER, to),
                        Sample.EPOCH,
                        1,
                        U.id(),
                        new Acceptance(
                                "cc1",
                                USER.verifyingKey(),
                                Sample.SESSION.sign(Purpose.ACCEPTANCE, accepted),
                                USER.sign(Purpose.ACCEPTANCE, accepted))));
    }

    /** What is its next owner's signs nothing else, and what the owner before signs doesn't count any more. */
    @Test
    void aHandoverMakesItAnothersAndLeavesOutAllElse() {
        Command handOver = handOver(TITLE);
        Title after = handOver.handedOver().orElseThrow();
        after.verify();
        assertThat(after.object()).isEqualTo(TITLE.object());
        assertThat(after.owner().key()).isEqualTo(Sample.SESSION.verifyingKey());
        assertThat(after.continues(TITLE)).isTrue();
        assertThat(after.continues(after)).isTrue();
        assertThat(TITLE.continues(after)).isFalse();
        assertThat(handOver.leavesOut(U)).isFalse();
        assertThat(command(new Command.Cancel()).handedOver()).isEmpty();
        assertThat(command(new Command.Cancel()).leavesOut(U)).isFalse();
        Command.HandOver deed = (Command.HandOver) handOver.deed();
        for (Command.HandOver other : List.of(
                new Command.HandOver(
                        deed.handover(), Sample.EPOCH, 1, new StatementHash(0, 0, 0, 0), deed.acceptance()),
                new Command.HandOver(
                        deed.handover(), Sample.EPOCH, 9, new StatementHash(0, 0, 0, 0), deed.acceptance()),
                new Command.HandOver(deed.handover(), Sample.EPOCH - 1, 9, U.id(), deed.acceptance()))) {
            assertThat(command(other).leavesOut(U)).isTrue();
        }
        // What an epoch before still has goes with it.
        assertThat(command(new Command.HandOver(
                                deed.handover(), Sample.EPOCH + 1, 9, new StatementHash(0, 0, 0, 0), deed.acceptance()))
                        .leavesOut(U))
                .isFalse();
        Command next = new Command(RING, after, 1, Sample.CREATED_MILLIS, new Command.Cancel());
        authorised(Command.Signed.sign(Sample.SESSION, next)).verify();
        rejected(authorised(Command.Signed.sign(OWNER, next)));
    }

    @Test
    void anObjectIsHandedOverSixteenTimesAtMost() {
        Title title = TITLE;
        OwnerKey to = new OwnerKey(1, TITLE.first().nonce(), OWNER.verifyingKey());
        for (int place = 0; place < Title.MOST_HANDOVERS; place++) {
            title = title.with(title.handOver(OWNER, to));
        }
        title.verify();
        Title full = title;
        assertThat(authorised(Command.Signed.sign(OWNER, new Command(RING, full, 0, 0, new Command.Settle(U.id()))))
                        .encode())
                .hasSizeLessThanOrEqualTo(Command.MAX_BYTES);
        assertThatThrownBy(() -> full.with(full.handOver(OWNER, to))).isInstanceOf(MalformedException.class);
    }

    private static Command command(Command.Deed deed) {
        return new Command(RING, TITLE, 3, Sample.CREATED_MILLIS, deed);
    }

    private static Command.Authorised authorised(Command.Signed signed) {
        return new Command.Authorised(
                signed,
                "cc1",
                USER.verifyingKey(),
                USER.sign(Purpose.COMMAND, Command.Authorised.message(signed, "cc1")));
    }

    @ParameterizedTest
    @MethodSource("all")
    void itIsReadAgainAsItWasWritten(Command command) {
        Command.Authorised authorised = authorised(Command.Signed.sign(OWNER, command));
        byte[] bytes = authorised.encode();
        assertThat(bytes).hasSizeLessThanOrEqualTo(Command.MAX_BYTES);
        Command.Authorised read = Command.Authorised.decode(bytes);
        read.verify();
        assertThat(read.command()).isEqualTo(command);
        assertThat(read.command().object()).isEqualTo(U.object());
        Sample.readStrictly(bytes, Command.Authorised::decode);
        Sample.everyByteCounts(bytes, each -> Command.Authorised.decode(each).encode());
    }

    @ParameterizedTest
    @MethodSource("all")
    void neitherSignatureDoesAlone(Command command) {
        // A root secret that was stolen makes the first; a key at one provider makes the second.
        Command.Signed byOwner = Command.Signed.sign(OWNER, command);
        rejected(new Command.Authorised(byOwner, "cc1", USER.verifyingKey(), new byte[64]));
        rejected(authorised(Command.Signed.sign(USER, command)));
        // For cc1 alone.
        rejected(new Command.Authorised(
                byOwner, "cc2", USER.verifyingKey(), authorised(byOwner).keySignature()));
        for (Command other : all()) {
            if (!other.equals(command)) {
                rejected(authorised(new Command.Signed(other, byOwner.signature())));
            }
        }
    }

    private static void rejected(Command.Authorised command) {
        assertThatThrownBy(command::verify).isInstanceOf(BadSignatureException.class);
    }

    @Test
    void aDestroyEndsWhatItNamesAndNothingLater() {
        assertThat(command(new Command.Destroy(Sample.EPOCH, 1, U.id())).ends(U))
                .isTrue();
        assertThat(command(new Command.Destroy(Sample.EPOCH, 2, new StatementHash(0, 0, 0, 0)))
                        .ends(U))
                .isTrue();
        assertThat(command(new Command.Destroy(Sample.EPOCH + 1, 9, U.id())).ends(U))
                .isFalse();
        assertThat(command(new Command.Destroy(Sample.EPOCH, 1, new StatementHash(0, 0, 0, 0)))
                        .ends(U))
                .isFalse();
        assertThat(command(new Command.DestroyForEver()).ends(U)).isTrue();
        assertThat(command(new Command.Cancel()).ends(U)).isFalse();
    }

    @Test
    void aReceiptSaysWhatWasErased() {
        Receipt receipt = Receipt.sign(key(U.home()), U, true, U.home(), 5);
        receipt.verify(key(U.home()).verifyingKey());
        assertThatThrownBy(() -> receipt.verify(USER.verifyingKey())).isInstanceOf(BadSignatureException.class);
        assertThat(receipt.generation()).isEqualTo(U.id());
        assertThat(receipt.shareRoot()).isEqualTo(Sample.root(U.home()).root());
        Sample.readStrictly(receipt.encode(), Receipt::decode);
        Sample.everyByteCounts(receipt.encode(), each -> {
            Receipt read = Receipt.decode(each);
            if (!Arrays.equals(each, receipt.encode())) {
                assertThatThrownBy(() -> read.verify(key(U.home()).verifyingKey()))
                        .isInstanceOf(BadSignatureException.class);
            }
            return read.encode();
        });
    }
}
