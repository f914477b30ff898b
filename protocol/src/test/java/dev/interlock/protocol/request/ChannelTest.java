package dev.interlock.protocol.request;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.interlock.core.encoding.MalformedException;
import dev.interlock.core.secret.SecretBytes;
import dev.interlock.core.signature.BadSignatureException;
import dev.interlock.core.signature.SigningKey;
import dev.interlock.core.signature.VerifyingKey;
import dev.interlock.core.token.RingId;
import dev.interlock.protocol.SeededRandom;
import dev.interlock.protocol.error.RefusedException;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A channel of a user to cc1, and what neither end takes. */
final class ChannelTest {
    private static final RingId RING = new RingId(1, 2);
    private static final byte[] BODY = "an order".getBytes(StandardCharsets.UTF_8);
    private static final SeededRandom RANDOM = new SeededRandom(5);
    private static final SigningKey NODE = new SigningKey(SecretBytes.random(SigningKey.SEED_BYTES, RANDOM));
    private static final Credential USER = new SeedCredential(SecretBytes.random(SeedCredential.SEED_BYTES, RANDOM));
    private static final VerifyingKey KEY = USER.publicKey(RING, "cc1");

    private record Ends(Channel client, Channel node) {
        static Ends open() {
            try (Channel.Offer offer = new Channel.Offer(RANDOM)) {
                Channel.Opened opened = Channel.open(RING, "cc1", NODE, KEY, offer.publicKey(), RANDOM);
                return new Ends(offer.accept(RING, "cc1", NODE.verifyingKey(), KEY, opened.answer()), opened.channel());
            }
        }

        String request(long sequence) {
            return client.request(sequence, 3, Operation.ORDER, "abc", BODY);
        }
    }

    @Test
    void whatOneEndSaysTheOtherUnderstands() {
        Ends ends = Ends.open();
        String header = ends.request(7);
        assertThat(Channel.idOf(header, "cc1")).isEqualTo(ends.node().id());
        ChannelRequest request = ends.node().verify(header, "cc1");
        assertThat(request.key()).isEqualTo(KEY);
        assertThat(request.sequence()).isEqualTo(7);
        assertThat(request.epoch()).isEqualTo(3);
        assertThat(request.operation()).isEqualTo(Operation.ORDER);
        request.requireSubject("abc");
        request.requireBody(BODY);
        assertThatThrownBy(() -> request.requireSubject("abd")).isInstanceOf(RefusedException.class);
        assertThatThrownBy(() -> request.requireBody(new byte[0])).isInstanceOf(RefusedException.class);
        assertThat(header.length()).isLessThan(ClientRequest.MAX_HEADER_CHARS);
    }

    @Test
    void noCharacterCanBeChanged() {
        Ends ends = Ends.open();
        String header = ends.request(0);
        for (int at = 0; at < header.length(); at++) {
            for (char other : new char[] {'A', 'B', '-', '=', '.', '*', '\n'}) {
                String changed = header.substring(0, at) + other + header.substring(at + 1);
                if (!changed.equals(header)) {
                    assertThatThrownBy(() -> ends.node().verify(changed, "cc1"))
                            .isInstanceOf(RefusedException.class)
                            .hasMessageStartingWith("cc1 refuses the request: its MAC can't be accepted");
                }
            }
        }
        for (int length = 0; length < header.length(); length++) {
            String start = header.substring(0, length);
            assertThatThrownBy(() -> ends.node().verify(start, "cc1")).isInstanceOf(RefusedException.class);
        }
    }

    @Test
    void everyOpeningHasAKeyOfItsOwn() {
        Ends one = Ends.open();
        Ends other = Ends.open();
        assertThat(one.node().id()).isNotEqualTo(other.node().id());
        assertThatThrownBy(() -> other.node().verify(one.request(0), "cc1"))
                .hasMessageContaining("it isn't the channel's MAC");
    }

    /** A proxy that ends TLS and sees the opening can't change it either: the node signs it. */
    @Test
    void noByteOfTheAnswerCanBeChanged() {
        try (Channel.Offer offer = new Channel.Offer(RANDOM)) {
            byte[] answer = Channel.open(RING, "cc1", NODE, KEY, offer.publicKey(), RANDOM)
                    .answer();
            for (int at = 0; at < answer.length; at++) {
                byte[] changed = answer.clone();
                changed[at] ^= 1;
                assertThatThrownBy(() -> offer.accept(RING, "cc1", NODE.verifyingKey(), KEY, changed))
                        .isInstanceOfAny(MalformedException.class, BadSignatureException.class);
            }
        }
    }

    @Test
    void anAnswerIsForOneUserOneOfferOneNodeOneRing() {
        try (Channel.Offer offer = new Channel.Offer(RANDOM);
                Channel.Offer another = new Channel.Offer(RANDOM)) {
            byte[] answer = Channel.open(RING, "cc1", NODE, KEY, offer.publicKey(), RANDOM)
                    .answer();
            VerifyingKey otherUser = USER.publicKey(RING, "cc2");
            VerifyingKey cc1 = NODE.verifyingKey();
            assertThatThrownBy(() -> another.accept(RING, "cc1", cc1, KEY, answer))
                    .isInstanceOf(BadSignatureException.class);
            assertThatThrownBy(() -> offer.accept(RING, "cc1", cc1, otherUser, answer))
                    .isInstanceOf(BadSignatureException.class);
            assertThatThrownBy(() -> offer.accept(RING, "cc2", cc1, KEY, answer))
                    .isInstanceOf(BadSignatureException.class);
            assertThatThrownBy(() -> offer.accept(new RingId(1, 3), "cc1", cc1, KEY, answer))
                    .isInstanceOf(BadSignatureException.class);
            assertThatThrownBy(() -> offer.accept(RING, "cc1", otherUser, KEY, answer))
                    .isInstanceOf(BadSignatureException.class);
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "00",
                "0000000000000000000000000000000000000000000000000000000000000000",
                "0100000000000000000000000000000000000000000000000000000000000000",
                "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
                "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157"
            })
    void aKeyOfSmallOrderOpensNothing(String hex) {
        byte[] offered = HexFormat.of().parseHex(hex);
        assertThatThrownBy(() -> Channel.open(RING, "cc1", NODE, KEY, offered, RANDOM))
                .isInstanceOf(MalformedException.class);
    }

    @Test
    void aChannelThatWasClosedServesNoMore() {
        Ends ends = Ends.open();
        String header = ends.request(0);
        ends.node().close();
        assertThatThrownBy(() -> ends.node().verify(header, "cc1"))
                .isInstanceOf(RefusedException.class)
                .hasMessageContaining("closed");
    }
}
