package dev.interlock.protocol.message;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.interlock.core.encoding.ByteWriter;
import dev.interlock.core.encoding.MalformedException;
import dev.interlock.core.secret.SecretBytes;
import dev.interlock.core.signature.SigningKey;
import dev.interlock.core.token.Certificate;
import dev.interlock.core.token.Command;
import dev.interlock.core.token.OwnerKey;
import dev.interlock.core.token.Participation;
import dev.interlock.core.token.RingId;
import dev.interlock.core.token.SignatureChain;
import dev.interlock.core.token.Title;
import dev.interlock.protocol.SeededRandom;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The messages that aren't JSON. */
final class MessageTest {
    private static final SeededRandom RANDOM = new SeededRandom(1);
    private static final SignatureChain CHAIN = new SignatureChain(
            RANDOM.bytes(100),
            List.of(
                    new Participation(Optional.of(RANDOM.bytes(32)), RANDOM.bytes(64)),
                    new Participation(Optional.empty(), RANDOM.bytes(64))));

    /** A message, and what its bytes decode to. */
    private record Message(String name, byte[] encoded, Object value, Function<byte[], Object> decode) {
        @Override
        public String toString() {
            return name;
        }
    }

    static Stream<Message> messages() {
        Order write = new Order(RANDOM.bytes(90), RANDOM.bytes(64), RANDOM.bytes(80));
        Order read = new Order(RANDOM.bytes(90), new byte[0], RANDOM.bytes(80));
        TokenMessage token = new TokenMessage(RANDOM.bytes(70), RANDOM.bytes(96));
        RestoreMessage restore =
                new RestoreMessage(new Certificate(RANDOM.bytes(64), CHAIN, RANDOM.bytes(64)), RANDOM.bytes(32));
        Commands none = new Commands(List.of());
        Commands some = new Commands(List.of(command("cc1", 1), command("cc2", 2)));
        return Stream.of(
                new Message("a write's order", write.encode(), write, Order::decode),
                new Message("a read's order", read.encode(), read, Order::decode),
                new Message("a token message", token.encode(), token, TokenMessage::decode),
                new Message("a restore message", restore.encode(), restore, RestoreMessage::decode),
                new Message("no commands", none.encode(), none, Commands::decode),
                new Message("commands", some.encode(), some, Commands::decode));
    }

    private static Command.Authorised command(String node, long number) {
        try (SigningKey owner = new SigningKey(SecretBytes.random(SigningKey.SEED_BYTES, RANDOM))) {
            Title owned = Title.of(new OwnerKey(1, RANDOM.bytes(OwnerKey.NONCE_BYTES), owner.verifyingKey()));
            Command command = new Command(new RingId(1, 2), owned, number, 3, new Command.Cancel());
            return new Command.Authorised(
                    Command.Signed.sign(owner, command), node, owner.verifyingKey(), RANDOM.bytes(64));
        }
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("messages")
    void aMessageIsReadAgain(Message message) {
        assertThat(message.decode().apply(message.encoded()))
                .usingRecursiveComparison()
                .isEqualTo(message.value());
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("messages")
    void everyTruncationAndAnyTrailingByteIsRejected(Message message) {
        byte[] whole = message.encoded();
        for (int length = 0; length <= whole.length + 1; length++) {
            if (length != whole.length) {
                byte[] other = Arrays.copyOf(whole, length);
                assertThatThrownBy(() -> message.decode().apply(other))
                        .as("%d of %d bytes", length, whole.length)
                        .isInstanceOf(MalformedException.class);
            }
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 32, 63, 65})
    void anOwnersSignatureHas64BytesOrIsntThere(int length) {
        byte[] order = new ByteWriter()
                .bytes(new byte[3])
                .bytes(new byte[length])
                .bytes(new byte[3])
                .toBytes();
        assertThatThrownBy(() -> Order.decode(order))
                .isInstanceOf(MalformedException.class)
                .hasMessage("an owner's signature has 64 bytes");
    }

    @Test
    void aWipedOrderTellsNothingAndKeepsItsStatement() {
        Order order = new Order(RANDOM.bytes(90), RANDOM.bytes(64), RANDOM.bytes(80));
        byte[] statement = order.statement().clone();
        order.wipe();
        assertThat(order.privatePart()).containsOnly(0);
        assertThat(order.statement()).isEqualTo(statement);
    }
}
