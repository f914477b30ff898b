package dev.interlock.protocol.message;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.interlock.core.encoding.MalformedException;
import dev.interlock.core.sharing.ShareIndex;
import dev.interlock.core.token.ShareRoot;
import dev.interlock.core.token.SignatureChain;
import dev.interlock.protocol.Json;
import dev.interlock.protocol.SeededRandom;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

final class MessageTest {
    private static final SeededRandom RANDOM = new SeededRandom(1);
    private static final List<ShareRoot> DEALT = List.of(
            new ShareRoot(new ShareIndex(2), RANDOM.bytes(32), RANDOM.bytes(64)),
            new ShareRoot(new ShareIndex(254), RANDOM.bytes(32), RANDOM.bytes(64)));
    private static final ChainMessage CHAIN = new ChainMessage(
            new SignatureChain(RANDOM.bytes(100), List.of(RANDOM.bytes(64), RANDOM.bytes(64))), RANDOM.bytes(96));

    @Test
    void aDealRequestIsReadAgain() {
        DealRequest request =
                new DealRequest(2, "published", "0".repeat(32), "1".repeat(32), List.of(3, 1, 2), 7, false);
        String json = new String(Json.write(request), StandardCharsets.UTF_8);
        assertThat(json).contains("\"protocol\" : 2", "\"profile\" : \"published\"");
        assertThat(Json.read("it", Json.write(request), DealRequest.class)).isEqualTo(request);
    }

    @Test
    void aDealReplyIsReadAgain() {
        byte[] json = Json.write(DealReply.of(DEALT));
        List<ShareRoot> arrived = Json.read("the reply", json, DealReply.class).checked("dealer1");
        assertThat(arrived).usingRecursiveComparison().isEqualTo(DEALT);
    }

    static Stream<DealReply.Root> badRoots() {
        String root = "0".repeat(64);
        String signature = "0".repeat(128);
        return Stream.of(
                new DealReply.Root(0, root, signature),
                new DealReply.Root(255, root, signature),
                new DealReply.Root(-1, root, signature),
                new DealReply.Root(1, "0".repeat(62), signature),
                new DealReply.Root(1, "0".repeat(63), signature),
                new DealReply.Root(1, "0".repeat(66), signature),
                new DealReply.Root(1, "x".repeat(64), signature),
                new DealReply.Root(1, root, "0".repeat(126)),
                new DealReply.Root(1, root, "0".repeat(130)),
                new DealReply.Root(1, root, ""));
    }

    @ParameterizedTest
    @MethodSource("badRoots")
    void aDealReplyWithABadRootNamesTheDealer(DealReply.Root root) {
        DealReply reply = new DealReply(List.of(root));
        assertThatThrownBy(() -> reply.checked("dealer1"))
                .isInstanceOf(MalformedException.class)
                .hasMessageStartingWith("the reply of dealer1 is malformed: ");
    }

    @Test
    void aChainMessageIsReadAgain() {
        ChainMessage arrived = ChainMessage.decode(CHAIN.encode());
        assertThat(arrived).usingRecursiveComparison().isEqualTo(CHAIN);
    }

    @Test
    void everyTruncationAndAnyTrailingByteOfAChainMessageIsRejected() {
        byte[] whole = CHAIN.encode();
        for (int length = 0; length <= whole.length + 1; length++) {
            if (length != whole.length) {
                byte[] other = Arrays.copyOf(whole, length);
                assertThatThrownBy(() -> ChainMessage.decode(other))
                        .as("%d of %d bytes", length, whole.length)
                        .isInstanceOf(MalformedException.class);
            }
        }
    }
}
